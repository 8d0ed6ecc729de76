"""Integrals in up to three dimensions: Gauss-Legendre rules along every axis, cut where U may have an edge.

The innermost axis is the one along which most borders of regions are crossed, and each of these is found by bisection.
Along the others, panels end at faces of regions that are perpendicular to the axis, about known minima, and, in two
dimensions, where the sequence of regions along the inner axis changes. The remaining error is estimated by halving every panel.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.minima import hessian
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference import borders
from langevin_sim.reference.boltzmann.integrals import FromBins, Integrals

_NEGLIGIBLE = 40.0  # a weight less than e^-40 of the largest is left out
_PANELS = {1: 64, 2: 24, 3: 8}  # number of panels along an axis in the coarse rule, by dimension
_NODES = {1: 8, 2: 10, 3: 4}
_AROUND = {1: (-8.0, -5.0, -2.5, 0.0, 2.5, 5.0, 8.0), 2: (-8.0, -5.0, -2.5, 0.0, 2.5, 5.0, 8.0), 3: (-6.0, -2.5, 0.0, 2.5, 6.0)}
_SCAN = {1: 2001, 2: 401, 3: 61}
_GRID = {1: 2001, 2: 257, 3: 97}  # number of points of the scan for borders along the inner axis, by dimension
_MOST = 2e7  # limit on the number of nodes: about 1 GiB
_SAFETY = 5.0  # the error is this factor times the difference between the two rules
_LINES = 60  # number of lines along which faces are searched
_BISECTIONS = 46


def box(potential: Potential, temperature: float) -> np.ndarray:
    """A box [dim, 2] outside which the weight is negligible: the domain, or in R^dim the result of a scan."""
    dim, domain = potential.dim, potential.domain
    if domain.kind != "space":
        return np.tile([domain.low, domain.high], (dim, 1))
    bounds = potential.extent(temperature).astype(float)
    least = potential.energy(potential.minima).min()
    for _ in range(12):
        axes = [np.linspace(low, high, _SCAN[dim]) for low, high in bounds]
        energy = potential.energy(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1))
        seen = np.nan_to_num(energy, nan=np.inf) < min(least, np.nanmin(energy)) + _NEGLIGIBLE * temperature
        if not seen.any():
            return bounds
        grown = shrunk = bounds.copy()
        touched = False
        for j in range(dim):
            there = np.flatnonzero(seen.any(axis=tuple(k for k in range(dim) if k != j)))
            width = bounds[j, 1] - bounds[j, 0]
            if there[0] == 0 or there[-1] == _SCAN[dim] - 1:
                touched = True
                grown[j] += 0.5 * width * np.array([-1.0 * (there[0] == 0), 1.0 * (there[-1] == _SCAN[dim] - 1)])
            else:
                low, high = axes[j][there[0] - 1], axes[j][there[-1] + 1]
                shrunk[j] = min(low, potential.minima[:, j].min()), max(high, potential.minima[:, j].max())
        if not touched:
            return shrunk
        bounds = grown
    raise ReferenceUnavailable(
        f"exp(-U/T) of {potential.name} at T = {temperature:g} does not fall off within {np.abs(bounds).max():.1e}, "
        "the reach of the grid"
    )


def _borders(potential: Potential, lines: np.ndarray, axis: int, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The places where the region changes along lines[n, dim] parallel to an axis: index of the line, and place on it."""
    points = np.repeat(lines[:, None, :], grid.size, axis=1)
    points[..., axis] = grid
    labels = potential.label(points)
    row, at = np.nonzero(labels[:, 1:] != labels[:, :-1])
    left, right, before = grid[at], grid[at + 1], labels[row, at]
    probe = lines[row]
    for _ in range(_BISECTIONS if row.size else 0):
        middle = 0.5 * (left + right)
        probe[:, axis] = middle
        same = potential.label(probe) == before
        left, right = np.where(same, middle, left), np.where(same, right, middle)
    return row, 0.5 * (left + right)


def _scattered(potential: Potential, bounds: np.ndarray) -> np.ndarray:
    """Points in the box, half of them near minima and starts; borders are searched along lines through them."""
    generator = np.random.default_rng(0)
    points = generator.uniform(bounds[:, 0], bounds[:, 1], (_LINES, potential.dim))
    known = np.concatenate([potential.minima, [region.start for region in potential.regions]])
    near = known[generator.integers(len(known), size=_LINES)] + 0.03 * generator.normal(size=points.shape) * np.diff(bounds).T
    return np.concatenate([points, np.clip(near, *bounds.T)])


def _faces(places: np.ndarray, step: float) -> list[float]:
    """The places of borders perpendicular to an axis: those that several scattered lines share."""
    places = np.sort(places)
    return [float(group[0]) for group in np.split(places, np.flatnonzero(np.diff(places) > step) + 1) if group.size > 1]


