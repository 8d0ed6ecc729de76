"""Integrate exp(-U/T) over two coordinates: adaptive panels of the first, and at each node adaptive panels of the second.

One rule gives the total, the masses of the regions, the mean energy, moments and the law of the first coordinate.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.boltzmann.adaptive import NEGLIGIBLE, NODES, Label, Panels, border, refine
from langevin_sim.reference.boltzmann.integrals import Integrals, Marginal
from langevin_sim.reference.boltzmann.piecewise import Piecewise, inverse_in_panels
from langevin_sim.reference.boltzmann.weight import Plane, Scan
from langevin_sim.reference.moments import Moments
from langevin_sim.reference.quadrature import legendre_coefficients

_OUTER, _SHARES, _INNER = 3e-10, 1e-10, 1e-12  # tolerances: along the first coordinate, of regions' shares, along the second
_LINES_IN_ALL, _NODES_IN_ALL = 40_000, 1.5e7  # halving stops after this many lines along the second coordinate, or nodes on them
_NODES_A_LINE = 10_000  # likewise, for the mean number of nodes per line
_LINES = 256  # number of lines that are integrated at a time
_SAFETY = 4.0
_MISSED = 3e-9  # mass that a region may have between places where borders are searched
_ROUGH = 1e-4  # only an energy that is not resolved gives the integral a larger relative error
_ROUNDING = 1e-14
_SLOWEST = 1.01  # a density that falls as |x|^-1.01 or slower cannot be distinguished from one without an integral
_OUTMOST = 1e30  # a tail is followed up to this many widths of the bulk
_TREND = 16  # least number of places from which a power is determined
_UNSURE = 1e-3  # a tail is no longer followed if the integral along a line has a larger relative error
_SIDES = 4  # number of places beyond the bulk that are tried at a time
_MANY = 1e-9  # a moment is infinite if the lines whose tails make it so have a larger probability
_INFINITE = 100.0  # an infinite mass is represented by e^100 times the rest


class Lines(NamedTuple):
    """Integrals over the second coordinate y.

    nodes: their number. log: the logs of the integrals [n]. values [n, regions + 6]: averages over each line of U/T, the shares
    of the regions, y and y^2; 1 if the tails leave no E|y|, otherwise 0; 1 if they leave no E y^2, otherwise 0; the relative
    error of the integral.
    """

    nodes: int
    log: np.ndarray
    values: np.ndarray


class _Tail(NamedTuple):
    """Places beyond the bulk, outwards; the lines there; the powers of |x| by which the density, and the density times E|y| and
    E y^2, fall; the log of the density at the outermost place, -inf if it has become negligible."""

    places: np.ndarray
    lines: Lines
    powers: tuple[float, float, float]
    log: float

    def beyond(self, moment: int) -> float:
        """The log of the integral of |x|^moment times the density that is left out."""
        slower = self.powers[0] - moment - 1.0
        if self.log == -math.inf or slower == math.inf:
            return -math.inf
        place = abs(self.places[-1])
        return math.inf if slower <= _SLOWEST - 1.0 else self.log + (moment + 1.0) * math.log(place) - math.log(slower)


class _Law(NamedTuple):
    """Panels of the first coordinate and the probabilities of their nodes; its tails; its law; for the whole integral the
    relative error along the second coordinate, and the integrals of 1, |x| and x^2 beyond the panels."""

    panels: Panels
    probability: np.ndarray
    tails: list[_Tail]
    marginal: Piecewise
    along: float
    left_out: tuple[float, float, float]


def integrals(potential: Potential, temperature: float) -> Integrals:
    """All integrals, in two dimensions, or over (x_1, rho) for an axially symmetric U in any dimension.

    Errors are four times the change in the last halving, plus what the tails leave out. Raises ReferenceUnavailable if
    exp(-U/T) has no integral.
    """
    radial = potential.domain.kind == "space" and potential.symmetry == "axial" and potential.dim > 2
    plane = Plane(potential, temperature, radial)
    law, regions = _law(plane), len(potential.regions)
    means = np.einsum("pn,pnq->q", law.probability, law.panels.values)
    errors = _SAFETY * law.panels.error.sum(axis=0)
    relative = float(errors[0]) + law.along + law.left_out[0] + _ROUNDING
    far = sum(law.left_out[0] * abs(float(tail.lines.values[-1, 0])) for tail in law.tails) if law.left_out[0] else 0.0
    masses = means[1 : 1 + regions]
    marginals: dict[int, Marginal] = {0: law.marginal} if radial else {0: law.marginal, 1: _Other(plane)}
    return Integrals(
        masses,
        errors[2 : 2 + regions] + masses * relative + law.along + (_MISSED if regions > 1 else _ROUNDING),
        temperature * float(means[0]),
        temperature * float(errors[1] + far + abs(means[0]) * relative + 2.0 * law.along) + _ROUNDING,
        marginals,
        "quadrature over (x_1, rho)" if radial else "quadrature over the plane",
        _moments(plane, law, means[1 + regions :], errors[2 + regions :], relative),
        _Draws(plane, law.marginal),
        safety=_SAFETY,
    )


def _law(plane: Plane) -> _Law:
    """The law; raises ReferenceUnavailable if there is no weight, or if it has no integral."""
    panels, tails = _first(plane)
    scale = np.array([panels.log.max(initial=-math.inf)])
    if not math.isfinite(scale[0]):
        name = plane.potential.name
        raise ReferenceUnavailable(f"exp(-U/T) of {name} at T = {plane.temperature:g} is 0 at all places tried")
    weights = panels.weights(scale)
    total = float(weights.sum())
    probability = weights / total
    from_lines = (probability * panels.values[..., -1]).sum(axis=1)
    if from_lines.sum() > 0.5:
        raise _not_normalisable(plane, 0.0)
    if _SAFETY * panels.error[:, 0].sum() > _ROUGH:
        raise ReferenceUnavailable(
            f"the energy of {plane.potential.name} is too rough for quadrature at T = {plane.temperature:g}, or only "
            "rounding noise in its wells"
        )
    beyond = [sum(math.exp(min(tail.beyond(k) - scale[0] - math.log(total), 700.0)) for tail in tails) for k in range(3)]
    endless = [any(tail.beyond(k) == math.inf for tail in tails) for k in range(3)]
    left_out = tuple(math.inf if without else value for value, without in zip(beyond, endless, strict=True))
    marginal = Piecewise(
        panels.low,
        panels.high,
        np.exp(panels.log - scale[0]) / total,
        _SAFETY * panels.error[:, 0] + from_lines,
        (left_out[0], left_out[1], left_out[2]),
    )
    return _Law(panels, probability, tails, marginal, float(from_lines.sum()), marginal.left_out)


def _moments(plane: Plane, law: _Law, means: np.ndarray, errors: np.ndarray, relative: float) -> Moments:
    """The moments of every coordinate; those across an axis of symmetry have mean 0 and equal parts of E rho^2.

    means: of y, of y^2, and of the indicators of lines whose tails leave no E|y| or no E y^2. A mean that does not exist is nan,
    and such a second moment is inf.
    """
    exist = [means[2 + k] < _MANY and all(tail.powers[1 + k] > _SLOWEST for tail in law.tails) for k in range(2)]
    values = [float(means[k]) if exist[k] else (math.nan, math.inf)[k] for k in range(2)]
    known = [float(errors[k] + abs(means[k]) * relative) if exist[k] else 0.0 for k in range(2)]
    own = [law.marginal.moment(1), law.marginal.moment(2)]
    others = plane.potential.dim - 1 if plane.radial else 1
    if plane.radial:
        values, known = [0.0 if exist[0] else math.nan, values[1] / others], [0.0, known[1] / others]
    (mean, mean_error), (second, second_error) = (np.array([own[k], *[(values[k], known[k])] * others]).T for k in range(2))
    return Moments(mean, mean_error, second, second_error)


def _first(plane: Plane) -> tuple[Panels, list[_Tail]]:
    """Resolved panels of the first coordinate, with the integrals over the second as their values; its tails."""
    bulk = plane.scan(0, tails=False)
    inside = along(plane, bulk.points)
    known = inside.values[:, -1] < _UNSURE  # a line along which the weight does not fall off is no measure for the others
    top = float((inside.log[known] if known.any() else inside.log).max()) + math.log(bulk.points[-1] - bulk.points[0])
    sides = [(sign, end) for sign, end, bound in zip((-1.0, 1.0), (0, -1), plane.bounds(0), strict=True) if math.isinf(bound)]
    tails = [_tail(plane, float(bulk.points[end]), sign, bulk, top) for sign, end in sides]
    left = [tail.places[::-1] for (sign, _), tail in zip(sides, tails, strict=True) if sign < 0]
    right = [tail.places for (sign, _), tail in zip(sides, tails, strict=True) if sign > 0]
    logs = (
        [tail.lines.log[::-1] for (sign, _), tail in zip(sides, tails, strict=True) if sign < 0],
        [tail.lines.log for (sign, _), tail in zip(sides, tails, strict=True) if sign > 0],
    )
    points = np.concatenate([*left, bulk.points, *right])
    shift = sum(part.size for part in left)
    ends = np.concatenate([np.arange(shift), shift + bulk.ends, np.arange(shift + bulk.points.size, points.size)])
    scan = Scan(points, ends)
    log = np.concatenate([*logs[0], inside.log, *logs[1]])
    line, panel = np.nonzero(_worth(log[None], scan, plane.bulk(0)))
    low, high = points[ends[panel]], points[ends[panel + 1]]

    def evaluate(line: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = along(plane, at.ravel())
        return found.log.reshape(at.shape), found.values.reshape(*at.shape, -1)

    regions = len(plane.potential.regions)
    budget = min(_LINES_IN_ALL, _NODES_IN_ALL * bulk.points.size / max(inside.nodes, 1))
    tolerance = np.concatenate([np.full(2, _OUTER), np.full(regions, _SHARES)])
    panels = refine(evaluate, line, low, high, tolerance, lines=1, shares=regions, interpolated=True, budget=budget)
    return panels, tails


def _tail(plane: Plane, origin: float, sign: float, bulk: Scan, top: float) -> _Tail:
    """Places at doubling distances from the bulk's end, until the density times the squared distance is negligible."""
    width = float(bulk.points[-1] - bulk.points[0])
    places, parts = np.zeros(0), []
    while True:
        away = 0.25 * width * 2.0 ** np.arange(places.size, places.size + _SIDES)
        places = np.append(places, origin + sign * away)
        parts.append(along(plane, places[-_SIDES:]))
        top = max(top, float(parts[-1].log.max()) + math.log(width))
        if (parts[-1].log + 3.0 * np.log(away) < top + 2.0 * math.log(width) - NEGLIGIBLE).all() or away[-1] > _OUTMOST * width:
            break
    lines = _joined(parts)
    unsure = np.flatnonzero(lines.values[:, -1] > _UNSURE)
    if unsure.size and unsure[0] >= _TREND:  # so far out that the weight is narrower than the spacing of the numbers
        places = places[: unsure[0]]
        lines = Lines(lines.nodes, lines.log[: unsure[0]], lines.values[: unsure[0]])
    second = np.log(np.maximum(lines.values[:, -4], 1e-300))
    powers = tuple(_power(places, lines.log + k * second) for k in (0.0, 0.5, 1.0))
    if powers[0] <= _SLOWEST:
        raise _not_normalisable(plane, powers[0])
    return _Tail(places, lines, (powers[0], powers[1], powers[2]), float(lines.log[-1]) if powers[0] < math.inf else -math.inf)


