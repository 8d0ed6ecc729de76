"""Regions of an energy of which only the minima are known.

A region is a product of wells, one of each group of coordinates that the energy couples; where it couples all, it is a
well. What the compiled label needs stands at the end of the constants, behind those of the energy:
[groups, regions, wells [regions, groups].., group.., length of all this], and a group is
[size, coordinates [size].., length of its wells, wells..]. One of these rules, whose number stands first, assigns a
point to a well:
  NEAREST    [0, minima, period, minimum [minima, size]..]: the nearest minimum.
  ON_GRID    [cells along an axis > 0, minima, period, low [size].., spacing [size].., minimum [minima, size]..,
             well [cells^size]..]: that of the cell; outside of the grid, the nearest minimum.
  ON_LINE    [-1, borders, period, border [borders].., well [borders + 1]..]: between which borders of a line, in order.
  DOMINATED  [-2, minima, diagonal, forms..]: the largest of several quadratic forms, each [constant, slope [size]..,
             curvature [size or size^2]..] (expression/components.py).
"""

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

from langevin_sim.dynamics.domain import Domain
from langevin_sim.expression import Form
from langevin_sim.vectormath import compiled

CELLS = 256  # along an axis, in two dimensions
_ON_LINE, _DOMINATED = -1, -2
_ROUNDS, _STEPS = 128, 16  # steps of descent, and how many at a time
_BETWEEN = 2049  # points between two minima on a line
_BISECTIONS = 60

Function = Callable[[np.ndarray], np.ndarray]
Group = tuple[Sequence[int], np.ndarray]  # coordinates, and their wells as they stand in the constants


@compiled
def _between(x, p, at):
    """The well of a point on a line, with borders at p[at:]."""
    borders, period, place = int(p[at + 1]), p[at + 2], x[0]
    if period > 0.0:
        place -= period * np.floor((place - p[at + 3]) / period)  # at and above the first border
    passed = 0
    for k in range(borders):
        if place >= p[at + 3 + k]:
            passed = k + 1
    return int(p[at + 3 + borders + passed])


@compiled
def _dominating(x, p, at):
    """The largest of the forms at p[at:] at the point x[size]."""
    size, count, diagonal = x.shape[0], int(p[at + 1]), p[at + 2] > 0.0
    entry = at + 3
    chosen, largest = 0, -math.inf
    for k in range(count):
        value = p[entry]
        for i in range(size):
            value += p[entry + 1 + i] * x[i]
        entry += 1 + size
        if diagonal:
            for i in range(size):
                value += p[entry + i] * x[i] * x[i]
            entry += size
        else:
            for i in range(size):
                for j in range(size):
                    value += p[entry + i * size + j] * x[i] * x[j]
            entry += size * size
        if value > largest:
            chosen, largest = k, value
    return chosen


@compiled
def _well(x, p, at):
    """The well of the point x[size], with wells at p[at:]."""
    if p[at] == -1.0:
        return _between(x, p, at)
    if p[at] == -2.0:
        return _dominating(x, p, at)
    size = x.shape[0]
    cells, count, period = int(p[at]), int(p[at + 1]), p[at + 2]
    low = at + 3
    spacing = low + size
    centres = spacing + size if cells > 0 else low
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
    """The index of the region of each point; the number of regions for a point outside all regions."""
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


def only_wells(constants: np.ndarray) -> np.ndarray:
    """The wells of a potential whose one group holds all coordinates."""
    tail = constants[len(constants) - int(constants[-1]) : -1]
    groups, regions = int(tail[0]), int(tail[1])
    at = 2 + regions * groups
    return tail[at + 2 + int(tail[at]) :]


def depends_on_box(wells: np.ndarray) -> bool:
    """Whether they stand on a grid over a box, which is another one for a whole than for its parts."""
    return bool(wells[0] > 0)


def dominates(wells: np.ndarray) -> bool:
    """Whether the largest of several forms decides in which well a point is."""
    return bool(wells[0] == _DOMINATED)


