"""Adaptive Gauss-Legendre quadrature of exp(log weight) along many lines at once.

Every line has its own panels, which are halved until halving changes nothing. All lines are halved together, so that the
work consists of a few calls on large arrays. Weights are logarithms relative to the largest seen so far on the line, so a peak
that is narrow compared with the first panels, or far below the range of floating-point numbers, is found and resolved like any
other.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from langevin_sim.reference.quadrature import halving_matrix, legendre, legendre_coefficients

NODES = 12  # number of nodes of a panel
NEGLIGIBLE = 42.0  # a panel is left out if its weight is e^-42 of its line's
_ROUNDS = 60  # limit on halvings
_NARROWEST = 4e-15  # least width of a panel relative to its distance from the origin, because of rounding
_BISECTIONS = 56
_STEEP = 3.0  # a rise of the log weight between neighbouring nodes that a panel does not resolve
_LOOKS = 97  # number of places of a panel at which its label is evaluated
_COUNTS = 1e-13  # below this share of its line's weight, a panel's borders are ignored
_INSIDE = 1e-9  # distance of the first and last label from the ends of a panel, relative to its width
_SMALL = 1e-4  # a smaller relative change may be rounding
_TINY, _LARGEST = 1e-200, 200.0  # lower bound of magnitudes, and upper bound of their logs
_ROUNDING = 4.0 * float(np.finfo(float).eps)

Evaluate = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
Label = Callable[[np.ndarray, np.ndarray], np.ndarray]


class Panels(NamedTuple):
    """Resolved panels, in order along each line.

    line, low, high, label: [panels]; log: [panels, NODES], the log weight at the nodes; values: [panels, NODES, q],
    the functions that are averaged. error: [panels, 1 + q], the change on halving a panel of the integrals of the weight
    and of the values times the weight, relative to the line's total weight.
    """

    line: np.ndarray
    low: np.ndarray
    high: np.ndarray
    label: np.ndarray
    log: np.ndarray
    values: np.ndarray
    error: np.ndarray

    def nodes(self) -> np.ndarray:
        """The places of the nodes, [panels, NODES]."""
        return self.low[:, None] + (self.high - self.low)[:, None] * legendre(NODES)[0]

    def weights(self, scale: np.ndarray) -> np.ndarray:
        """Quadrature weights of the nodes times exp(log - scale[line]): [panels, NODES]."""
        return (self.high - self.low)[:, None] * legendre(NODES)[1] * np.exp(self.log - scale[self.line][:, None])


class _Sampled(NamedTuple):
    line: np.ndarray
    low: np.ndarray
    high: np.ndarray
    log: np.ndarray
    values: np.ndarray

    def take(self, which: np.ndarray) -> "_Sampled":
        return _Sampled(*(array[which] for array in self))

    def weighted(self, scale: np.ndarray) -> np.ndarray:
        """The weight and the values times the weight, relative to exp(scale): [panels, nodes, 1 + q]."""
        weight = np.exp(np.minimum(self.log - scale[self.line][:, None], _LARGEST))[..., None]
        return np.concatenate([weight, weight * self.values], axis=-1)

    def magnitudes(self, scale: np.ndarray) -> np.ndarray:
        """The integrals of the magnitudes of these, [panels, 1 + q]."""
        return (self.high - self.low)[:, None] * np.einsum("n,pnq->pq", legendre(NODES)[1], np.abs(self.weighted(scale)))


def _sample(evaluate: Evaluate, line: np.ndarray, low: np.ndarray, high: np.ndarray) -> _Sampled:
    return _Sampled(line, low, high, *evaluate(line, low[:, None] + (high - low)[:, None] * legendre(NODES)[0]))


def refine(
    evaluate: Evaluate,
    line: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    tolerance: np.ndarray,
    *,
    lines: int,
    label: Label | None = None,
    shares: int = 0,
    interpolated: bool = False,
    budget: float = np.inf,
) -> Panels:
    """Halve the panels [low, high] of the lines until halving changes the integrals by less than tolerance times their sizes.

    evaluate(line [p], points [p, n]) gives the log weight [p, n] and values [p, n, q]. tolerance: for the weight and for the
    first values; values without one are integrated as well, and their change is reported. The last ``shares`` of the values with
    a tolerance are compared with the weight, the others with their own size or that of the weight, whichever is larger. label:
    panels end where it changes. interpolated: whether the integrands, not only their integrals, must agree with polynomials on
    each panel to within the tolerance. budget: number of nodes after which halving stops; the error includes the last changes.
    """
    _, quadrature = legendre(NODES)
    both, halves = 0.5 * np.concatenate([quadrature, quadrature]), halving_matrix(NODES)
    parent = _sample(evaluate, line, low, high)
    spent = parent.log.size
    columns, held = 1 + parent.values.shape[-1], tolerance.size
    scale = np.full(lines, -np.inf)
    np.maximum.at(scale, parent.line, parent.log.max(axis=1, initial=-np.inf))
    accepted = np.zeros((lines, columns))
    kept: list[tuple[_Sampled, np.ndarray, np.ndarray, np.ndarray]] = []  # panels, labels, changes, the scale at that time
    before_halving = np.full((line.size, held), np.inf)  # relative changes on halving a panel's parent
    for turn in range(_ROUNDS):
        middle = 0.5 * (parent.low + parent.high)
        ends = np.stack([parent.low, middle], axis=1).ravel(), np.stack([middle, parent.high], axis=1).ravel()
        child = _sample(evaluate, np.repeat(parent.line, 2), *ends)
        spent += child.log.size
        before = scale.copy()
        np.maximum.at(scale, child.line, child.log.max(axis=1))
        finite = np.where(np.isfinite(scale), scale, 0.0)
        accepted *= np.exp(np.where(np.isfinite(before), before - finite, -np.inf))[:, None]
        width = (parent.high - parent.low)[:, None]
        old, pair = parent.weighted(finite), child.weighted(finite).reshape(len(width), 2 * NODES, columns)
        change = width * np.abs(np.einsum("n,pnq->pq", quadrature, old) - np.einsum("n,pnq->pq", both, pair))
        if interpolated:
            predicted = np.einsum("mn,pnq->pmq", halves, old)
            change = np.maximum(change, width * np.einsum("n,pnq->pq", both, np.abs(predicted - pair)))
            change += _between_nodes_and_ends(evaluate, parent, child, finite)
        magnitude = width * np.einsum("n,pnq->pq", both, np.abs(pair))
        size = accepted.copy()
        np.add.at(size, parent.line, magnitude)
        own = np.maximum(size, size[:, :1])[parent.line]
        own[:, held - shares : held] = size[parent.line, :1]
        noise = _noise(child).reshape(len(width), 2 * NODES)
        noise = width * np.einsum("n,pnq->pq", both, np.abs(pair) * noise[..., None])
        narrow = width[:, 0] <= _NARROWEST * np.maximum(np.abs(parent.low), np.abs(parent.high))
        peaked = _peaked(child.log, finite[child.line]).reshape(-1, 2).any(axis=1)
        with np.errstate(over="ignore"):
            relative = (change / np.maximum(magnitude, _TINY))[:, :held]
        small = change[:, :held] <= tolerance * own[:, :held] + noise[:, :held]
        resolved = (small | _noisy(relative, before_halving)).all(axis=1) & ~peaked
        enough = resolved | narrow | (spent > budget) | (turn == _ROUNDS - 1)
        change = np.where(narrow[:, None], np.maximum(change, magnitude), change + noise)
        done = child.take(np.repeat(enough, 2))
        share = np.repeat(0.5 * change[enough], 2, axis=0)
        labels = np.zeros(done.line.size, int)
        again = child.take(np.zeros(0, int))
        if label is not None and done.line.size:
            # cut at a border if missing it would matter
            counts = (magnitude[:, 0] > _COUNTS * own[:, 0]) & (turn < _ROUNDS - 1)
            labels, cut, place = _cut(label, done, np.repeat(counts[enough], 2))
            if cut.any():
                again = _sample(
                    evaluate,
                    np.repeat(done.line[cut], 2),
                    np.stack([done.low[cut], place[cut]], axis=1).ravel(),
                    np.stack([place[cut], done.high[cut]], axis=1).ravel(),
                )
                done, share, labels = done.take(~cut), share[~cut], labels[~cut]
        kept.append((done, labels, share, finite[done.line]))
        np.add.at(accepted, done.line, done.magnitudes(finite))
        rest = child.take(np.repeat(~enough, 2))
        parent = _Sampled(*(np.concatenate([a, b]) for a, b in zip(rest, again, strict=True)))
        before_halving = np.concatenate([np.repeat(relative[~enough], 2, axis=0), np.full((again.line.size, held), np.inf)])
        if not parent.line.size:
            break
    finite = np.where(np.isfinite(scale), scale, 0.0)
    parts = _Sampled(*(np.concatenate(arrays) for arrays in zip(*(part for part, _, _, _ in kept), strict=True)))
    then = np.concatenate([at for _, _, _, at in kept])
    error = np.concatenate([part for _, _, part, _ in kept]) * np.exp(then - finite[parts.line])[:, None]
    total = accepted[parts.line, :1]
    error = np.where(total > 0.0, error / np.where(total > 0.0, total, 1.0), 0.0)
    labels = np.concatenate([found for _, found, _, _ in kept])
    order = np.lexsort((parts.low, parts.line))
    in_order = parts.take(order)
    return Panels(in_order.line, in_order.low, in_order.high, labels[order], in_order.log, in_order.values, error[order])


def _between_nodes_and_ends(evaluate: Evaluate, parent: _Sampled, child: _Sampled, scale: np.ndarray) -> np.ndarray:
    """The possible effect of a kink between the outermost nodes of a half and its ends, which no node sees: [panels, 1 + q].

    It is the distance of the integrands at the ends of the halves from their polynomials, times the distance to the nodes.
    """
    ends = np.stack([parent.low, 0.5 * (parent.low + parent.high), parent.high], axis=1)
    at_ends = _Sampled(parent.line, parent.low, parent.high, *evaluate(parent.line, ends)).weighted(scale)
    basis = np.polynomial.legendre.legvander(np.array([-1.0, 1.0]), NODES - 1) @ legendre_coefficients(NODES)
    predicted = np.einsum("en,pnq->peq", basis, child.weighted(scale)).reshape(len(ends), 4, -1)
    away = np.abs(predicted - at_ends[:, [0, 1, 1, 2]]).sum(axis=1)
    return np.asarray(0.5 * (parent.high - parent.low)[:, None] * legendre(NODES)[0][0] * away)


def _noisy(relative: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Whether the integrands are only rounding noise at this scale, [panels, columns]: halving changes both halves of a panel
    as much as it changed that panel. At a kink or a jump it changes only one of them, and elsewhere far less."""
    found = (relative < _SMALL) & (relative > 0.25 * before)
    same = (before[1:] == before[:-1]) & found[1:] & found[:-1]
    none = np.zeros((1, found.shape[1]), bool)
    return np.asarray(np.concatenate([same, none]) | np.concatenate([none, same]))[: len(found)]


