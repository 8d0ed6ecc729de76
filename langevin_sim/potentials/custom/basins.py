"""Regions of an energy of which only the minima are known: basins of steepest descent, or what is nearest to a minimum.

A region is a product of wells, one of each group of coordinates that the energy couples; where it couples all, it is a
well. What the compiled label needs stands at the end of the constants, behind those of the energy:
[groups, regions, wells [regions, groups].., group.., length of all this], and a group is
[size, coordinates [size].., length of its wells, wells..]. Its wells are
[cells along an axis, minima, period, low [size].., spacing [size].., minimum [minima, size].., well [cells^size]..];
without cells, a point is in the well of the nearest minimum.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy.interpolate import RegularGridInterpolator

from langevin_sim.dynamics.domain import Domain
from langevin_sim.vectormath import compiled

CELLS = {1: 4096, 2: 256}  # along an axis, by dimension
_ROUNDS, _STEPS = 128, 16  # steps of descent, and how many at a time

Function = Callable[[np.ndarray], np.ndarray]
Group = tuple[Sequence[int], np.ndarray]  # coordinates, and their wells as they stand in the constants


@compiled
def _well(x, p, at):
    """The well of the point x[size], whose wells stand at p[at:]: its cell's; outside the grid, the nearest minimum's."""
    size = x.shape[0]
    cells, count, period = int(p[at]), int(p[at + 1]), p[at + 2]
    low = at + 3
    spacing = low + size
    centres = spacing + size
    place, inside = 0, cells > 0
    for j in range(size):
        c = np.floor((x[j] - p[low + j]) / p[spacing + j]) if cells > 0 else 0.0
        inside = inside and 0.0 <= c < cells
        place = place * cells + int(c if inside else 0.0)
    if inside:
        return int(p[centres + count * size + place])
    chosen, shortest = 0, math.inf
    for k in range(count):
        square = 0.0
        for j in range(size):
            away = x[j] - p[centres + k * size + j]
            if period > 0.0:
                away -= period * np.floor(away / period + 0.5)
            square += away * away
        if square < shortest:
            chosen, shortest = k, square
    return chosen


@compiled
def label(X, L, p):
    """The index of the region of each point; the number of regions for what is in none of them."""
    begin = p.shape[0] - int(p[p.shape[0] - 1])
    groups, regions = int(p[begin]), int(p[begin + 1])
    rows = begin + 2
    wells = np.empty(groups, np.int64)
    x = np.empty(X.shape[0])
    for i in range(X.shape[1]):
        at = rows + regions * groups
        for g in range(groups):
            size = int(p[at])
            length = int(p[at + 1 + size])
            for j in range(size):
                x[j] = X[int(p[at + 1 + j]), i]
            wells[g] = _well(x[:size], p, at + 2 + size)
            at += 2 + size + length
        found = regions
        for k in range(regions):
            same = True
            for g in range(groups):
                if p[rows + k * groups + g] != wells[g]:
                    same = False
                    break
            if same:
                found = k
                break
        L[i] = found


def labelling(groups: Sequence[Group], rows: np.ndarray) -> np.ndarray:
    """What ``label`` needs at the end of the constants; rows [regions, groups]: the well of each group in each region."""
    parts: list[np.ndarray] = [np.array([len(groups), len(rows)]), rows.ravel()]
    for coordinates, wells in groups:
        parts += [np.array([len(coordinates), *coordinates, len(wells)]), wells]
    tail = np.concatenate(parts).astype(float)
    return np.append(tail, len(tail) + 1.0)


def unlabelled(constants: np.ndarray) -> np.ndarray:
    """The constants of the energy alone."""
    return constants[: len(constants) - int(constants[-1])]


def wells(gradient: Function, minima: np.ndarray, box: np.ndarray, domain: Domain, cells: int) -> np.ndarray:
    """The wells of the minima [k, dim], as they stand in the constants, on a grid of ``cells`` along each axis of box [dim, 2].

    0 cells: by the nearest minimum.
    """
    count, dim = minima.shape
    cells = cells if count > 1 else 0
    period = domain.width if domain.kind == "torus" else 0.0
    low, spacing = box[:, 0], (box[:, 1] - box[:, 0]) / max(cells, 1)
    data = [np.array([cells, count, period]), low, spacing, minima.ravel()]
    if cells:
        _, grid = _centres(box, cells)
        data.append(_basins(gradient, minima, grid.reshape(-1, dim), spacing, period))
    return np.concatenate(data).astype(float)


def interpolated(gradient: Function, box: np.ndarray, cells: int) -> Function:
    """The gradient from its values in the middle of each cell of the box [dim, 2], which is linear between them."""
    axes, grid = _centres(box, cells)
    values = gradient(grid.reshape(-1, len(box))).reshape(grid.shape)
    return RegularGridInterpolator(axes, values, bounds_error=False, fill_value=None)


def _centres(box: np.ndarray, cells: int) -> tuple[list[np.ndarray], np.ndarray]:
    """The middles of cells along each axis, and all of them, [cells, .., dim]."""
    axes = [low + (np.arange(cells) + 0.5) * (high - low) / cells for low, high in box]
    return axes, np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)


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
