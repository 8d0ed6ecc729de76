"""Find the minima of an unknown energy from many starts."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy
from threadpoolctl import threadpool_limits

from langevin_sim.dynamics.domain import Domain
from langevin_sim.errors import InputError
from langevin_sim.potentials.custom.extent import extent

_SCALES = (1.0, 3.0, 10.0)  # sizes of the cubes that hold the starts in R^d
_LOG_STARTS = 6  # 2 to this power is the number of starts in each cube
_GRID = {1: 4001, 2: 257, 3: 49}  # by dimension: grid points along an axis from which minima are searched
_LOG_MORE = 7  # in more dimensions, 2 to this power is the number of further starts per turn
_TURNS = 6  # limit on the turns of further starts
_MOST_NEW = 400  # limit on the starts from a grid per turn
_MOST_WORK, _COARSEST = 2e8, 17  # limit on the energies of the grid times their cost; least number of grid points along an axis
_SAME = 1e-5  # ends that are closer than this, times 1 + |x|, are the same minimum
_FAR = 1e7  # a minimiser that ends beyond this has found no minimum
_DEEP = -1.0 / float(np.finfo(float).eps)  # below this, or that far away, the energy may fall without bound ..
_BEYOND = (2.0, 10.0, 100.0)  # .. and does if it is even lower at one of these multiples of the way from the start
_JUMP = 1e-6  # a difference across the seam of a torus is a jump if it exceeds this, in temperatures ..
_ROUNDING = 1e-9  # .. plus this share of the energies there
_SEAM_POINTS, _SEAM_NUMBERS = (16, 4096), 2**24  # limits on the points on the seam of each axis; and on their coordinates in all
_ALONG = 33  # points on the straight line between two minima
_FLAT = 1e-7  # a barrier below this share of the energies' spread is ignored: the two are one degenerate minimum ..
_LOW = 1e-3  # .. and so is one below this share of the temperature
_NEAR, _SLACK = 3e-3, 1e-6  # distance of neighbours, times 1 + |x|; least difference of energies that counts, in temperatures

Function = Callable[[np.ndarray], np.ndarray]


def starts(dim: int, domain: Domain) -> np.ndarray:
    """Sobol points [n, dim] in the domain, or in cubes of several sizes; and the centre."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # SciPy's advice on the number of points
        cubes = [scipy.stats.qmc.Sobol(dim, rng=np.random.default_rng(k)).random_base2(_LOG_STARTS) for k in range(len(_SCALES))]
    if domain.kind == "space":
        points = [scale * (2.0 * cube - 1.0) for scale, cube in zip(_SCALES, cubes, strict=True)]
        return np.concatenate([np.zeros((1, dim)), *points])
    return domain.low + domain.width * np.concatenate([np.full((1, dim), 0.5), *cubes])


