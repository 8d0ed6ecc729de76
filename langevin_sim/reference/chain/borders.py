"""Where the borders of regions cross lines parallel to the first axis, on many lines at once."""

import math

import numpy as np

from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.chain.axes import Cartesian

_ALONG, _ACROSS = 257, 129  # points to look at along a line, and lines, at least
_PER_DEVIATION = 2
_MOST = 4097
_BISECTIONS = 50
_AT_ONCE = 4_000_000  # numbers


def labels(potential: Potential, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Regions of the points (first, second, 0, ..), both [n]: [n]."""
    found = np.empty(first.size, np.int64)
    size = max(1, _AT_ONCE // potential.dim)
    for start in range(0, first.size, size):
        part = slice(start, min(start + size, first.size))
        columns = np.zeros((potential.dim, part.stop - part.start))
        columns[0] = first[part]
        if potential.dim > 1:
            columns[1] = second[part]
        potential.block_label(columns, found[part], potential.constants)
    return found


def _seen(potential: Potential, lines: np.ndarray, grid: np.ndarray) -> np.ndarray:
    x1, x2 = (part.ravel() for part in np.meshgrid(grid, lines))
    return labels(potential, x1, x2).reshape(lines.size, grid.size)


def _grid(low: float, high: float, sigma: float) -> np.ndarray:
    return np.linspace(low, high, min(_MOST, max(_ALONG, math.ceil(_PER_DEVIATION * (high - low) / sigma))))


def segments(
    potential: Potential, lines: np.ndarray, low: float, high: float, sigma: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Every line cut where the region changes, by bisection to rounding: (line, region, left end, right end) of each piece.

    The outermost pieces go on to infinity.
    """
    grid = _grid(low, high, sigma)
    seen = _seen(potential, lines, grid)
    row, place = np.nonzero(seen[:, 1:] != seen[:, :-1])
    left, right, before = grid[place], grid[place + 1], seen[row, place]
    for _ in range(_BISECTIONS if row.size else 0):
        middle = 0.5 * (left + right)
        same = labels(potential, middle, lines[row]) == before
        left, right = np.where(same, middle, left), np.where(same, right, middle)
    cut = 0.5 * (left + right)
    all_rows = np.concatenate([np.arange(lines.size), row])
    starts = np.concatenate([np.full(lines.size, -np.inf), cut])
    region = np.concatenate([seen[:, 0], seen[row, place + 1]])
    order = np.lexsort((starts, all_rows))
    all_rows, starts, region = all_rows[order], starts[order], region[order]
    same_line = np.append(all_rows[1:] == all_rows[:-1], False)
    return all_rows, region, starts, np.where(same_line, np.append(starts[1:], np.inf), np.inf)


def pieces(potential: Potential, low: float, high: float, axis: Cartesian) -> np.ndarray:
    """[low, .., high], cut where the regions that a line passes through change."""
    grid = np.linspace(axis.low, axis.high, _ALONG)
    scan = np.linspace(low, high, _ACROSS)

    def number(lines: np.ndarray) -> np.ndarray:
        seen = _seen(potential, lines, grid)
        return np.asarray((seen[:, 1:] != seen[:, :-1]).sum(axis=1))

    numbers = number(scan)
    at = np.flatnonzero(numbers[1:] != numbers[:-1])
    left, right, before = scan[at], scan[at + 1], numbers[at]
    for _ in range(_BISECTIONS if at.size else 0):
        middle = 0.5 * (left + right)
        same = number(middle) == before
        left, right = np.where(same, middle, left), np.where(same, right, middle)
    cuts = np.unique(0.5 * (left + right))
    return np.concatenate([[low], cuts[(cuts > low) & (cuts < high)], [high]])
