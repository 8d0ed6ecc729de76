"""Minima of an energy of which nothing is known, from many starts."""

import warnings
from collections.abc import Callable

import numpy as np
import scipy

from langevin_sim.dynamics.domain import Domain
from langevin_sim.errors import InputError

_SCALES = (1.0, 3.0, 10.0)  # of the cubes in which starts lie in R^d
_LOG_STARTS = 6  # 2 to this power is the number of starts in each cube
_FAR = 1e7  # a minimiser that ends beyond this has found no minimum
_DEEP = -1.0 / float(np.finfo(float).eps)  # below this, or that far away, the energy may fall without bound ..
_BEYOND = (2.0, 10.0, 100.0)  # .. and does if it is lower still at one of these multiples of the way from the start
_JUMP = 1e-6  # in temperatures: a larger one across the seam of a torus is one ..
_ROUNDING = 1e-9  # .. unless it is this share of the energies there
_SEAM_POINTS, _SEAM_NUMBERS = (16, 4096), 2**24  # points on the seam of each axis; their coordinates, on all axes together
_ALONG = 33  # points on the way between two minima
_FLAT = 1e-7  # a barrier below this share of the energies' spread is none: the two are one degenerate minimum ..
_LOW = 1e-3  # .. and one below this share of the temperature
_NEAR, _SLACK = 3e-3, 1e-6  # how near is near, times 1 + |x|; how much lower is lower, in temperatures
_SAME = 1e-7  # distance of two ends that are one, times 1 + |x|

Function = Callable[[np.ndarray], np.ndarray]