def periodic(energy: Function, dim: int, domain: Domain, name: str, temperature: float) -> None:
    """On a torus, raise InputError unless the energy is the same on both sides of the seam. A kink is allowed there."""
    if domain.kind != "torus":
        return
    count = int(np.clip(_SEAM_NUMBERS // (2 * dim**2), *_SEAM_POINTS))
    points = np.random.default_rng(0).uniform(domain.low, domain.high, (count, dim))
    for j in range(dim):
        below, above = points.copy(), points.copy()
        below[:, j], above[:, j] = domain.low, domain.high
        with np.errstate(all="ignore"):
            low, high = energy(below), energy(above)
            jump = np.nan_to_num(np.abs(high - low))
        k = int(jump.argmax())
        if jump[k] > _JUMP * temperature + _ROUNDING * max(abs(low[k]), abs(high[k])):
            raise InputError(
                f"{name}: the energy is not periodic on {domain}: it is {low[k]:.10g} at x{j + 1} = {domain.low:g} and "
                f"{high[k]:.10g} at x{j + 1} = {domain.high:g}, which must be equal; change the ends of the torus, or the energy"
            )


def minima(
    energy: Function,
    gradient: Function,
    dim: int,
    domain: Domain,
    name: str,
    temperature: float,
    also: Sequence[np.ndarray] = (),
    cost: int = 1,
    further: bool = True,
) -> np.ndarray:
    """The minima [k, dim] that L-BFGS finds, the lowest first; a flat valley counts once.

    energy: [n, dim] -> [n]; gradient: [n, dim] -> [n, dim]. The first starts are spread over cubes (``starts``), plus ``also``.
    Further starts cover the box of Boltzmann's law around the minima found so far, until no new minimum is found. In up to three
    dimensions they are the points of a grid at which the energy is lower than at all neighbours; in more dimensions Sobol points,
    with the rule of Boender and Rinnooy Kan (Math. Programming 37, 1987): if n starts found w minima, w (n - 1)/(n - w - 2) are
    likely. The grid is coarser for a larger ``cost`` of an energy, such as the number of terms of a sum.
    further: whether to search beyond the first starts; False if the minima that they miss are known otherwise.
    Raises InputError if the energy falls without bound; warns if there are probably more minima than were found.
    """
    tried = starts(dim, domain)
    with np.errstate(all="ignore"):
        values = energy(tried)
    if np.isnan(values).any():
        place = ", ".join(f"{x:.3g}" for x in tried[np.isnan(values)][0][:4])
        raise InputError(
            f"{name}: the energy is not a number at ({place}{', ..' if dim > 4 else ''}), a start; it must be "
            f"finite everywhere on {domain}; restrict the domain (--domain), or change the energy"
        )
    tried = tried[np.isfinite(values)]
    if not len(tried):
        raise InputError(f"{name}: the energy is infinite at all points tried; it must be finite on {domain}")
    descent = _Descent(energy, gradient, dim, domain, name)
    points = descent.ends(np.concatenate([tried, *(np.atleast_2d(point) for point in also)]))
    nothing = InputError(f"{name}: no minimum was found from {len(tried)} starts; the energy must have one on {domain}")
    if not len(points):
        raise nothing
    spread = float(np.quantile(energy(tried), 0.5) - energy(points).min())

    def distinct(found: np.ndarray) -> np.ndarray:
        """The lowest minimum of each group without barriers between them, the lowest first."""
        values = energy(found)
        found = found[np.argsort(values, kind="stable")]
        found = found[_apart(found, domain)]
        found = found[[_is_minimum(energy, point, _SLACK * temperature, domain) for point in found]]
        if not len(found):
            raise nothing
        scale = max(spread, 1e-12 * max(1.0, abs(float(values.min()))))
        joined = _joined(energy, found, max(_FLAT * scale, _LOW * temperature), domain)
        _, firsts = np.unique(scipy.sparse.csgraph.connected_components(joined, directed=False)[1], return_index=True)
        return found[np.sort(firsts)]

    points = distinct(points)
    if not further:
        return points
    spent = len(tried)
    for turn in range(_TURNS):
        box = extent(energy, points, domain)(temperature)
        new = _low_places(energy, points, box, domain, cost) if dim in _GRID else _sobol(box, turn)
        known = len(points)
        if len(new):
            points = distinct(np.concatenate([points, descent.ends(new)]))
        spent += len(new)
        likely = len(points) * (spent - 1.0) / max(spent - len(points) - 2.0, 1.0)
        if len(points) == known and (dim in _GRID or likely < known + 0.5):
            break
    else:
        warnings.warn(
            f"{name}: {len(points)} minima were found from {spent:,} starts, and there may be more; their wells belong to the "
            "regions of those that were found",
            stacklevel=2,
        )
    return points


class _Descent:
    """L-BFGS from many starts."""

    def __init__(self, energy: Function, gradient: Function, dim: int, domain: Domain, name: str) -> None:
        self.energy, self.gradient, self.dim, self.domain, self.name = energy, gradient, dim, domain, name
        self.bounds = [(domain.low, domain.high)] * dim if domain.kind in ("box", "reflecting") else None

    def _both(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = float(self.energy(x[None])[0]), self.gradient(x[None])[0]
        finite = np.isfinite(value) and np.isfinite(slope).all()
        return (value, slope) if finite else (np.finfo(float).max, np.zeros(self.dim))

    def _descents(self, tried: np.ndarray) -> list[Any]:
        """SciPy's results of the descents from the starts [n, dim]."""
        options: Any = {"maxiter": 500, "ftol": 1e-15}
        # L-BFGS multiplies tiny matrices, on which threads would only wait for each other
        quiet, serial = np.errstate(all="ignore"), threadpool_limits(1, user_api="blas")
        with warnings.catch_warnings(), quiet, serial:
            warnings.simplefilter("ignore", RuntimeWarning)
            return [
                scipy.optimize.minimize(self._both, start, jac=True, method="L-BFGS-B", bounds=self.bounds, options=options)
                for start in tried
            ]

    def ends(self, tried: np.ndarray) -> np.ndarray:
        """The points [m, dim] at which the descents from the starts [n, dim] ended, without failed ones."""
        found = []
        for start, end in zip(tried, self._descents(tried), strict=True):
            on_space = self.domain.kind == "space"
            far = on_space and np.abs(end.x).max() > _FAR
            if on_space and (far or end.fun < _DEEP) and _falls(self.energy, start, end.x, end.fun):
                place = ", ".join(f"{x:.3g}" for x in start[:4])
                raise InputError(
                    f"{self.name}: from ({place}{', ..' if self.dim > 4 else ''}) the energy falls without bound: exp(-U/T) "
                    "cannot be normalised; bound the domain (--domain), or add a confining term"
                )
            if end.fun < np.finfo(float).max and not far:
                found.append(end.x)
        points = np.array(found).reshape(-1, self.dim)
        if self.domain.kind == "torus":
            points = self.domain.low + (points - self.domain.low) % self.domain.width
        return points


def _low_places(energy: Function, known: np.ndarray, box: np.ndarray, domain: Domain, cost: int) -> np.ndarray:
    """Points of a grid over the box at which the energy is lower than at all neighbours, and from which it does not fall straight
    to a known minimum; if there are many, the lowest ones."""
    dim = len(box)
    count, torus = min(_GRID[dim], max(_COARSEST, int((_MOST_WORK / cost) ** (1.0 / dim)))), domain.kind == "torus"
    axes = [np.linspace(low, high, count, endpoint=not torus) for low, high in box]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    with np.errstate(all="ignore"):
        values = np.nan_to_num(energy(grid.reshape(-1, dim)), nan=np.inf).reshape(grid.shape[:-1])
    around = np.ones((3,) * dim, bool)
    around[(1,) * dim] = False
    lowest = scipy.ndimage.minimum_filter(values, footprint=around, mode="wrap" if torus else "nearest")
    low = (values < lowest) & np.isfinite(values)
    found, heights = grid[low], values[low]
    found = found[np.argsort(heights, kind="stable")[:_MOST_NEW]]
    if not len(found):
        return found
    leads = _joined(energy, np.concatenate([found, known]), 0.0, domain, rows=len(found))[:, len(found) :]
    return found[~leads.any(axis=1)]


def _sobol(box: np.ndarray, turn: int) -> np.ndarray:
    """Sobol points of a box [dim, 2]; each turn has its own."""
    points = scipy.stats.qmc.Sobol(len(box), rng=np.random.default_rng([1, turn])).random_base2(_LOG_MORE)
    return box[:, 0] + points * (box[:, 1] - box[:, 0])


def _apart(points: np.ndarray, domain: Domain) -> np.ndarray:
    """bool [n]: whether a point differs from all previous points."""
    kept: list[int] = []
    for k, point in enumerate(points):
        away = points[kept] - point
        if domain.kind == "torus":
            away -= domain.width * np.round(away / domain.width)
        if not (np.abs(away).max(axis=1, initial=0.0) < _SAME * (1.0 + np.abs(point).max())).any():
            kept.append(k)
    chosen = np.zeros(len(points), bool)
    chosen[kept] = True
    return chosen


def _falls(energy: Function, start: np.ndarray, end: np.ndarray, lowest: float) -> bool:
    """Whether the energy is even lower beyond an end, on the ray from the start."""
    with np.errstate(all="ignore"):
        beyond = energy(start + np.array(_BEYOND)[:, None] * (end - start))
    return bool((beyond < lowest).any())


def _is_minimum(energy: Function, point: np.ndarray, slack: float, domain: Domain) -> bool:
    """Whether no neighbour is lower by more than ``slack``: a point on a plateau counts, a saddle or a summit does not.

    At a wall, only neighbours inside the domain count.
    """
    near = np.random.default_rng(0).normal(size=(64, len(point)))
    near *= _NEAR * (1.0 + np.abs(point).max()) / np.linalg.norm(near, axis=1, keepdims=True)
    around = point + near if domain.kind == "torus" else np.clip(point + near, domain.low, domain.high)
    with np.errstate(all="ignore"):
        around = np.nan_to_num(energy(around), nan=np.inf)
    here = float(energy(point[None])[0])
    return bool(around.min() >= here - slack - 1e-12 * abs(here))


def _joined(energy: Function, points: np.ndarray, barrier: float, domain: Domain, rows: int | None = None) -> np.ndarray:
    """bool [rows, n]: whether the energy on the straight line from one of the first ``rows`` points to another rises by at most
    ``barrier`` above the higher end."""
    share = np.linspace(0.0, 1.0, _ALONG)[:, None]
    joined = np.eye(len(points) if rows is None else rows, len(points), dtype=bool)
    for row, point in zip(joined, points, strict=False):
        way = points - point
        if domain.kind == "torus":
            way -= domain.width * np.round(way / domain.width)
        with np.errstate(all="ignore"):
            values = energy(point + share[None] * way[:, None])  # [n, ALONG]
        row |= np.nan_to_num(values, nan=np.inf).max(axis=1) <= np.maximum(values[:, 0], values[:, -1]) + barrier
    return joined