def dominated(forms: list[Form], minima: np.ndarray) -> np.ndarray | None:
    """The wells of the minima [k, dim], each where one form is the largest; None unless every form is so at one minimum."""
    if len(forms) != len(minima):
        return None
    values = np.stack(
        [form.constant + minima @ form.slope + np.einsum("ki,ij,kj->k", minima, form.curvature, minima) for form in forms]
    )
    order = values.argmax(axis=0)
    if len(np.unique(order)) < len(forms):
        return None
    diagonal = all(np.array_equal(form.curvature, np.diag(np.diag(form.curvature))) for form in forms)
    data = [np.array([_DOMINATED, len(forms), diagonal])]
    for k in order:
        form = forms[k]
        curvature = np.diag(form.curvature) if diagonal else form.curvature.ravel()
        data += [np.array([form.constant]), form.slope, curvature]
    return np.concatenate(data).astype(float)


def wells(energy: Function, gradient: Function, minima: np.ndarray, box: np.ndarray, domain: Domain) -> np.ndarray:
    """The wells of the minima [k, dim]: between the highest points of a line; by steepest descent on a grid of CELLS along
    each axis of box [2, 2] of a plane; the nearest minimum in more dimensions."""
    count, dim = minima.shape
    period = domain.width if domain.kind == "torus" else 0.0
    if dim == 1 and count > 1:
        return _on_line(energy, gradient, minima[:, 0], period)
    if dim != 2 or count == 1:
        return np.concatenate([[0, count, period], minima.ravel()]).astype(float)
    low, spacing = box[:, 0], (box[:, 1] - box[:, 0]) / CELLS
    _, grid = _centres(box)
    of_cells = _basins(gradient, minima, grid.reshape(-1, dim), spacing, period)
    return np.concatenate([[CELLS, count, period], low, spacing, minima.ravel(), of_cells]).astype(float)


def interpolated(gradient: Function, box: np.ndarray) -> Function:
    """The gradient from its values in the middle of each cell of a box [2, 2] of a plane, which is linear between them."""
    from scipy.interpolate import RegularGridInterpolator  # its import is slow

    axes, grid = _centres(box)
    values = gradient(grid.reshape(-1, len(box))).reshape(grid.shape)
    return RegularGridInterpolator(axes, values, bounds_error=False, fill_value=None)


def _centres(box: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """The middles of cells along each axis, and all of them, [cells, cells, 2]."""
    axes = [low + (np.arange(CELLS) + 0.5) * (high - low) / CELLS for low, high in box]
    return axes, np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)


def _on_line(energy: Function, gradient: Function, minima: np.ndarray, period: float) -> np.ndarray:
    """Borders where the energy is highest between neighbouring minima [k], to rounding where it is smooth there."""
    order = np.argsort(minima)
    ends = minima[order]
    if period:
        ends = np.append(ends, ends[0] + period)
    borders = np.array([_highest(energy, gradient, low, high) for low, high in itertools.pairwise(ends)])
    # on a torus, what is above the last border is what is below the first
    wells = np.append(order, order[0]) if period else order
    return np.concatenate([[_ON_LINE, borders.size, period], borders, wells]).astype(float)


def _highest(energy: Function, gradient: Function, low: float, high: float) -> float:
    """Where the energy is highest between two minima."""
    places = np.linspace(low, high, _BETWEEN)
    with np.errstate(all="ignore"):
        values = np.nan_to_num(energy(places[:, None]), nan=np.inf)
        top = int(np.clip(values.argmax(), 1, _BETWEEN - 2))
        left, right = places[top - 1], places[top + 1]
        if not (gradient(np.array([[left]]))[0, 0] > 0.0 > gradient(np.array([[right]]))[0, 0]):
            return float(places[top])  # a plateau, or a pole
        for _ in range(_BISECTIONS):
            middle = 0.5 * (left + right)
            rises = gradient(np.array([[middle]]))[0, 0] > 0.0
            left, right = (middle, right) if rises else (left, middle)
    return float(0.5 * (left + right))


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
        settled = np.linalg.norm(x[going] - before, axis=1) < _STEPS * step / 8.0  # back and forth in a valley, or on a plateau
        going = going[~(arrived | settled)]
        if not len(going):
            break
    return distances(np.arange(len(x))).argmin(axis=1)
