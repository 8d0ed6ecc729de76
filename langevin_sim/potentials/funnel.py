"""Neal's funnel: the width of all coordinates but the first is the exponential of the first."""

import math

import numpy as np
import scipy

from langevin_sim.potentials.potential import Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, exp, fma

_VARIANCE = 9.0
MAX_DIM = 100  # beyond, exp(-v) overflows at the minimum


@compiled
def _squares(X, out):
    """out = x_2^2 + .. + x_d^2."""
    for i in range(X.shape[1]):
        out[i] = 0.0
    for j in range(1, X.shape[0]):
        x = X[j]
        for i in range(X.shape[1]):
            out[i] = fma(x[i], x[i], out[i])


@compiled
def _energy(X, E, p):
    others = X.shape[0] - 1.0
    v = X[0]
    _squares(X, E)
    for i in range(X.shape[1]):
        E[i] = 0.5 * (E[i] * exp(-v[i]) + v[i] * (others + v[i] / 9.0))


@compiled
def _gradient(X, G, p):
    others = X.shape[0] - 1.0
    v, narrow = X[0], np.empty(X.shape[1])
    _squares(X, G[0])
    for i in range(X.shape[1]):
        narrow[i] = exp(-v[i])
        G[0, i] = v[i] / 9.0 + 0.5 * (others - G[0, i] * narrow[i])
    for j in range(1, X.shape[0]):
        x, g = X[j], G[j]
        for i in range(X.shape[1]):
            g[i] = x[i] * narrow[i]


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        L[i] = 0 if X[0, i] < 0.0 else 1


@rebuildable
def funnel(dim: int = 2) -> Potential:
    """U(v, x) = v^2/18 + sum_{j>=2} (x_j^2 exp(-v)/2 + v/2) in R^dim, 2 <= dim <= 100, v = x_1.

    Regions: neck = {v < 0}, mouth = the rest. Given v the other coordinates are N(0, T e^v), and so v ~ N(m, 9 T) with
    m = 9 (dim - 1)(T - 1)/2 and E[U] = dim T/2 + m^2/18 + (dim - 1) m/2, exactly. At T = 1 v ~ N(0, 9) and E[U] = dim/2. The
    minimum lies deep in the neck, v = -9 (dim - 1)/2, where the curvature is exp(9 (dim - 1)/2): with a given step, walkers can
    descend only a part of the funnel. Source: Neal, Annals of Statistics 31, 705 (2003).
    """
    checked("funnel", dim, at_least=2, at_most=MAX_DIM)
    others = dim - 1.0

    def centre(temperature: float) -> float:
        return 0.5 * _VARIANCE * others * (temperature - 1.0)

    def deviation(temperature: float) -> float:
        return math.sqrt(_VARIANCE * temperature)

    def extent(temperature: float) -> np.ndarray:
        middle, spread = centre(temperature), deviation(max(temperature, 0.05))
        width = 5.0 * math.sqrt(max(temperature, 0.05)) * math.exp(min(0.5 * (middle + 2.0 * spread), 300.0))
        box = np.tile([-width, width], (dim, 1))
        box[0] = min(middle - 5.0 * spread, -4.0), max(middle + 5.0 * spread, 4.0)
        return box

    def masses(temperature: float) -> np.ndarray:
        ratio = centre(temperature) / deviation(temperature)
        return np.array([scipy.stats.norm.cdf(-ratio), scipy.stats.norm.cdf(ratio)])

    def energy(temperature: float) -> float:
        middle = centre(temperature)
        return 0.5 * dim * temperature + middle * middle / (2.0 * _VARIANCE) + 0.5 * others * middle

    minimum, neck, mouth = np.zeros(dim), np.zeros(dim), np.zeros(dim)
    minimum[0], neck[0], mouth[0] = -0.5 * _VARIANCE * others, -3.0, 3.0
    return Potential(
        name="funnel",
        dim=dim,
        parameters={},
        constants=np.zeros(1),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=minimum[None],
        regions=(Region("neck", "x_1 < 0", neck), Region("mouth", "x_1 >= 0", mouth)),
        extent=extent,
        stability_bound=2.0 * math.exp(minimum[0]),
        symmetry="axial",
        exact_masses=masses,
        exact_marginal=lambda temperature, edges: np.diff(
            scipy.stats.norm.cdf(edges, centre(temperature), deviation(temperature))
        ),
        exact_energy=energy,
        cold_masses=np.array([1.0, 0.0]),
    )