def _scan(potential: Potential, temperature: float, bounds: np.ndarray, axis: int, points: int) -> np.ndarray:
    """Places on an axis between which borders are searched: over the box, and closer together where the weight is."""
    near = np.clip(potential.extent(temperature)[axis], *bounds[axis])
    return np.unique(
        np.concatenate([np.linspace(bounds[axis, 0], bounds[axis, 1], points), np.linspace(near[0], near[1], points)])
    )


def _turns(potential: Potential, temperature: float, bounds: np.ndarray, inner: int) -> np.ndarray:
    """In two dimensions, the places along the outer axis where the sequence of regions along the inner one changes."""
    label = borders.labelling(potential)
    scan = borders.grid(float(bounds[1 - inner, 0]), float(bounds[1 - inner, 1]), 401, borders.marks(potential, 1 - inner))
    places = _scan(potential, temperature, bounds, inner, 1001)
    if inner == 1:
        return borders.pieces(lambda along, across: label(across, along), scan, places)
    return borders.pieces(label, scan, places)


def _about_minima(potential: Potential, temperature: float, width: np.ndarray) -> list[list[float]]:
    """For every axis, the minima, and places a few deviations away from those that are narrow compared with the box."""
    places: list[list[float]] = [[] for _ in range(potential.dim)]
    for point in potential.minima:
        for j in range(potential.dim):
            places[j].append(float(point[j]))  # it may be a kink
        matrix = hessian(potential, point)
        values = np.linalg.eigvalsh(matrix)
        if not np.isfinite(values).all() or values[0] <= 1e-8 * max(values[-1], 1e-300):
            continue
        deviation = np.sqrt(temperature * np.diag(np.linalg.inv(matrix)))
        for j in np.flatnonzero(deviation < 0.1 * width).tolist():
            places[j] += [point[j] + k * deviation[j] for k in _AROUND[potential.dim]]
    return places


def _panels(potential: Potential, temperature: float, bounds: np.ndarray) -> tuple[int, list[np.ndarray]]:
    """The inner axis, and the ends of the panels of the coarse rule along every axis."""
    dim = potential.dim
    width = bounds[:, 1] - bounds[:, 0]
    around = _about_minima(potential, temperature, width)
    lines = _scattered(potential, bounds)
    places = [_borders(potential, lines, j, np.linspace(bounds[j, 0], bounds[j, 1], 513))[1] for j in range(dim)]
    inner = max(range(dim), key=lambda j: places[j].size)
    ends = []
    bulk = np.minimum(width, np.diff(potential.extent(temperature))[:, 0])
    nodes = float(np.prod(2.0 * _NODES[dim] * _PANELS[dim] * width / bulk))  # least number of nodes of the fine rule
    if nodes > _MOST:
        raise ReferenceUnavailable(
            f"exp(-U/T) of {potential.name} at T = {temperature:g} extends so far compared with its wells that a grid would need "
            f"{nodes:.1g} points"
        )
    for j in range(dim):
        cuts = [*bounds[j], *_faces(places[j], 1e-9 * width[j]), *around[j]]
        if dim == 2 and j != inner:
            cuts += _turns(potential, temperature, bounds, inner).tolist()
        clean = np.unique(np.clip(cuts, *bounds[j]))
        clean = clean[np.concatenate([[True], np.diff(clean) > 1e-12 * width[j]])]
        clean[-1] = bounds[j, 1]
        pieces = [np.linspace(a, b, 1 + math.ceil(_PANELS[dim] * (b - a) / bulk[j]))[:-1] for a, b in itertools.pairwise(clean)]
        ends.append(np.concatenate([*pieces, [bounds[j, 1]]]))
    return inner, ends


def _halved(ends: np.ndarray) -> np.ndarray:
    return np.sort(np.concatenate([ends, 0.5 * (ends[1:] + ends[:-1])]))


