"""Regions of an energy of which only the minima are known.

A region is a product of wells, one for each group of coordinates that the energy couples; if it couples all coordinates, a region
is a well. The data for the compiled label are at the end of the constants, after those of the energy:
[groups, regions, wells [regions, groups].., group.., length of all this], and a group is
[size, coordinates [size].., length of its wells, wells..]. The first number of the wells names the rule that assigns a
point to a well:
  NEAREST    [0, minima, period, minimum [minima, size]..]: the well of the nearest minimum.
  ON_GRID    [cells along an axis > 0, minima, period, low [size].., spacing [size].., minimum [minima, size]..,
             well [cells^size]..]: the well of the cell; outside the grid, that of the nearest minimum.
  ON_LINE    [-1, borders, period, border [borders].., well [borders + 1]..]: the well between two borders of a line, in order.
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

CELLS = 256  # number of cells along an axis, in two dimensions
_ON_LINE, _DOMINATED = -1, -2
_ROUNDS, _STEPS = 128, 16  # rounds of descent, and steps per round
_BETWEEN = 2049  # points between two minima on a line
_BISECTIONS = 60

Function = Callable[[np.ndarray], np.ndarray]
Group = tuple[Sequence[int], np.ndarray]  # coordinates, and their wells in the form of the constants


# The rules work on all walkers at once, a loop over walkers inside, so that they vectorise. X[dim, n]; where[j] is the place
# in p of the index of the group's coordinate j; wells[n] is written, best[n] and value[n] are scratch.


@compiled
def _between(X, p, at, where, wells, value):
    """The well of each point of a line, with borders at p[at:]."""
    borders, period = int(p[at + 1]), p[at + 2]
    x, first = X[int(p[where])], p[at + 3]
    for i in range(x.shape[0]):
        value[i] = x[i]
    if period > 0.0:  # shifted to the period that begins at the first border
        for i in range(x.shape[0]):
            value[i] = x[i] - period * np.floor((x[i] - first) / period)
    for i in range(x.shape[0]):
        wells[i] = int(p[at + 3 + borders])
    for k in range(borders):
        border, well = p[at + 3 + k], int(p[at + 4 + borders + k])
        for i in range(x.shape[0]):
            before = wells[i]
            wells[i] = well if value[i] >= border else before


@compiled
def _dominating(X, p, at, where, size, wells, best, value):
    """The largest of the forms at p[at:] at each point."""
    count, diagonal = int(p[at + 1]), p[at + 2] > 0.0
    n = X.shape[1]
    entry = at + 3
    for i in range(n):
        best[i] = -math.inf
        wells[i] = 0
    for k in range(count):
        constant = p[entry]
        for i in range(n):
            value[i] = constant
        for j in range(size):
            x, slope = X[int(p[where + j])], p[entry + 1 + j]
            for i in range(n):
                value[i] += slope * x[i]
        entry += 1 + size
        for j in range(size):
            x = X[int(p[where + j])]
            if diagonal:
                curvature = p[entry + j]
                for i in range(n):
                    value[i] += curvature * x[i] * x[i]
            else:
                for m in range(size):
                    y, curvature = X[int(p[where + m])], p[entry + j * size + m]
                    for i in range(n):
                        value[i] += curvature * x[i] * y[i]
        entry += size if diagonal else size * size
        _keep_largest(k, value, best, wells)


@compiled
def _keep_largest(k, value, best, wells):
    """Where value[n] is above best[n], it takes its place, and k that of wells[n]."""
    for i in range(value.shape[0]):
        new, old, before = value[i], best[i], wells[i]
        best[i] = new if new > old else old
        wells[i] = k if new > old else before


@compiled
def _nearest(X, p, centres, count, period, where, size, wells, best, value):
    """The nearest of the minima at p[centres:], the first if several are equally near."""
    n = X.shape[1]
    for i in range(n):
        best[i] = -math.inf
        wells[i] = 0
    for k in range(count):
        for i in range(n):
            value[i] = 0.0
        for j in range(size):
            x, centre = X[int(p[where + j])], p[centres + k * size + j]
            if period > 0.0:
                for i in range(n):
                    away = x[i] - centre
                    away -= period * np.floor(away / period + 0.5)
                    value[i] -= away * away
            else:
                for i in range(n):
                    away = x[i] - centre
                    value[i] -= away * away
        _keep_largest(k, value, best, wells)


@compiled
def _on_grid(X, p, at, where, size, wells, best, value):
    """The well of the cell in which each point is, with wells at p[at:]; outside of the grid, the nearest minimum."""
    cells, count, period = int(p[at]), int(p[at + 1]), p[at + 2]
    low = at + 3
    spacing = low + size
    centres = spacing + size
    first = centres + count * size
    n = X.shape[1]
    for i in range(n):
        value[i] = 0.0
        best[i] = 0.0
    for j in range(size):  # value: the number of the cell; best: 1 outside of the grid
        x, start, width = X[int(p[where + j])], p[low + j], p[spacing + j]
        for i in range(n):
            c = np.floor((x[i] - start) / width)
            outside = 0.0 if (c >= 0.0) & (c < cells) else 1.0  # nan is outside
            value[i] = value[i] * cells + (0.0 if outside > 0.0 else c)
            best[i] = outside if outside > 0.0 else best[i]
    missing = 0.0
    for i in range(n):
        wells[i] = int(value[i]) if best[i] == 0.0 else -1
        missing += best[i]
    for i in range(n):
        if wells[i] >= 0:
            wells[i] = int(p[np.uint64(first + wells[i])])
    if missing > 0.0:
        near = np.empty(n, np.int64)
        _nearest(X, p, centres, count, period, where, size, near, best, value)
        for i in range(n):
            before = wells[i]
            wells[i] = near[i] if before < 0 else before


@compiled
def label(X, L, p):
    """The index of the region of each point; for a point outside all regions, the number of regions."""
    begin = p.shape[0] - int(p[p.shape[0] - 1])
    groups, regions = int(p[begin]), int(p[begin + 1])
    rows = begin + 2
    n = X.shape[1]
    best, value, wells = np.empty(n), np.empty(n), np.empty((groups, n), np.int64)
    at = rows + regions * groups
    for g in range(groups):
        size = int(p[at])
        where, start = at + 1, at + 2 + size
        if p[start] == -1.0:
            _between(X, p, start, where, wells[g], value)
        elif p[start] == -2.0:
            _dominating(X, p, start, where, size, wells[g], best, value)
        elif p[start] > 0.0:
            _on_grid(X, p, start, where, size, wells[g], best, value)
        else:
            _nearest(X, p, start + 3, int(p[start + 1]), p[start + 2], where, size, wells[g], best, value)
        at += 2 + size + int(p[at + 1 + size])
    for i in range(n):
        L[i] = regions
    for k in range(regions - 1, -1, -1):  # the first of several that fit
        for i in range(n):
            value[i] = 1.0
        for g in range(groups):
            well, found = int(p[rows + k * groups + g]), wells[g]
            for i in range(n):
                value[i] = value[i] if found[i] == well else 0.0
        for i in range(n):
            before = L[i]
            L[i] = k if value[i] > 0.0 else before


def labelling(groups: Sequence[Group], rows: np.ndarray) -> np.ndarray:
    """The data that ``label`` needs at the end of the constants; rows [regions, groups]: the well of each group in a region."""
    parts: list[np.ndarray] = [np.array([len(groups), len(rows)]), rows.ravel()]
    for coordinates, wells in groups:
        parts += [np.array([len(coordinates), *coordinates, len(wells)]), wells]
    tail = np.concatenate(parts).astype(float)
    return np.append(tail, len(tail) + 1.0)


def unlabelled(constants: np.ndarray) -> np.ndarray:
    """The constants without the data of ``labelling``."""
    return constants[: len(constants) - int(constants[-1])]


def only_wells(constants: np.ndarray) -> np.ndarray:
    """The wells of a potential with a single group of coordinates."""
    tail = constants[len(constants) - int(constants[-1]) : -1]
    groups, regions = int(tail[0]), int(tail[1])
    at = 2 + regions * groups
    return tail[at + 2 + int(tail[at]) :]


def depends_on_box(wells: np.ndarray) -> bool:
    """Whether the wells are on a grid over a box; the box of a sum differs from those of its terms."""
    return bool(wells[0] > 0)


def dominates(wells: np.ndarray) -> bool:
    """Whether a point belongs to the well whose form is largest."""
    return bool(wells[0] == _DOMINATED)


def dominated(forms: list[Form], minima: np.ndarray) -> np.ndarray | None:
    """Wells for the minima [k, dim], each where one form is largest; None unless every form is largest at exactly one minimum."""
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
    """The wells of the minima [k, dim]: on a line, bounded by the highest points between minima; in a plane, by steepest descent
    on a grid with CELLS along each axis of box [2, 2]; in more dimensions, by the nearest minimum."""
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
    """The gradient, interpolated linearly between its values in the middle of each cell of a box [2, 2] of a plane."""
    from scipy.interpolate import RegularGridInterpolator  # its import is slow

    axes, grid = _centres(box)
    values = gradient(grid.reshape(-1, len(box))).reshape(grid.shape)
    return RegularGridInterpolator(axes, values, bounds_error=False, fill_value=None)


def _centres(box: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """The middles of the cells along each axis, and of all cells, [cells, cells, 2]."""
    axes = [low + (np.arange(CELLS) + 0.5) * (high - low) / CELLS for low, high in box]
    return axes, np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)


def _on_line(energy: Function, gradient: Function, minima: np.ndarray, period: float) -> np.ndarray:
    """Borders where the energy is highest between neighbouring minima [k]; accurate to rounding if the energy is smooth there."""
    order = np.argsort(minima)
    ends = minima[order]
    if period:
        ends = np.append(ends, ends[0] + period)
    borders = np.array([_highest(energy, gradient, low, high) for low, high in itertools.pairwise(ends)])
    # on a torus, the well above the last border is the well below the first
    wells = np.append(order, order[0]) if period else order
    return np.concatenate([[_ON_LINE, borders.size, period], borders, wells]).astype(float)


def _highest(energy: Function, gradient: Function, low: float, high: float) -> float:
    """The place between two minima where the energy is highest."""
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
    """The index of the minimum that steepest descent reaches from each point [n, dim], in steps of half a cell."""
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
        settled = np.linalg.norm(x[going] - before, axis=1) < _STEPS * step / 8.0  # oscillates in a valley, or is on a plateau
        going = going[~(arrived | settled)]
        if not len(going):
            break
    return distances(np.arange(len(x))).argmin(axis=1)
