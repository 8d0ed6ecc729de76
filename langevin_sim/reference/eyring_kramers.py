"""The time that a walker takes between wells by the Eyring-Kramers formula, and whether it can be trusted."""

import itertools
import math

import numpy as np

from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.minima import hessian
from langevin_sim.potentials.potential import Potential

_LARGEST_EXPONENT = 700.0  # exp overflows beyond this
_STRIDES = 100  # number of steps of steepest descent between a saddle and the nearest minimum
_FAR, _POINTS = 8.0, 801  # range of an integral along a line in deviations, and number of its points
_LOW_BARRIER, _TRUSTED = 3.0, 1.25  # barriers over T, and factors of times, beyond which the formula is not trusted


def escape_time(potential: Potential, minimum: np.ndarray, saddle: np.ndarray, temperature: float) -> float:
    """Mean time of overdamped Langevin dynamics from a minimum over a saddle, in units of eta times steps.

    (2 pi / |l|) sqrt(|det H_s| / det H_m) exp((U(s) - U(m)) / T), l the negative eigenvalue of the Hessian
    H_s; asymptotic for T far below the barrier. Eyring 1935; Kramers, Physica 7 (1940).
    """
    at_saddle, at_minimum = hessian(potential, saddle), hessian(potential, minimum)
    negative = np.linalg.eigvalsh(at_saddle)[0]
    (_, log_saddle), (_, log_minimum) = np.linalg.slogdet(at_saddle), np.linalg.slogdet(at_minimum)
    barrier = float(potential.energy(saddle) - potential.energy(minimum))
    exponent = 0.5 * (log_saddle - log_minimum) + barrier / temperature
    return 2.0 * math.pi / abs(negative) * (math.exp(exponent) if exponent < _LARGEST_EXPONENT else math.inf)


def saddle_between(potential: Potential, one: np.ndarray, other: np.ndarray) -> np.ndarray | None:
    """A point of index 1 near the highest point of the segment between two minima, by Newton's method; None if there is none."""
    along = one + np.linspace(0.0, 1.0, 201)[:, None] * (other - one)
    highest = int(np.argmax(potential.energy(along)))
    if highest in (0, 200):
        return None
    point = along[highest].copy()
    reach = 0.5 * float(np.linalg.norm(other - one))
    for _ in range(50):
        try:
            move = np.linalg.solve(hessian(potential, point), potential.gradient(point))
        except np.linalg.LinAlgError:
            return None
        point -= move * min(1.0, 0.1 * reach / max(float(np.linalg.norm(move)), 1e-300))
        if np.abs(move).max() < 1e-10:
            break
    eigenvalues = np.linalg.eigvalsh(hessian(potential, point))
    index_one = bool(eigenvalues[0] < 0 and (eigenvalues[1:] > 0).all())
    return point if index_one and np.linalg.norm(point - along[highest]) < reach else None


def joined(potential: Potential, saddle: np.ndarray) -> tuple[int, int]:
    """The indices of the two minima to which steepest descent leads from a saddle, on either side of it."""
    _, vectors = np.linalg.eigh(hessian(potential, saddle))
    apart = np.linalg.norm(potential.minima - saddle, axis=1)
    stride = float(apart.min()) / _STRIDES
    found = []
    for side in (1.0, -1.0):
        point = saddle + side * stride * vectors[:, 0]
        for _ in range(20 * _STRIDES):
            slope = potential.gradient(point)
            length = float(np.linalg.norm(slope))
            away = np.linalg.norm(potential.minima - point, axis=1)
            if away.min() < 2.0 * stride or length == 0.0:
                break
            point = point - slope * (stride / length)
        found.append(int(np.linalg.norm(potential.minima - point, axis=1).argmin()))
    return found[0], found[1]