def _rule(ends: np.ndarray, nodes: int, smoothed: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and weights in every panel; smoothed: for square roots of the distance to its ends."""
    t, weight = np.polynomial.legendre.leggauss(nodes)
    t, weight = 0.5 * (t + 1.0), 0.5 * weight
    if smoothed:
        t, weight = t * t * (3.0 - 2.0 * t), weight * 6.0 * t * (1.0 - t)
    width = np.diff(ends)[:, None]
    return (ends[:-1, None] + width * t).ravel(), (width * weight).ravel()


def _grid(axes: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """All points [n, axes] of a product rule, and their weights [n]."""
    if not axes:
        return np.zeros((1, 0)), np.ones(1)
    points = np.stack(np.meshgrid(*(x for x, _ in axes), indexing="ij"), axis=-1).reshape(-1, len(axes))
    weights = axes[0][1]
    for _, weight in axes[1:]:
        weights = np.multiply.outer(weights, weight)
    return points, weights.ravel()


def _moments(
    potential: Potential, temperature: float, axis: int, ends: list[np.ndarray], shift: float
) -> tuple[np.ndarray, float]:
    """Integrals of exp(-U/T + shift) over each region, and of U exp(-U/T + shift) over all."""
    dim, nodes, regions = potential.dim, _NODES[potential.dim], len(potential.regions)
    outer, outer_weight = _grid([_rule(ends[j], nodes, smoothed=dim == 2) for j in range(dim) if j != axis])
    lines = np.zeros((len(outer), dim))
    lines[:, np.arange(dim) != axis] = outer
    inner = ends[axis]
    span = np.stack([axis_ends[[0, -1]] for axis_ends in ends])
    grid = _scan(potential, temperature, span, axis, _GRID[dim])
    row, place = _borders(potential, lines, axis, grid)
    rows = np.concatenate([np.repeat(np.arange(len(lines)), inner.size), row])
    places = np.concatenate([np.tile(inner, len(lines)), place])
    order = np.lexsort((places, rows))
    rows, places = rows[order], places[order]
    inside = np.flatnonzero((rows[1:] == rows[:-1]) & (places[1:] > places[:-1]))
    low, width, rows = places[inside], places[inside + 1] - places[inside], rows[inside]
    t, weight = np.polynomial.legendre.leggauss(nodes)
    points = np.repeat(lines[rows][:, None, :], nodes, axis=1)
    points[..., axis] = low[:, None] + 0.5 * width[:, None] * (t + 1.0)
    energy = potential.energy(points)
    density = 0.5 * weight * width[:, None] * np.exp(shift - energy / temperature) * outer_weight[rows][:, None]
    middle = lines[rows]
    middle[:, axis] = low + 0.5 * width
    masses = np.bincount(potential.label(middle), density.sum(axis=1), regions)
    return masses, float((density * np.where(density > 0, energy, 0.0)).sum())


def _marginal(
    potential: Potential, temperature: float, ends: list[np.ndarray], shift: float, edges: np.ndarray, outer_nodes: int
) -> np.ndarray:
    """Integrals of exp(-U/T + shift) over the bins of x_1."""
    nodes = _NODES[potential.dim]
    at = np.clip(edges, ends[0][0], ends[0][-1])
    cuts = np.unique(np.concatenate([ends[0][(ends[0] > at[0]) & (ends[0] < at[-1])], at]))
    x1, outer_weight = _rule(cuts, outer_nodes)
    rest, inner_weight = _grid([_rule(axis, nodes) for axis in ends[1:]])
    values = np.empty(x1.size)
    size = max(1, 2_000_000 // len(rest))
    for start in range(0, x1.size, size):
        some = x1[start : start + size]
        points = np.empty((some.size, len(rest), potential.dim))
        points[..., 0] = some[:, None]
        points[..., 1:] = rest
        values[start : start + size] = np.exp(shift - potential.energy(points) / temperature) @ inner_weight
    cumulative = np.concatenate([[0.0], np.cumsum(outer_weight * values)])
    return np.diff(cumulative[np.searchsorted(x1, at)])


@dataclass(frozen=True)
class _First(FromBins):
    """The law of x_1, from the ends of the panels of both rules along every axis."""

    potential: Potential
    temperature: float
    fine: tuple[np.ndarray, ...]
    coarse: tuple[np.ndarray, ...]
    shift: float
    total: float
    rough_total: float

    def bins(self, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Masses; their errors are five times the difference from the coarse rule."""
        values = _marginal(self.potential, self.temperature, list(self.fine), self.shift, edges, 5) / self.total
        rougher = _marginal(self.potential, self.temperature, list(self.coarse), self.shift, edges, 3) / self.rough_total
        return values, np.maximum(_SAFETY * np.abs(values - rougher), 1e-14)


def integrals(potential: Potential, temperature: float) -> Integrals:
    """All integrals, on the domain or in R^dim; errors are five times the difference from the rule with panels twice as wide."""
    bounds = box(potential, temperature)
    axis, coarse = _panels(potential, temperature, bounds)
    fine = [_halved(ends) for ends in coarse]
    shift = float(potential.energy(potential.minima).min()) / temperature
    found = [_moments(potential, temperature, axis, ends, shift) for ends in (coarse, fine)]
    (rough, masses), (rough_energy, energy) = zip(*found, strict=True)
    total, rough_total = masses.sum(), rough.sum()
    if not (total > 0 and np.isfinite(total)):
        raise ReferenceUnavailable(f"exp(-U/T) of {potential.name} at T = {temperature} is too narrow for the grid")

    return Integrals(
        masses / total,
        np.maximum(_SAFETY * np.abs(masses / total - rough / rough_total), 1e-14),
        energy / total,
        max(_SAFETY * abs(energy / total - rough_energy / rough_total), 1e-14),
        {0: _First(potential, temperature, tuple(fine), tuple(coarse), shift, total, rough_total)},
        "tensor quadrature",
        safety=_SAFETY,
    )
