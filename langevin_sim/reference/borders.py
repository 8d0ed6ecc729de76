"""Find the places where the region changes along lines parallel to the first axis; all laws of this room use this search.

A labelling maps points (first, second), both [n], to the indices of their regions, [n]. A search begins on a grid, and
misses a region that is narrower than a cell and contains no grid point.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.plane import by_parts

_BISECTIONS = 52  # number of bisections of a grid cell, down to rounding
_MOST_CUTS = 64  # limit on cuts between two neighbouring lines of a scan
_AT_ONCE = 4_000_000  # numbers that are processed at a time

Labelling = Callable[[np.ndarray, np.ndarray], np.ndarray]


class Segments(NamedTuple):
    """Pieces of lines, each in one region: index of the line, region, ends, all [n]; the outermost extend to infinity."""

    line: np.ndarray
    region: np.ndarray
    low: np.ndarray
    high: np.ndarray


def labelling(potential: Potential) -> Labelling:
    """The regions of the points (first, second, 0, ..) of a potential; in one dimension the second is ignored."""

    def label(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        found = np.empty(first.size, np.int64)

        def act(columns: np.ndarray, part: slice) -> None:
            potential.block_label(columns, found[part], potential.constants)

        by_parts(potential, first, second, act)
        return found

    return label


def grid(low: float, high: float, count: int, also: Iterable[float] = ()) -> np.ndarray:
    """``count`` even places from low to high, and those of ``also`` that lie between them."""
    others = np.array([place for place in also if low < place < high])
    return np.unique(np.concatenate([np.linspace(low, high, count), others]))


def marks(potential: Potential, axis: int) -> np.ndarray:
    """The coordinates of minima and starts along an axis, so that a grid meets every region; 0 beyond the dimension."""
    if axis >= potential.dim:
        return np.zeros(1)
    starts = [region.start for region in potential.regions]
    return np.concatenate([potential.minima[:, axis], np.array(starts)[:, axis]])


def _seen(label: Labelling, lines: np.ndarray, places: np.ndarray) -> np.ndarray:
    first, second = (part.ravel() for part in np.meshgrid(places, lines))
    return label(first, second).reshape(lines.size, places.size)


def segments(label: Labelling, lines: np.ndarray, places: np.ndarray) -> Segments:
    """Lines at the second coordinates [m], cut where the region changes along the first, by bisection to rounding."""
    seen = _seen(label, lines, places)
    line, at = np.nonzero(seen[:, 1:] != seen[:, :-1])
    left, right, before = places[at], places[at + 1], seen[line, at]
    for _ in range(_BISECTIONS if line.size else 0):
        middle = 0.5 * (left + right)
        same = label(middle, lines[line]) == before
        left, right = np.where(same, middle, left), np.where(same, right, middle)
    lines_of = np.concatenate([np.arange(lines.size), line])
    starts = np.concatenate([np.full(lines.size, -np.inf), 0.5 * (left + right)])
    region = np.concatenate([seen[:, 0], seen[line, at + 1]])
    order = np.lexsort((starts, lines_of))
    lines_of, starts, region = lines_of[order], starts[order], region[order]
    goes_on = np.append(lines_of[1:] == lines_of[:-1], False)
    return Segments(lines_of, region, starts, np.where(goes_on, np.append(starts[1:], np.inf), np.inf))


def crossings(label: Labelling, line: float, places: np.ndarray) -> np.ndarray:
    """The places where the region changes along one line, in order."""
    return segments(label, np.array([line]), places).low[1:]


def pieces(label: Labelling, scan: np.ndarray, places: np.ndarray) -> np.ndarray:
    """[first, .., last]: the range of the scan of second coordinates, cut where the sequence of regions along a line changes.

    Between two cuts every border is a function of the second coordinate. A border parallel to the lines is also a cut.
    """
    codes = np.random.default_rng(0).integers(1, 2**63, places.size, dtype=np.uint64) | np.uint64(1)

    def sequence(lines: np.ndarray) -> np.ndarray:
        """One number per line that identifies its sequence of regions."""
        found = np.empty(lines.size, np.uint64)
        size = max(1, _AT_ONCE // places.size)
        for start in range(0, lines.size, size):
            seen = _seen(label, lines[start : start + size], places)
            new = np.concatenate([np.ones((len(seen), 1), bool), seen[:, 1:] != seen[:, :-1]], axis=1)
            terms = (seen + 1).astype(np.uint64) * codes[np.cumsum(new, axis=1) - 1]
            found[start : start + size] = np.where(new, terms, np.uint64(0)).sum(axis=1, dtype=np.uint64)
        return found

    seen = sequence(scan)
    at = np.flatnonzero(seen[1:] != seen[:-1])
    begin, end, last = scan[at], scan[at + 1], seen[at + 1]
    before = seen[at]
    cuts = [scan[:1], scan[-1:]]
    for _ in range(_MOST_CUTS):
        if not begin.size:
            break
        left, right = begin, end
        for _ in range(_BISECTIONS):
            middle = 0.5 * (left + right)
            same = sequence(middle) == before
            left, right = np.where(same, middle, left), np.where(same, right, middle)
        cuts.append(0.5 * (left + right))
        before = sequence(right)
        more = (before != last) & (right < end)
        begin, end, last, before = right[more], end[more], last[more], before[more]
    found = np.unique(np.concatenate(cuts))
    # cuts that differ only by rounding are one cut
    apart = np.diff(found) > 8.0 * np.finfo(float).eps * np.abs(found).max()
    kept = np.concatenate([[True], apart])
    found = found[kept]
    found[-1] = scan[-1]
    return found
