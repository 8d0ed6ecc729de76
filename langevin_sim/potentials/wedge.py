"""A degenerate valley beside a pyramid: the memo's Figs. 4 and 5."""

import math

import numpy as np
from scipy.special import gammainc, gammaln, hyp1f1

from langevin_sim.dynamics.domain import Domain
from langevin_sim.errors import InputError
from langevin_sim.potentials.potential import Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, inlined

_PERIOD = 12.0
_APEX, _FLOOR = 3.0, 9.0  # centres of the pyramid and of the valley


@inlined
def _distance(x, centre):
    """|x - centre| with x taken modulo the period."""
    return abs(x - 12.0 * np.floor(x * (1.0 / 12.0)) - centre)


@inlined
def _height(distance):
    """Depth below the plateau."""
    return 1.0 - distance if distance < 1.0 else 0.0


@compiled
def _largest(X, out):
    """out = max_j |x_j - 3|."""
    for i in range(X.shape[1]):
        out[i] = 0.0
    for j in range(X.shape[0]):
        x = X[j]
        for i in range(X.shape[1]):
            distance = _distance(x[i], 3.0)
            out[i] = distance if distance > out[i] else out[i]


@compiled
def _energy(X, E, p):
    _largest(X, E)
    second = X[1]
    for i in range(X.shape[1]):
        E[i] = 1.0 - _height(E[i]) - _height(_distance(second[i], 9.0))


@compiled
def _slope(X, G):
    """The gradient of the energy; in a tie, every largest coordinate has its slope."""
    n = X.shape[1]
    largest = np.empty(n)
    _largest(X, largest)
    for j in range(X.shape[0]):
        x, g = X[j], G[j]
        for i in range(n):
            wrapped = x[i] - 12.0 * np.floor(x[i] * (1.0 / 12.0))
            offset = wrapped - 3.0
            sign = 1.0 if offset > 0.0 else (-1.0 if offset < 0.0 else 0.0)
            g[i] = sign if abs(offset) == largest[i] and largest[i] < 1.0 else 0.0
    x, g = X[1], G[1]
    for i in range(n):
        offset = x[i] - 12.0 * np.floor(x[i] * (1.0 / 12.0)) - 9.0
        sign = 1.0 if offset > 0.0 else (-1.0 if offset < 0.0 else 0.0)
        g[i] += sign if abs(offset) < 1.0 else 0.0


@compiled
def _forward(X, G, h):
    """(U(x + h e_j) - U(x)) / h, from the largest and the second largest |x_j - 3|."""
    n = X.shape[1]
    first, second = np.zeros(n), np.zeros(n)
    for j in range(X.shape[0]):
        x = X[j]
        for i in range(n):
            distance = _distance(x[i], 3.0)
            lower = distance if distance < first[i] else first[i]
            second[i] = lower if lower > second[i] else second[i]
            first[i] = distance if distance > first[i] else first[i]
    for j in range(X.shape[0]):
        x, g = X[j], G[j]
        for i in range(n):
            here, there = _distance(x[i], 3.0), _distance(x[i] + h, 3.0)
            rest = second[i] if here == first[i] else first[i]
            g[i] = (_height(first[i]) - _height(there if there > rest else rest)) / h
    x, g = X[1], G[1]
    for i in range(n):
        g[i] += (_height(_distance(x[i], 9.0)) - _height(_distance(x[i] + h, 9.0))) / h


@compiled
def _gradient(X, G, p):
    if p[0] > 0.0:
        _forward(X, G, p[0])
    else:
        _slope(X, G)


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        largest = 0.0
        for j in range(X.shape[0]):
            largest = max(largest, _distance(X[j, i], 3.0))
        L[i] = 0 if _distance(X[1, i], 9.0) < 1.0 else (1 if largest < 1.0 else 2)


def _log_pyramid(power: int, temperature: float) -> float:
    """log of the integral of power r^(power-1) exp(-r/T) over 0 < r < 1."""
    x = 1.0 / temperature
    share = float(gammainc(power, x))
    if share > 1e-250:
        return math.log(share) + float(gammaln(power + 1)) - power * math.log(x)
    return math.log(float(hyp1f1(1.0, power + 1.0, x))) - x


