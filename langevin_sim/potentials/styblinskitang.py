"""A tilted double well along every axis: 2^dim wells, one of them the deepest."""

from dataclasses import replace

import numpy as np

from langevin_sim.potentials.minima import stationary_points, with_stability_bound
from langevin_sim.potentials.potential import Factor, Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, fma


@compiled
def _energy(X, E, p):
    for i in range(X.shape[1]):
        E[i] = 0.0
    for j in range(X.shape[0]):
        x = X[j]
        for i in range(X.shape[1]):
            square = x[i] * x[i]
            E[i] = fma(0.5 * p[0], fma(square, square - 16.0, 5.0 * x[i]), E[i])


@compiled
def _gradient(X, G, p):
    for j in range(X.shape[0]):
        x, g = X[j], G[j]
        for i in range(X.shape[1]):
            g[i] = 0.5 * p[0] * fma(4.0 * x[i], x[i] * x[i] - 8.0, 5.0)


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        other = 0
        for j in range(X.shape[0]):
            other |= 0 if X[j, i] < p[1] else 1
        L[i] = other


def _at(dim: int, scale: float, minima: np.ndarray, top: float) -> Potential:
    def extent(temperature: float) -> np.ndarray:
        reach = (8.0 + (25.0 * max(temperature, 0.05) / scale) ** 0.5) ** 0.5 + 0.5
        return np.tile([-reach, reach], (dim, 1))

    listed = np.full((2, dim), minima[0])
    listed[1, 0] = minima[1]
    return Potential(
        name="styblinskitang",
        dim=dim,
        parameters={"scale": scale},
        constants=np.array([scale, top]),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=listed,
        regions=(
            Region("deepest", f"x_j < {top:.6g} for all j", listed[0], None if dim == 1 else (0,) * dim),
            Region("others", "the rest", listed[1]),
        ),
        extent=extent,
        stability_bound=1.0,
        cold_masses=np.array([1.0, 0.0]),
    )


@rebuildable
def styblinskitang(dim: int, scale: float = 0.05) -> Potential:
    """U(x) = (scale/2) sum_j [x_j^4 - 16 x_j^2 + 5 x_j] in R^dim.

    Regions: deepest = the well of the global minimum x_j = -2.9035 for all j, up to the maximum x_j = 0.1567 of every
    coordinate, and others = the rest. Listed are the global minimum and the one that differs from it in x_1. U is a sum over
    coordinates, so all laws are products of one-dimensional ones.
    Source: Styblinski and Tang, Neural Networks 3, 467 (1990), with scale = 1.
    """
    checked("styblinskitang", dim, scale=scale)
    minima, tops = stationary_points(_at(1, 1.0, np.array([-2.9, 2.7]), 0.16), -4.0, 4.0)
    line = with_stability_bound(_at(1, scale, minima, tops[0]))
    if dim == 1:
        return line
    potential = replace(_at(dim, scale, minima, tops[0]), stability_bound=line.stability_bound)
    return replace(potential, factors=tuple(Factor((j,), line) for j in range(dim)))
