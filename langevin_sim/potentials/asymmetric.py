"""Four wells of different depth in the plane."""

import math

import numpy as np

from langevin_sim.potentials.potential import Factor, Potential, Region, checked, rebuildable
from langevin_sim.potentials.quadruple import NAMES
from langevin_sim.vectormath import compiled, fma

# along each axis x^4 - c x^3 - 2 x^2 + 3 c x, whose slope is (x^2 - 1)(4 x - 3 c): constants are c of every axis


@compiled
def _energy(X, E, p):
    for i in range(X.shape[1]):
        E[i] = 0.0
    for j in range(X.shape[0]):
        x = X[j]
        for i in range(X.shape[1]):
            E[i] = fma(x[i], fma(x[i], fma(x[i], x[i] - p[j], -2.0), 3.0 * p[j]), E[i])


@compiled
def _gradient(X, G, p):
    for j in range(X.shape[0]):
        x, g = X[j], G[j]
        for i in range(X.shape[1]):
            g[i] = fma(x[i], x[i], -1.0) * fma(4.0, x[i], -3.0 * p[j])


@compiled
def _label(X, L, p):
    second = min(1, X.shape[0] - 1)
    for i in range(X.shape[1]):
        east = 1 if 4.0 * X[0, i] >= 3.0 * p[0] else 0
        L[i] = east if X.shape[0] == 1 else 2 * east + (1 if 4.0 * X[second, i] >= 3.0 * p[second] else 0)


def _at(tilts: tuple[float, ...]) -> Potential:
    dim = len(tilts)
    minima = np.array([[-1.0], [1.0]]) if dim == 1 else np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])

    def extent(temperature: float) -> np.ndarray:
        reach = math.sqrt(1.0 + math.sqrt(12.5 * max(temperature, 0.05) + 2.0))
        return np.tile([-reach, reach], (dim, 1))

    def rule(point: np.ndarray) -> str:
        return ", ".join(f"x_{j + 1} {'>=' if point[j] > 0 else '<'} {0.75 * tilts[j]:.6g}" for j in range(dim))

    return Potential(
        name="asymmetric",
        dim=dim,
        parameters={},
        constants=np.array(tilts),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=minima,
        regions=tuple(
            Region(name, rule(point), point, None if dim == 1 else tuple(int(x > 0) for x in point))
            for name, point in zip(("west", "east") if dim == 1 else NAMES, minima, strict=True)
        ),
        extent=extent,
        stability_bound=2.0 / (8.0 + 6.0 * max(tilts)),
        cold_masses=np.eye(len(minima))[0],
        factors=None if dim == 1 else tuple(Factor((j,), _at((tilt,))) for j, tilt in enumerate(tilts)),
    )


@rebuildable
def asymmetric(dim: int = 2) -> Potential:
    """U(x, y) = (x^4 - x^3/16 - 2 x^2 + 3 x/16) + (y^4 - y^3/8 - 2 y^2 + 3 y/8) in R^2.

    Regions: southwest, northwest, southeast and northeast, cut at the maxima x = 3/64 and y = 3/32. The minima are at
    (+-1, +-1); southwest is the deepest and has all the mass as T -> 0. U is a sum over coordinates, so all laws are
    products of one-dimensional ones. Source: the asymmetric quadruple well of deeptime (Hoffmann et al. 2022).
    """
    checked("asymmetric", dim, at_least=2, at_most=2)
    return _at((1.0 / 16.0, 1.0 / 8.0))
