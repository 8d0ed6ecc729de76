"""How long a walker takes from well to well: Eyring and Kramers."""

import itertools
import math

import numpy as np

from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.minima import hessian
from langevin_sim.potentials.potential import Potential

_LARGEST_EXPONENT = 700.0  # exp of more overflows


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


def relaxation_time(potential: Potential, temperature: float) -> float:
    """1 / (smallest nonzero rate) of jumps between the listed minima, in units of eta times steps.

    inf where it is too cold for a number. Raises ReferenceUnavailable where two minima are not joined by
    a saddle, or a minimum is degenerate.
    """
    minima = potential.minima
    if len(minima) < 2 or temperature <= 0 or not potential.smooth:
        raise ReferenceUnavailable(f"{potential.name} has no two minima with a saddle between them")
    if any(np.linalg.eigvalsh(hessian(potential, point))[0] < 1e-8 for point in minima):
        raise ReferenceUnavailable(f"a minimum of {potential.name} is degenerate")
    cold = False  # a barrier of so many T that no number holds the time over it
    rates = np.zeros((len(minima), len(minima)))
    for i, j in itertools.combinations(range(len(minima)), 2):
        saddle = saddle_between(potential, minima[i], minima[j])
        if saddle is not None:
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