@rebuildable
def wedge(dim: int, difference: float = 0.0) -> Potential:
    """U(x) = 1 - max(0, 1 - |x_2 - 9|) - max(0, 1 - max_j |x_j - 3|) on the torus [0, 12)^dim, dim >= 2.

    A valley, flat in every coordinate but the second, and a pyramid; both floors at 0, the plateau at 1.
    Regions: valley = {|x_2 - 9| < 1}, pyramid = {max_j |x_j - 3| < 1}, plateau. The gradient is that of
    the energy, piecewise constant; difference = h > 0 gives the authors' (U(x + h e_j) - U(x))/h.
    Masses: valley 12^(d-1) 2T (1 - e^(-1/T)); pyramid (2T)^d d! P(d, 1/T), P the regularised lower
    incomplete gamma function; plateau (12^d - 2 12^(d-1) - 2^d) e^(-1/T). The x_1 marginal is uniform
    except for the pyramid. Source: memo, Figs. 4 and 5, and its authors' code.
    """
    checked("wedge", dim, at_least=2)
    if not 0.0 <= difference < 4.0:
        raise InputError(f"wedge: difference = {difference}: expected 0 for the gradient, or a step below 4")
    # volumes as shares of the torus
    valley_share, pyramid_share = 2.0 / _PERIOD, (2.0 / _PERIOD) ** dim
    plateau_share = 1.0 - valley_share - pyramid_share

    def shares(temperature: float) -> np.ndarray:
        """Integrals of exp(-U/T) over the regions, divided by 12^dim."""
        valley = valley_share * temperature * -math.expm1(-1.0 / temperature)
        pyramid = math.exp(dim * math.log(2.0 / _PERIOD) + _log_pyramid(dim, temperature))
        return np.array([valley, pyramid, plateau_share * math.exp(-1.0 / temperature)])

    def masses(temperature: float) -> np.ndarray:
        weights = shares(temperature)
        return weights / weights.sum()

    def energy(temperature: float) -> float:
        valley, pyramid, plateau = shares(temperature)
        top = math.exp(-1.0 / temperature)
        # by parts: the integral of r^k e^(-r/T) is T (k times that of r^(k-1) e^(-r/T), less e^(-1/T))
        valley_energy = temperature * (valley - valley_share * top)
        pyramid_energy = temperature * dim * (pyramid - pyramid_share * top)
        return float((valley_energy + pyramid_energy + plateau) / (valley + pyramid + plateau))

    def pyramid_within(temperature: float, reach: np.ndarray) -> np.ndarray:
        """Share of the pyramid's mass that has |x_1 - 3| < reach."""
        x = 1.0 / temperature
        # mass(a) = d I_d(a) + (d-1) a (I_(d-1)(1) - I_(d-1)(a)), I_k(a) = integral of r^(k-1) e^(-r/T) to a
        scale = np.exp(-_log_pyramid(dim, temperature))
        inner = dim * np.array([_incomplete(dim, x, a) for a in reach])
        rest = (dim - 1) * reach * np.array([_incomplete(dim - 1, x, 1.0) - _incomplete(dim - 1, x, a) for a in reach])
        return scale * (inner + rest)

    def marginal(temperature: float, edges: np.ndarray) -> np.ndarray:
        weights = shares(temperature)
        top = math.exp(-1.0 / temperature)
        at = np.clip(edges, 0.0, _PERIOD)
        low, high = np.clip(at, 2.0, 4.0)[:-1], np.clip(at, 2.0, 4.0)[1:]
        flat = (weights[0] + (1.0 - valley_share) * top) / _PERIOD
        offset = np.clip(at, 2.0, 4.0) - _APEX
        cumulative = 0.5 * np.sign(offset) * pyramid_within(temperature, np.abs(offset)) * weights[1]
        return (flat * np.diff(at) - top * pyramid_share * (high - low) / 2.0 + np.diff(cumulative)) / weights.sum()

    cube = np.tile([0.0, _PERIOD], (dim, 1))
    valley = np.full(dim, 6.0)
    valley[1] = _FLOOR
    apex = np.full(dim, _APEX)
    return Potential(
        name="wedge",
        dim=dim,
        parameters={"difference": difference},
        constants=np.array([difference]),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=np.stack([valley, apex]),
        regions=(
            Region("valley", "|x_2 - 9| < 1", valley),
            Region("pyramid", "max_j |x_j - 3| < 1", apex),
            Region("plateau", "the rest", np.full(dim, 6.0)),
        ),
        extent=lambda temperature: cube,
        stability_bound=math.inf,
        domain=Domain("torus", 0.0, _PERIOD),
        exact_masses=masses,
        exact_marginal=marginal,
        exact_energy=energy,
        smooth=difference == 0.0,
        cold_masses=np.array([1.0, 0.0, 0.0]),
    )


def _incomplete(power: int, x: float, reach: float) -> float:
    """Integral of r^(power-1) exp(-r x) over 0 < r < reach."""
    if reach <= 0.0:
        return 0.0
    return math.exp(_log_pyramid(power, 1.0 / (x * reach)) + power * math.log(reach)) / power
