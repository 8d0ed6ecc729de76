"""Four equal wells: a quartic double well along every axis."""

import math
from dataclasses import replace

import numpy as np

from langevin_sim.potentials.factors import in_one_region
from langevin_sim.potentials.potential import Factor, Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, fma

NAMES = ("southwest", "northwest", "southeast", "northeast")  # x_1 points east, x_2 north


@compiled
def _energy(X, E, p):
    for i in range(X.shape[1]):
        E[i] = 0.0
    for j in range(X.shape[0]):
        x = X[j]
        for i in range(X.shape[1]):
            well = fma(x[i], x[i], -1.0)
            E[i] = fma(p[0] * well, well, E[i])


@compiled
def _gradient(X, G, p):
    for j in range(X.shape[0]):
        x, g = X[j], G[j]
        for i in range(X.shape[1]):
            g[i] = 4.0 * p[0] * x[i] * fma(x[i], x[i], -1.0)


@compiled
def _label(X, L, p):
    second = min(1, X.shape[0] - 1)
    for i in range(X.shape[1]):
        east = 1 if X[0, i] >= 0.0 else 0
        L[i] = east if X.shape[0] == 1 else 2 * east + (1 if X[second, i] >= 0.0 else 0)


def _at(dim: int, barrier: float) -> Potential:
    """Two wells and regions for dim = 1, else four."""
    signs = np.array([[-1.0], [1.0]]) if dim == 1 else np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    minima = np.ones((len(signs), dim))
    minima[:, : signs.shape[1]] = signs

    def extent(temperature: float) -> np.ndarray:
        reach = math.sqrt(1.0 + math.sqrt(12.5 * max(temperature, 0.05) / barrier))
        return np.tile([-reach, reach], (dim, 1))

    rules = [", ".join(f"x_{j + 1} {'>=' if s > 0 else '<'} 0" for j, s in enumerate(row)) for row in signs]
    pairs = [tuple(int(s > 0) for s in row) for row in signs]
    named = zip(("west", "east") if dim == 1 else NAMES, rules, minima, pairs, strict=True)
    return Potential(
        name="quadruple",
        dim=dim,
        parameters={"barrier": barrier},
        constants=np.array([barrier]),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=minima,
        regions=tuple(
            Region(name, rule, start, pair + (0,) * (dim - 2) if dim > 1 else None) for name, rule, start, pair in named
        ),
        extent=extent,
        stability_bound=2.0 / (8.0 * barrier),
        exact_masses=lambda temperature: np.full(len(signs), 1.0 / len(signs)),
        cold_masses=np.full(len(signs), 1.0 / len(signs)),
    )


@rebuildable
def quadruple(dim: int = 2, barrier: float = 1.0) -> Potential:
    """U(x) = h sum_j (x_j^2 - 1)^2 in R^dim, dim >= 2, h = barrier.

    Regions: the quadrants of (x_1, x_2), southwest, northwest, southeast and northeast, 1/4 each by symmetry at every
    temperature; of the 2^dim minima, one in each quadrant is listed. U is a sum over coordinates, so all laws are
    products of one-dimensional ones. Source: the quadruple well of deeptime (Hoffmann et al. 2022) for dim = 2.
    """
    checked("quadruple", dim, at_least=2, barrier=barrier)
    potential, line = _at(dim, barrier), _at(1, barrier)
    lines = [line, line, *[in_one_region(line)] * (dim - 2)]
    return replace(potential, factors=tuple(Factor((j,), each) for j, each in enumerate(lines)))