def _noise(panels: _Sampled) -> np.ndarray:
    """Relative rounding error of the weights at the nodes, from the log weight and from the place times its slope."""
    log = np.where(np.isfinite(panels.log), panels.log, 0.0)
    x = panels.low[:, None] + (panels.high - panels.low)[:, None] * legendre(NODES)[0]
    apart = np.diff(x, axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        slope = np.abs(np.diff(log, axis=1)) / np.where(apart > 0.0, apart, 1.0)
        steepest = np.maximum(np.pad(slope, ((0, 0), (1, 0))), np.pad(slope, ((0, 0), (0, 1))))
        found = _ROUNDING * (1.0 + np.abs(log) + np.abs(x) * steepest)
    return np.asarray(np.fmin(found, 1.0))


def _peaked(log: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Whether a panel may hide a peak: its largest log weight stands out, and might continue to rise to the line's largest."""
    at = np.arange(log.shape[0]), log.argmax(axis=1)
    left, right = log[at[0], np.maximum(at[1] - 1, 0)], log[at[0], np.minimum(at[1] + 1, log.shape[1] - 1)]
    with np.errstate(invalid="ignore"):
        rise = log[at] - np.minimum(left, right)
        return np.asarray((rise > _STEEP) & (log[at] + 2.0 * rise > scale - NEGLIGIBLE))


def _cut(label: Label, panels: _Sampled, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The labels of the panels' middles; whether the label changes within a panel that counts; and where it first changes."""
    width = panels.high - panels.low
    labels = label(panels.line, (panels.low + 0.5 * width)[:, None])[:, 0]
    cut, place = np.zeros(len(width), bool), np.full(len(width), np.nan)
    rows = np.flatnonzero(counts)
    if rows.size:
        t = np.linspace(_INSIDE, 1.0 - _INSIDE, _LOOKS)
        points = panels.low[rows, None] + width[rows, None] * t
        seen = label(panels.line[rows], points)
        changes = seen[:, 1:] != seen[:, :-1]
        inside, first = changes.any(axis=1), changes.argmax(axis=1)
        rows, points, seen, first = rows[inside], points[inside], seen[inside], first[inside]
        each = np.arange(rows.size)
        place[rows] = border(label, panels.line[rows], points[each, first], points[each, first + 1], seen[each, first])
        near = np.minimum(place[rows] - panels.low[rows], panels.high[rows] - place[rows]) <= 2.0 * _INSIDE * width[rows]
        cut[rows[~near]] = True
    return labels, cut, place


def border(label: Label, line: np.ndarray, left: np.ndarray, right: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The places between left and right where the label ceases to be ``before``, by bisection to rounding."""
    for _ in range(_BISECTIONS if line.size else 0):
        middle = 0.5 * (left + right)
        same = label(line, middle[:, None])[:, 0] == before
        left, right = np.where(same, middle, left), np.where(same, right, middle)
    return np.asarray(0.5 * (left + right))
