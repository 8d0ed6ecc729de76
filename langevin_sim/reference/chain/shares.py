"""Integration weights of a set of points, on the nodes of a grid: the border cuts cells, not nodes.

The integral over a set A of a function g that the nodes resolve is that of g's interpolant: sum_j g(x_j) w_j(A), with w_j(A)
the integral over A of the polynomial that is 1 at node j and 0 at the others. A weight near the border may be negative.
"""

import itertools
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from langevin_sim.reference import borders
from langevin_sim.reference.quadrature import legendre, panel_rule, smoothed_legendre

_POINTS = 10  # of a panel of the integrals along the first axis
_LINES = 12  # of a panel along the second
_WIDTH = 1.25  # of a panel, in the lengths over which functions change
_LOOKS = (4097, 513)  # places where borders are looked for, at least

Interpolation = Callable[[np.ndarray], np.ndarray | csr_array]


class Line(NamedTuple):
    """One coordinate of a kernel's nodes.

    low, high: what the nodes cover. interpolation(points [m]): the matrix [m, nodes] from values at the nodes. scale: the
    length over which densities change. marks: places that the search for borders must not miss. walls: where densities
    may jump. atoms: the places of the first and the last node, if they stand for these points and not for a density.
    """

    low: float
    high: float
    interpolation: Interpolation
    scale: float
    marks: np.ndarray
    walls: tuple[float, ...] = ()
    atoms: tuple[float, ...] = ()

    def places(self, least: int) -> np.ndarray:
        """Where borders are looked for."""
        count = max(least, math.ceil(4.0 * (self.high - self.low) / self.scale))
        return borders.grid(self.low, self.high, count, [*self.marks, *self.walls])

    def panels(self, low: float, high: float) -> np.ndarray:
        """Ends of panels from low to high, which end at walls."""
        ends = [low, *(wall for wall in self.walls if low < wall < high), high]
        parts = [np.linspace(a, b, max(1, math.ceil((b - a) / (_WIDTH * self.scale))) + 1) for a, b in itertools.pairwise(ends)]
        return np.unique(np.concatenate(parts))


def weights_in(inside: borders.Labelling, first: Line, second: Line | None) -> np.ndarray:
    """Weights of the nodes [second, first] in the set where inside(first [n], second [n]) -> {0, 1} is 1."""
    places = first.places(_LOOKS[0] if second is None else _LOOKS[0] // 8)
    if second is None:
        return _along(inside, np.zeros(1), first, places)
    cuts = borders.pieces(inside, second.places(_LOOKS[1]), places)
    parts = [second.panels(low, high) for low, high in itertools.pairwise(cuts)]
    ends = np.unique(np.concatenate(parts))
    rooted = np.isin(ends, cuts[1:-1])  # a border may begin there like a root
    (t, weight), (u, other) = legendre(_LINES), smoothed_legendre(_LINES)
    width = np.diff(ends)[:, None]
    smooth = (rooted[:-1] | rooted[1:])[:, None]
    lines = (ends[:-1, None] + width * np.where(smooth, u, t)).ravel()
    shares = (width * np.where(smooth, other, weight)).ravel()
    found = second.interpolation(lines).T @ (shares[:, None] * _along(inside, lines, first, places))
    for row, atom in zip((0, -1), second.atoms, strict=False):
        found[row] = _along(inside, np.array([atom]), first, places)[0]
    return np.asarray(found)


def _along(inside: borders.Labelling, lines: np.ndarray, first: Line, places: np.ndarray) -> np.ndarray:
    """The weights along the first axis on each line: [lines, nodes]."""
    cut = borders.segments(inside, lines, places)
    kept = cut.region == 1
    found = np.zeros((lines.size, first.interpolation(places[1:2]).shape[1]))
    low, high = np.clip(cut.low[kept], first.low, first.high), np.clip(cut.high[kept], first.low, first.high)
    whole: dict[tuple[float, float], np.ndarray] = {}  # a line that no border crosses is like the others
    for line, a, b in zip(cut.line[kept], low, high, strict=True):
        if b <= a:
            continue
        if (a, b) not in whole:
            points, weights = panel_rule(first.panels(a, b), _POINTS)
            whole[a, b] = np.asarray(first.interpolation(points).T @ weights)
        found[line] += whole[a, b]
    if first.atoms:
        for column, atom in zip((0, -1), first.atoms, strict=True):
            found[:, column] = inside(np.full(lines.size, atom), lines)
    return found
