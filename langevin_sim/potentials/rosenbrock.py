"""A narrow curved valley, with Gaussian laws along it and across it."""

import math
from dataclasses import replace

import numpy as np
import scipy

from langevin_sim.potentials.factors import in_one_region
from langevin_sim.potentials.potential import Factor, Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, fma


@compiled
def _energy(X, E, p):
    scale, stiffness = p[0], p[1]
    for i in range(X.shape[1]):
        E[i] = 0.0
    for j in range(0, X.shape[0], 2):
        x = X[j]
        for i in range(X.shape[1]):
            E[i] = fma(scale * (1.0 - x[i]), 1.0 - x[i], E[i])
    for j in range(1, X.shape[0], 2):
        x, y = X[j - 1], X[j]
        for i in range(X.shape[1]):
            across = fma(-x[i], x[i], y[i])
            E[i] = fma(scale * stiffness * across, across, E[i])


@compiled
def _gradient(X, G, p):
    twice, stiffness = 2.0 * p[0], p[1]
    for j in range(0, X.shape[0], 2):
        x, g = X[j], G[j]
        for i in range(X.shape[1]):
            g[i] = twice * (x[i] - 1.0)
    for j in range(1, X.shape[0], 2):
        x, y, g, h = X[j - 1], X[j], G[j - 1], G[j]
        for i in range(X.shape[1]):
            across = twice * stiffness * fma(-x[i], x[i], y[i])
            g[i] = fma(-2.0 * x[i], across, g[i])
            h[i] = across


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        L[i] = 0 if X[0, i] >= 0.0 else 1


def _at(dim: int, stiffness: float, scale: float) -> Potential:
    def extent(temperature: float) -> np.ndarray:
        hot = max(temperature, 0.05)
        along, across = 5.0 * math.sqrt(0.5 * hot * scale), 5.0 * math.sqrt(0.5 * hot * scale / stiffness)
        box = np.tile([1.0 - along, 1.0 + along], (dim, 1))
        box[1::2] = [-across, (1.0 + along) ** 2 + across]
        return box

    def deviation(temperature: float) -> float:
        return math.sqrt(0.5 * temperature * scale)

    def masses(temperature: float) -> np.ndarray:
        ratio = 1.0 / deviation(temperature)
        return np.array([scipy.stats.norm.cdf(ratio), scipy.stats.norm.sf(ratio)])

    minimum, back = np.ones(dim), np.ones(dim)
    back[0] = -1.0
    # the larger eigenvalue of the Hessian at the minimum, 2/scale [[1 + 4k, -2k], [-2k, k]]
    steepest = (1.0 + 5.0 * stiffness + math.sqrt((1.0 + 5.0 * stiffness) ** 2 - 4.0 * stiffness)) if dim > 1 else 2.0
    return Potential(
        name="rosenbrock",
        dim=dim,
        parameters={"stiffness": stiffness, "scale": scale},
        constants=np.array([1.0 / scale, stiffness]),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=minimum[None],
        regions=(
            Region("front", "x_1 >= 0", minimum, None if dim <= 2 else (0,) * (dim - dim // 2)),
            Region("back", "x_1 < 0", back, None if dim <= 2 else (1,) + (0,) * (dim - dim // 2 - 1)),
        ),
        extent=extent,
        stability_bound=2.0 * scale / steepest,
        exact_masses=masses,
        exact_marginal=lambda temperature, edges: np.diff(scipy.stats.norm.cdf(edges, 1.0, deviation(temperature))),
        exact_energy=lambda temperature: 0.5 * dim * temperature,
        cold_masses=np.array([1.0, 0.0]),
    )


@rebuildable
def rosenbrock(dim: int = 2, stiffness: float = 100.0, scale: float = 20.0) -> Potential:
    """U(x) = (1/scale) sum over pairs (x, y) = (x_1, x_2), (x_3, x_4), .. of (1 - x)^2 + k (y - x^2)^2 in R^dim, k = stiffness.

    An unpaired last coordinate has only (1 - x)^2 / scale. Regions: front = {x_1 >= 0}, with the minimum (1, .., 1), and back =
    the rest. Shearing y - x^2 preserves volumes, so x_1 ~ N(1, T scale/2) and E[U] = dim T/2 exactly, at every temperature.
    The valley is steeper far out: a chain with a finite step may escape to infinity.
    Source: Rosenbrock, Computer Journal 3, 175 (1960); scale = 20 after Goodman and Weare (2010); the pairs are those of the
    "extended Rosenbrock" function of Moré, Garbow and Hillstrom (1981).
    """
    checked("rosenbrock", dim, stiffness=stiffness, scale=scale)
    potential = _at(dim, stiffness, scale)
    if dim <= 2:
        return potential
    pair = _at(2, stiffness, scale)
    others = [in_one_region(_at(min(2, dim - j), stiffness, scale)) for j in range(2, dim, 2)]
    factors = [Factor((j, j + 1)[: dim - j], each) for j, each in zip(range(0, dim, 2), [pair, *others], strict=True)]
    return replace(potential, factors=tuple(factors))
