"""Regions of an energy of which only the minima are known: basins of steepest descent, or what is nearest to a minimum.

Their data stand at the end of the constants that the compiled functions are handed, behind those of the
energy: [cells.., centres [k, dim].., low [dim], spacing [dim], dim, k, cells along an axis, period].
"""

import math
from collections.abc import Callable

import numpy as np

from langevin_sim.dynamics.domain import Domain
from langevin_sim.potentials.potential import Region
from langevin_sim.vectormath import compiled

_CELLS = {1: 4096, 2: 256}  # along an axis, by dimension
_ROUNDS, _STEPS = 128, 16  # steps of descent, and how many at a time

Function = Callable[[np.ndarray], np.ndarray]


@compiled
def nearest(X, L, p):
    """The index of the nearest minimum, on a torus by the shorter way."""
    n = p.shape[0]
    dim, count, period = X.shape[0], int(p[n - 3]), p[n - 1]
    centres = n - 4 - 2 * dim - count * dim
    for i in range(X.shape[1]):
        chosen, shortest = 0, math.inf
        for k in range(count):
            square = 0.0
            for j in range(dim):
                away = X[j, i] - p[centres + k * dim + j]
                if period > 0.0:
                    away -= period * np.floor(away / period + 0.5)
                square += away * away
            if square < shortest:
                chosen, shortest = k, square
        L[i] = chosen


@compiled
def descended(X, L, p):
    """The basin of the cell that a point lies in; outside the grid, the nearest minimum's."""
    nearest(X, L, p)
    n = p.shape[0]
    dim, count, cells = X.shape[0], int(p[n - 3]), int(p[n - 2])
    tail = n - 4 - 2 * dim
    table = tail - count * dim - cells**dim
    for i in range(X.shape[1]):
        place, inside = 0, True
        for j in range(dim):
            c = np.floor((X[j, i] - p[tail + j]) / p[tail + dim + j])
            inside = inside and 0.0 <= c < cells
            place = place * cells + int(c if inside else 0.0)
        if inside:
            L[i] = int(p[table + place])


def regions(minima: np.ndarray) -> tuple[Region, ...]:
    """well1, well2, .. in the order of the minima, the lowest first."""
    rule = "steepest descent leads to its minimum" if minima.shape[1] in _CELLS else "nearest to its minimum"
    return tuple(Region(f"well{k + 1}", rule, point) for k, point in enumerate(minima))


def labelling(gradient: Function, minima: np.ndarray, box: np.ndarray, domain: Domain) -> tuple[Callable[..., None], np.ndarray]:
    """(block_label, what it needs at the end of the constants); ``box`` [dim, 2]: where the grid lies, in d <= 2."""
    count, dim = minima.shape
    cells = _CELLS.get(dim, 0) if count > 1 else 0
    low, spacing = box[:, 0], (box[:, 1] - box[:, 0]) / max(cells, 1)
    period = domain.width if domain.kind == "torus" else 0.0
    tail = np.concatenate([minima.ravel(), low, spacing, [dim, count, cells, period]])
    if not cells:
        return nearest, tail
    axes = [low[j] + (np.arange(cells) + 0.5) * spacing[j] for j in range(dim)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, dim)
    return descended, np.concatenate([_basins(gradient, minima, grid, spacing, period).astype(float), tail])


def _basins(gradient: Function, minima: np.ndarray, points: np.ndarray, spacing: np.ndarray, period: float) -> np.ndarray:
    """To which minimum steepest descent leads from each point [n, dim], by steps of half a cell, until one is near."""
    x, going, step = points.copy(), np.arange(len(points)), 0.5 * spacing.min()

    def distances(of: np.ndarray) -> np.ndarray:
        away = x[of, None, :] - minima
        if period:
            away -= period * np.round(away / period)
        return np.asarray(np.linalg.norm(away, axis=-1))

    for _ in range(_ROUNDS):
        before = x[going].copy()
        for _ in range(_STEPS):
            with np.errstate(all="ignore"):
                slope = gradient(x[going])
                size = np.linalg.norm(slope, axis=1, keepdims=True)
                x[going] -= step * np.where(np.isfinite(size) & (size > 0), slope / size, 0.0)
        arrived = distances(going).min(axis=1) < 2.0 * step
        settled = np.linalg.norm(x[going] - before, axis=1) < _STEPS * step / 8.0  # to and fro in a valley, or on a plateau
        going = going[~(arrived | settled)]
        if not len(going):
            break
    return distances(np.arange(len(x))).argmin(axis=1)