def starts(dim: int, domain: Domain) -> np.ndarray:
    """Sobol points [n, dim] in the domain, or in cubes of several sizes, and the centre."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # SciPy's advice on the number of points
        cubes = [scipy.stats.qmc.Sobol(dim, rng=np.random.default_rng(k)).random_base2(_LOG_STARTS) for k in range(len(_SCALES))]
    if domain.kind == "space":
        points = [scale * (2.0 * cube - 1.0) for scale, cube in zip(_SCALES, cubes, strict=True)]
        return np.concatenate([np.zeros((1, dim)), *points])
    return domain.low + domain.width * np.concatenate([np.full((1, dim), 0.5), *cubes])


def periodic(energy: Function, dim: int, domain: Domain, name: str, temperature: float) -> None:
    """On a torus: InputError unless the energy is the same on both sides of the seam. A kink there is a kink as any other."""
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
                f"{high[k]:.10g} at x{j + 1} = {domain.high:g}: expected the same; change the ends of the torus, or the energy"
            )


def minima(energy: Function, gradient: Function, dim: int, domain: Domain, name: str, temperature: float) -> np.ndarray:
    """The minima [k, dim] that L-BFGS finds, the lowest first; flat valleys count once.

    energy: [n, dim] -> [n]; gradient: [n, dim] -> [n, dim]. InputError where the energy falls without bound.
    """
    tried = starts(dim, domain)
    with np.errstate(all="ignore"):
        values = energy(tried)
    if np.isnan(values).any():
        place = ", ".join(f"{x:.3g}" for x in tried[np.isnan(values)][0][:4])
        raise InputError(
            f"{name}: the energy is not a number at ({place}{', ..' if dim > 4 else ''}), a start: expected "
            f"a finite one everywhere on {domain}; keep away by --domain, or change the energy"
        )
    tried = tried[np.isfinite(values)]
    if not len(tried):
        raise InputError(f"{name}: the energy is infinite at all points tried: expected a finite one on {domain}")

    def both(x: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = float(energy(x[None])[0]), gradient(x[None])[0]
        return (value, slope) if np.isfinite(value) and np.isfinite(slope).all() else (np.finfo(float).max, np.zeros(dim))

    bounds = [(domain.low, domain.high)] * dim if domain.kind in ("box", "reflecting") else None
    found = []
    for start in tried:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore", RuntimeWarning)
            end = scipy.optimize.minimize(
                both, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500, "ftol": 1e-15}
            )
        far = np.abs(end.x).max() > _FAR
        if domain.kind == "space" and (far or end.fun < _DEEP) and _falls(energy, start, end.x, end.fun):
            place = ", ".join(f"{x:.3g}" for x in start[:4])
            raise InputError(
                f"{name}: from ({place}{', ..' if dim > 4 else ''}) the energy falls without bound: exp(-U/T) "
                "cannot be normalised; bound it by --domain, or add a confining term"
            )
        if end.fun < np.finfo(float).max and not (far and domain.kind == "space"):
            found.append(end.x)
    points = np.array(found).reshape(-1, dim)
    if domain.kind == "torus":
        points = domain.low + (points - domain.low) % domain.width
    nothing = InputError(f"{name}: no minimum was found from {len(tried)} starts: expected an energy with one on {domain}")
    if not len(points):
        raise nothing
    values = energy(points)
    spread = max(float(np.quantile(energy(tried), 0.5) - values.min()), 1e-12 * max(1.0, abs(float(values.min()))))
    points = points[np.argsort(values, kind="stable")]
    points = points[[_is_minimum(energy, point, _SLACK * temperature, domain) for point in points]]
    if not len(points):
        raise nothing
    points = _distinct(points)
    joined = _joined(energy, points, max(_FLAT * spread, _LOW * temperature), domain)
    _, firsts = np.unique(scipy.sparse.csgraph.connected_components(joined, directed=False)[1], return_index=True)
    return points[np.sort(firsts)]


def _falls(energy: Function, start: np.ndarray, end: np.ndarray, lowest: float) -> bool:
    """Whether the energy is lower still beyond an end, on the ray from the start."""
    with np.errstate(all="ignore"):
        beyond = energy(start + np.array(_BEYOND)[:, None] * (end - start))
    return bool((beyond < lowest).any())


def _is_minimum(energy: Function, point: np.ndarray, slack: float, domain: Domain) -> bool:
    """Whether nothing near is lower by more than ``slack``: an end on a plateau counts, a saddle or a summit does not.

    At a wall only what is on this side of it counts.
    """
    near = np.random.default_rng(0).normal(size=(64, len(point)))
    near *= _NEAR * (1.0 + np.abs(point).max()) / np.linalg.norm(near, axis=1, keepdims=True)
    around = point + near if domain.kind == "torus" else np.clip(point + near, domain.low, domain.high)
    with np.errstate(all="ignore"):
        around = np.nan_to_num(energy(around), nan=np.inf)
    here = float(energy(point[None])[0])
    return bool(around.min() >= here - slack - 1e-12 * abs(here))


def _distinct(points: np.ndarray) -> np.ndarray:
    """Without points that are an earlier one but for rounding: most ends are the same few minima."""
    apart = np.abs(points[None] - points[:, None]).max(axis=2) > _SAME * (1.0 + np.abs(points).max(axis=1))
    return points[[bool(apart[k, :k].all()) for k in range(len(points))]]


def _joined(energy: Function, points: np.ndarray, barrier: float, domain: Domain) -> np.ndarray:
    """bool [n, n]: whether the straight way between two ends rises by less than ``barrier`` over the higher one."""
    way = points[None] - points[:, None]
    if domain.kind == "torus":
        way -= domain.width * np.round(way / domain.width)
    share = np.linspace(0.0, 1.0, _ALONG)[:, None]
    joined = np.eye(len(points), dtype=bool)
    for row, (point, ways) in enumerate(zip(points, way, strict=True)):
        with np.errstate(all="ignore"):
            values = energy(point + share[None] * ways[:, None])  # [n, ALONG]
        joined[row] |= np.nan_to_num(values, nan=np.inf).max(axis=1) <= np.maximum(values[:, 0], values[:, -1]) + barrier
    return joined