def correction(potential: Potential, minimum: np.ndarray, saddle: np.ndarray, temperature: float) -> float:
    """The approximate ratio of the mean escape time to escape_time(), which assumes that U is quadratic at both points.

    It is the product of ratios to the values for a quadratic U: of the integrals of exp(-U/T), and of exp(U/T) along the way over
    the saddle, on lines through the two points along the eigenvectors of their Hessians.
    """
    factor = 1.0
    reach = float(np.linalg.norm(saddle - minimum))
    for point, power in ((minimum, 1.0), (saddle, -1.0)):
        values, vectors = np.linalg.eigh(hessian(potential, point))
        for value, vector in zip(values, vectors.T, strict=True):
            deviation = math.sqrt(temperature / abs(value))
            far = min(_FAR * deviation, reach)  # not into the next well
            t = np.linspace(-far, far, _POINTS)
            rise = (potential.energy(point + t[:, None] * vector) - potential.energy(point)) / temperature
            seen = float(np.trapezoid(np.exp(np.minimum(rise if value < 0.0 else -rise, 0.0)), t))
            assumed = math.sqrt(2.0 * math.pi) * deviation * math.erf(far / deviation / math.sqrt(2.0))
            factor *= (seen / assumed) ** (1.0 if value < 0.0 else power)
    return factor


def doubt(potential: Potential, temperature: float) -> str:
    """Why relaxation_time() is not to be trusted at this temperature; empty if it is."""
    minima = potential.minima
    worst, least = 1.0, math.inf
    for i, j, saddle in _ways(potential):
        for k in (i, j):
            least = min(least, float(potential.energy(saddle) - potential.energy(minima[k])) / temperature)
            factor = correction(potential, minima[k], saddle, temperature)
            worst = max(worst, factor, 1.0 / factor)
    if least < _LOW_BARRIER:
        return f"not to be trusted: the lowest barrier is {least:.2g} T, and the formula holds for barriers far above T"
    if worst > _TRUSTED:
        return f"not to be trusted: U is not quadratic within the reach of T, by which times may change {worst:.2g}-fold"
    return ""


def _ways(potential: Potential) -> list[tuple[int, int, np.ndarray]]:
    """(one minimum, another, the saddle between them) for every saddle from which steepest descent leads to these two."""
    found = []
    for i, j in itertools.combinations(range(len(potential.minima)), 2):
        saddle = saddle_between(potential, potential.minima[i], potential.minima[j])
        if saddle is not None and set(joined(potential, saddle)) == {i, j}:
            found.append((i, j, saddle))
    return found


def relaxation_time(potential: Potential, temperature: float) -> float:
    """1 / (smallest nonzero rate) of jumps between the listed minima, in units of eta times steps.

    inf if it is so cold that the time overflows. Raises ReferenceUnavailable if two minima are not joined by
    a saddle, or if a minimum is degenerate.
    """
    minima = potential.minima
    if len(minima) < 2 or temperature <= 0 or not potential.smooth:
        raise ReferenceUnavailable(f"{potential.name} has no two minima with a saddle between them")
    if any(np.linalg.eigvalsh(hessian(potential, point))[0] < 1e-8 for point in minima):
        raise ReferenceUnavailable(f"a minimum of {potential.name} is degenerate")
    cold = False  # whether the time over a barrier overflows
    rates = np.zeros((len(minima), len(minima)))
    for i, j, saddle in _ways(potential):
        rates[i, j] = 1.0 / escape_time(potential, minima[i], saddle, temperature)
        rates[j, i] = 1.0 / escape_time(potential, minima[j], saddle, temperature)
        cold = cold or not rates[i, j] > 0 or not rates[j, i] > 0
    np.fill_diagonal(rates, -rates.sum(axis=1))
    slowest = np.sort(-np.linalg.eigvals(rates).real)[1]
    if not slowest > 0 and cold:
        return math.inf
    if not slowest > 0:
        raise ReferenceUnavailable(f"no saddle was found between some minima of {potential.name}")
    return float(1.0 / slowest)