def _power(places: np.ndarray, log: np.ndarray) -> float:
    """The power of |x| by which a density falls that is not negligible far out; inf if it falls faster and faster."""
    finite = np.flatnonzero(np.isfinite(log))
    if finite.size < _TREND:
        return math.inf
    end, half = finite[-1], finite[-1] // 2
    powers = [(log[k - 4] - log[k]) / math.log(abs(places[k] / places[k - 4])) for k in (half, end)]
    return float(powers[1]) if powers[1] < 1.05 * abs(powers[0]) + 0.05 else math.inf


def along(plane: Plane, first: np.ndarray) -> Lines:
    """Integrals over the second coordinate at places first[n] of the first."""
    return _joined([_along(plane, first[at : at + _LINES]) for at in range(0, first.size, _LINES)])


def _joined(parts: list[Lines]) -> Lines:
    return Lines(
        sum(part.nodes for part in parts),
        np.concatenate([part.log for part in parts]),
        np.concatenate([part.values for part in parts]),
    )


def _along(plane: Plane, first: np.ndarray) -> Lines:
    panels, left_out, powers = _across(plane, first)
    scale = _scale(panels, first.size)
    weights = panels.weights(scale)
    mass, regions, y = weights.sum(axis=1), len(plane.potential.regions), panels.nodes()

    def on_lines(values: np.ndarray) -> np.ndarray:
        return np.bincount(panels.line, values, first.size)

    total = on_lines(mass)
    shares = np.bincount(panels.line * regions + panels.label, mass, first.size * regions).reshape(-1, regions)
    sums = [on_lines((weights * values).sum(axis=1))[:, None] for values in (panels.values[..., 0], y, y * y)]
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.where(total > 0, scale + np.log(total), -np.inf)
        error = on_lines(panels.error.max(axis=1)) + np.exp(np.minimum(left_out - log, _INFINITE))
        values = np.concatenate([sums[0], shares, *sums[1:]], axis=1) / total[:, None]
    slow = [powers <= 1.0 + _SLOWEST, powers <= 2.0 + _SLOWEST]
    values = np.column_stack([values, *slow, np.where(np.isnan(error), 0.0, error)])
    return Lines(panels.log.size, log, np.where(total[:, None] > 0, values, 0.0))


