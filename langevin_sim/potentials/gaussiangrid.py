"""A mixture of Gaussians on a grid, 5 along every axis: many wells, none preferred."""

from dataclasses import replace

import numpy as np

from langevin_sim.errors import InputError
from langevin_sim.potentials.minima import with_refined_minima, with_stability_bound
from langevin_sim.potentials.potential import Factor, Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, exp, inlined, log

_CENTRES = 5


@inlined
def _nearest(x, spacing):
    """The number of the nearest centre, 0 to 4, as a float."""
    place = np.floor(x / spacing + 2.5)
    return 0.0 if place < 0.0 else (4.0 if place > 4.0 else place)


@compiled
def _energy(X, E, p):
    spacing, half = p[0], 0.5 * p[1]
    for i in range(X.shape[1]):
        E[i] = 0.0
    for j in range(X.shape[0]):
        x = X[j]
        for i in range(X.shape[1]):
            # the nearest centre's exponent stands before the logarithm, so that the sum is 1 to 5
            away = x[i] - (_nearest(x[i], spacing) - 2.0) * spacing
            least, total = half * away * away, 0.0
            for k in range(5):
                other = x[i] - (k - 2.0) * spacing
                total += exp(least - half * other * other)
            E[i] += least - log(total)


@compiled
def _gradient(X, G, p):
    spacing, half = p[0], 0.5 * p[1]
    for j in range(X.shape[0]):
        x, g = X[j], G[j]
        for i in range(X.shape[1]):
            away = x[i] - (_nearest(x[i], spacing) - 2.0) * spacing
            least, total, pull = half * away * away, 0.0, 0.0
            for k in range(5):
                other = x[i] - (k - 2.0) * spacing
                weight = exp(least - half * other * other)
                total += weight
                pull += weight * other
            g[i] = 2.0 * half * pull / total


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        cell = 0
        for j in range(X.shape[0]):
            cell = 5 * cell + int(_nearest(X[j, i], p[0]))
        L[i] = cell


def _at(dim: int, spacing: float, variance: float) -> Potential:
    cells = np.stack(np.meshgrid(*[np.arange(_CENTRES)] * dim, indexing="ij"), axis=-1).reshape(-1, dim)
    centres = (cells - 2.0) * spacing

    def extent(temperature: float) -> np.ndarray:
        reach = 2.0 * spacing + 5.0 * (variance * max(temperature, 0.05)) ** 0.5
        return np.tile([-reach, reach], (dim, 1))

    def name(cell: np.ndarray) -> str:
        return "abcde"[cell[0]] + "".join(str(row + 1) for row in cell[1:])

    return with_stability_bound(
        with_refined_minima(
            Potential(
                name="gaussiangrid",
                dim=dim,
                parameters={"spacing": spacing, "variance": variance},
                constants=np.array([spacing, 1.0 / variance]),
                block_energy=_energy,
                block_gradient=_gradient,
                block_label=_label,
                minima=centres,
                regions=tuple(
                    Region(
                        name(cell),
                        f"nearest to ({', '.join(f'{x:g}' for x in centre)})",
                        centre,
                        tuple(int(k) for k in cell) if dim > 1 else None,
                    )
                    for cell, centre in zip(cells, centres, strict=True)
                ),
                extent=extent,
                stability_bound=variance,
            )
        )
    )


@rebuildable
def gaussiangrid(dim: int = 2, spacing: float = 2.0, variance: float = 0.09) -> Potential:
    """U(x) = -log sum_k exp(-|x - c_k|^2 / (2 v)) in R^dim, dim = 1 or 2, c_k the 5^dim points of a grid, v = variance.

    The centres are at -2, -1, 0, 1 and 2 times ``spacing`` along every axis. Regions: the points nearest to each centre, named
    as on a chessboard, a to e along x_1 and 1 to 5 along x_2. If spacing^2 is much larger than v, all masses are equal up to
    terms of the order of exp(-spacing^2 / (8 v)). The sum over a grid is a product of sums over its axes, so U is a sum
    over coordinates, and all laws are products of one-dimensional ones.
    """
    checked("gaussiangrid", dim, at_most=2, spacing=spacing, variance=variance)
    if spacing**2 < 6.0 * variance:
        raise InputError(
            f"gaussiangrid: variance = {variance}: expected at most spacing^2/6 = {spacing**2 / 6:g}, or wells merge"
        )
    potential = _at(dim, spacing, variance)
    if dim == 1:
        return potential
    line = _at(1, spacing, variance)
    return replace(potential, factors=tuple(Factor((j,), line) for j in range(dim)))