def _scale(panels: Panels, lines: int) -> np.ndarray:
    """The largest log weight on each line; 0 if there is none."""
    scale = np.full(lines, -np.inf)
    np.maximum.at(scale, panels.line, panels.log.max(axis=1, initial=-np.inf))
    return np.where(np.isfinite(scale), scale, 0.0)


def _across(plane: Plane, first: np.ndarray) -> tuple[Panels, np.ndarray, np.ndarray]:
    """Resolved panels of the second coordinate at every place first[n], the log of the possible mass beyond them, and the power
    of |y| by which the weight falls there."""
    scan = plane.scan(1, tails=True)
    at = np.broadcast_to(first[:, None], (first.size, scan.points.size))
    log, _ = plane.log_weight(at, np.broadcast_to(scan.points, at.shape))

    def evaluate(line: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found, energy = plane.log_weight(np.broadcast_to(first[line][:, None], points.shape), points)
        return found, energy[..., None]

    def label(line: np.ndarray, points: np.ndarray) -> np.ndarray:
        return plane.label(np.broadcast_to(first[line][:, None], points.shape), points)

    line, panel = np.nonzero(_worth(log, scan))
    low, high = scan.points[scan.ends[panel]], scan.points[scan.ends[panel + 1]]
    several = len(plane.potential.regions) > 1
    if several:
        line, low, high = _cut_at_borders(label, plane.label(at, np.broadcast_to(scan.points, at.shape)), scan, line, panel)
    left_out, powers = np.full(first.size, -np.inf), np.full(first.size, np.inf)
    for end, before, bound in zip((0, -1), (1, -2), plane.bounds(1), strict=True):
        if math.isinf(bound):
            more, power = _left_over(scan.points[[end, before]], log[:, end], log[:, before], log.max(axis=1))
            left_out, powers = np.logaddexp(left_out, more), np.minimum(powers, power)
    budget = _NODES_A_LINE * max(first.size, 64)
    panels = refine(
        evaluate,
        line,
        low,
        high,
        np.full(2, _INNER),
        lines=first.size,
        label=label if several else None,
        budget=budget,
    )
    return panels, left_out, powers


def _cut_at_borders(
    label: Label, labels: np.ndarray, scan: Scan, line: np.ndarray, panel: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The panels (their lines, and numbers on the scan) cut where the label changes between the scan's points."""
    low, high = scan.points[scan.ends[panel]], scan.points[scan.ends[panel + 1]]
    number = np.full((labels.shape[0], scan.ends.size), -1)
    number[line, panel] = np.arange(line.size)
    row, at = np.nonzero(labels[:, 1:] != labels[:, :-1])
    which = number[row, np.searchsorted(scan.ends, at, side="right") - 1]
    row, at, which = row[which >= 0], at[which >= 0], which[which >= 0]
    places = border(label, row, scan.points[at], scan.points[at + 1], labels[row, at])
    within = (places > low[which]) & (places < high[which])
    which = np.concatenate([np.arange(line.size), which[within]])
    starts = np.concatenate([low, places[within]])
    order = np.lexsort((starts, which))
    which, starts = which[order], starts[order]
    ends = np.where(np.append(which[1:] == which[:-1], False), np.append(starts[1:], 0.0), high[which])
    return line[which], starts, ends


def _left_over(places: np.ndarray, end: np.ndarray, before: np.ndarray, top: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The log of the mass beyond an end, density times |y| / (power - 1) if the density falls as a power of |y|, or large if the
    power is 1 or less and the mass infinite; and the power."""
    reach = math.log(abs(places[0]))
    with np.errstate(invalid="ignore"):
        power = np.where(np.isfinite(end), (before - end) / math.log(abs(places[0] / places[1])), np.inf)
        there = np.isfinite(end) & (end + 3.0 * reach > top - NEGLIGIBLE)
    beyond = end + reach + np.where(power > _SLOWEST, -np.log(np.maximum(power - 1.0, 1e-3)), _INFINITE)
    return np.where(there, beyond, -np.inf), np.where(there, power, np.inf)


def _worth(log: np.ndarray, scan: Scan, bulk: tuple[float, float] | None = None) -> np.ndarray:
    """The panels to begin with, [lines, panels]: those with weight, and those on either side of a peak that the scan missed.

    bulk: beyond it the weight of a place is multiplied by its squared distance, for second moments.
    """
    ends = scan.ends
    highest = np.maximum(np.maximum.reduceat(log, ends[:-1], axis=1), log[:, ends[1:]])
    with np.errstate(invalid="ignore", divide="ignore"):
        mass = highest + np.log(np.diff(scan.points[ends]))
        keep = mass > mass.max(axis=1, keepdims=True) - NEGLIGIBLE
        if bulk is not None:
            away = np.abs(scan.points[ends] - 0.5 * (bulk[0] + bulk[1])) / (bulk[1] - bulk[0])
            mass += 2.0 * np.log(np.maximum(1.0, np.maximum(away[1:], away[:-1])))
            keep |= mass > mass.max(axis=1, keepdims=True) - NEGLIGIBLE
        middle, left, right = log[:, 1:-1], log[:, :-2], log[:, 2:]
        rise = middle - np.minimum(left, right)
        peak = (middle >= left) & (middle >= right) & (rise > 0)
        peak &= middle + 2.0 * rise > log.max(axis=1, keepdims=True) - NEGLIGIBLE
    line, at = np.nonzero(peak)
    keep[line, np.searchsorted(ends, at + 1, side="left") - 1] = True
    keep[line, np.searchsorted(ends, at + 1, side="right") - 1] = True
    return keep


def _not_normalisable(plane: Plane, power: float) -> ReferenceUnavailable:
    falls = f"falls only as |x|^{-power:.3g}" if power > 0.01 else "does not fall off"
    return ReferenceUnavailable(
        f"exp(-U/T) of {plane.potential.name} at T = {plane.temperature:g} {falls} towards infinity: it cannot "
        "be normalised, so there is no Boltzmann law"
    )


@dataclass(frozen=True)
class _Other:
    """The law of x_2, which is integrated on first use."""

    plane: Plane

    @cached_property
    def _law(self) -> Marginal:
        return _law(self.plane.swapped()).marginal

    def bins(self, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Masses of the bins between edges, and their errors."""
        return self._law.bins(edges)

    def values(self, x: np.ndarray) -> np.ndarray:
        """Density at points x[n]."""
        return self._law.values(x)


@dataclass(frozen=True)
class _Draws:
    """Draws x_1 from its marginal, then the second coordinate given x_1, and a random direction if that is rho."""

    plane: Plane
    first: Piecewise

    def draw(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Independent draws [n, dim]."""
        first = self.first.draw(n, generator)[:, 0]
        u = generator.random(n)
        second = np.concatenate([self._given(first[at : at + _LINES], u[at : at + _LINES]) for at in range(0, n, _LINES)])
        if not self.plane.radial:
            return np.stack([first, second], axis=1)
        direction = generator.normal(size=(n, self.plane.potential.dim - 1))
        return np.column_stack([first, second[:, None] * direction / np.linalg.norm(direction, axis=1, keepdims=True)])

    def _given(self, first: np.ndarray, u: np.ndarray) -> np.ndarray:
        """The second coordinate given first[n], from uniform numbers u[n]."""
        panels, _, _ = _across(self.plane, first)
        scale = _scale(panels, first.size)
        mass = panels.weights(scale).sum(axis=1)
        sums = np.cumsum(mass)
        lines = np.arange(first.size)
        begin, end = (np.searchsorted(panels.line, lines, side=side) for side in ("left", "right"))
        before = sums[begin] - mass[begin]
        wanted = before + u * (sums[end - 1] - before)
        panel = np.clip(np.searchsorted(sums, wanted, side="left"), begin, end - 1)
        density = np.exp(panels.log[panel] - scale[panels.line[panel]][:, None]) @ legendre_coefficients(NODES).T
        return inverse_in_panels(density, panels.low[panel], panels.high[panel], wanted - sums[panel] + mass[panel])
