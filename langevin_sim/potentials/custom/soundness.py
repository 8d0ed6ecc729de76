"""Check that a user's energy can be simulated: finite where walkers may go, confining, with the right gradient."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import scipy

from langevin_sim.errors import InputError
from langevin_sim.potentials import form
from langevin_sim.potentials.custom import search
from langevin_sim.potentials.differences import central_differences
from langevin_sim.potentials.potential import Potential

_LOG_POINTS = 10
_RAYS = 64
_BESIDE = 1e-6  # angle between an axis and a ray beside it
_ROWS = 16  # number of rows of a finite sum whose terms are compared with finite differences
_MOST_SLOPES, _FEWEST_POINTS = 20_000, 8  # slopes that are checked: each costs four energies, of dim coordinates
_DECADES = (1e2, 1e3, 1e4, 1e5)  # radii, times the size of the extent
_AXES = 8  # number of axes along which overflows are searched, in addition to the random rays
_OUTWARDS = np.geomspace(1e-2, 1e2, 41)  # radii, times the size of the extent
_MODERATE = 1e6  # in temperatures: if the energy is below this where it ends, an intermediate value has overflowed
_LOGADDEXP = "if it contains log(exp(a) + exp(b)), write logaddexp(a, b), which does not overflow"


def check(potential: Potential, temperature: float) -> None:
    """Raise InputError, with the place, if the energy is not finite, does not confine, or has a wrong gradient.

    Also if the record has the wrong form, or is not periodic on its torus.
    """
    form.check(potential, temperature)
    form.masses(potential, temperature)
    search.periodic(potential.energy, potential.dim, potential.domain, potential.name, temperature)
    finite(potential, temperature)
    confining(potential, temperature)
    own_gradient(potential, temperature)


def finite(potential: Potential, temperature: float) -> None:
    """Check at the minima and starts, at points spread over the extent, and where coordinates are 0."""
    low, high = potential.extent(temperature).T
    cube = scipy.stats.qmc.Sobol(potential.dim, rng=np.random.default_rng(0)).random_base2(_LOG_POINTS)
    spread = low + (high - low) * cube
    zeros = spread[: 8 * potential.dim].copy()
    for j in range(potential.dim):  # singularities are most often at 0
        zeros[8 * j : 8 * (j + 1), j] = 0.0
    origin = np.zeros((1, potential.dim))
    special = np.concatenate([origin, zeros])
    special = special[((special >= low) & (special <= high)).all(axis=1)]
    for what, points in (("a start", np.stack([r.start for r in potential.regions])), ("", special), ("", spread)):
        with np.errstate(all="ignore"):
            values, slopes = potential.energy(points), potential.gradient(points)
        without = ~np.isfinite(slopes).all(axis=1) & (points is not special)  # kinks are most often at 0
        bad = np.flatnonzero(~np.isfinite(values) | without)
        if len(bad):
            value = values[bad[0]]
            kind = "not a number" if np.isnan(value) else ("infinite" if np.isinf(value) else "without a gradient")
            where = _place(points[bad[0]]) + (f", {what}" if what else "")
            change = f"change the energy ({_LOGADDEXP})" if points is spread and not np.isnan(value) else "change the energy"
            raise InputError(
                f"{potential.name}: the energy is {kind} at {where}; it must be finite everywhere on "
                f"{potential.domain}; exclude the place (--domain), or {change}"
            )


def confining(potential: Potential, temperature: float) -> None:
    """Check on R^d that U/T grows faster than d log r along every ray."""
    if potential.domain.kind != "space":
        return
    dim = potential.dim
    size = float(np.abs(potential.extent(temperature)).max())
    random = np.random.default_rng(1).normal(size=(_RAYS, dim))
    rays = np.concatenate([np.eye(dim), -np.eye(dim), random / np.linalg.norm(random, axis=1, keepdims=True)])
    radii = size * np.array(_DECADES)
    with np.errstate(all="ignore"):
        values = np.array([potential.energy(radius * rays) for radius in radii])  # [decades, rays]
        # 0 times infinity occurs only on an axis, so points beside it decide
        beside = rays + _BESIDE * np.random.default_rng(2).normal(size=rays.shape)
        turned = np.array([potential.energy(radius * beside) for radius in radii])
        values = np.where(np.isnan(values), turned, values)
    values = np.where(np.isposinf(values), np.finfo(float).max, values)
    for ray, along in zip(rays, values.T, strict=True):
        if np.isnan(along).any():
            place = radii[int(np.flatnonzero(np.isnan(along))[0])] * ray
            raise InputError(
                f"{potential.name}: the energy is not a number at {_place(place)}; it must be finite "
                f"everywhere on {potential.domain}; bound the domain (--domain)"
            )
        with np.errstate(over="ignore"):
            growth = np.diff(along) / temperature
        capped = along[1:] >= np.finfo(float).max
        if (growth[~capped] <= dim * math.log(10.0)).any():
            raise InputError(
                f"{potential.name}: the energy does not confine along {_place(ray)}: exp(-U/T) cannot be normalised at "
                f"temperature {temperature:g}; bound the domain (--domain), or add a confining term"
            )


def overflow(potential: Potential, temperature: float) -> str:
    """A warning if the computed energy becomes infinite far out although its true value is moderate there; otherwise empty.

    A naive log(exp(a) + exp(b)) is infinite, and its gradient is not a number, where both terms are below the smallest float64.
    """
    if potential.domain.kind != "space":
        return ""
    dim = potential.dim
    centre = potential.minima[0]
    size = float(np.abs(potential.extent(temperature)).max())
    random = np.random.default_rng(1).normal(size=(_RAYS, dim))
    axes = np.eye(dim)[:_AXES]
    rays = np.concatenate([axes, -axes, random / np.linalg.norm(random, axis=1, keepdims=True)])

    def ends(radii: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            points = centre + radii[:, None] * rays
            return ~(np.isfinite(potential.energy(points)) & np.isfinite(potential.gradient(points)).all(axis=1))

    beyond = np.array([ends(np.full(len(rays), size * share)) for share in _OUTWARDS])  # [radii, rays]
    first = np.where(beyond.any(axis=0), beyond.argmax(axis=0), 0)
    low, high = size * _OUTWARDS[np.maximum(first - 1, 0)], size * _OUTWARDS[first]
    for _ in range(50):
        middle = 0.5 * (low + high)
        beyond_middle = ends(middle)
        low, high = np.where(beyond_middle, low, middle), np.where(beyond_middle, middle, high)
    with np.errstate(all="ignore"):
        rise = (potential.energy(centre + low[:, None] * rays) - potential.energy(centre)) / temperature
    rise = np.where((first > 0) & np.isfinite(rise), rise, np.inf)
    k = int(rise.argmin())
    if not rise[k] < _MODERATE:
        return ""
    return (
        f"{potential.name}: the energy or its gradient is not finite from {_place(centre + high[k] * rays[k])} outwards, where "
        f"the energy is {rise[k]:,.0f} temperatures above its minimum; a walker that gets there is lost; {_LOGADDEXP}"
    )


def own_gradient(potential: Potential, temperature: float) -> None:
    """Compare with central differences, where those of two distances agree with each other (elsewhere there is a kink)."""
    if not potential.smooth:
        return
    low, high = potential.extent(temperature).T
    points = min(200, max(_FEWEST_POINTS, _MOST_SLOPES // potential.dim))
    x = np.random.default_rng(0).uniform(low, high, (points, potential.dim))
    slopes, apart, rounding = central_differences(potential, x)
    gradient = potential.gradient(x)
    size = np.abs(gradient).max(axis=1, keepdims=True) + np.median(np.abs(gradient))
    steady = apart <= 1e-5 * size + rounding
    wrong = steady & (np.abs(slopes - gradient) > 1e-4 * size + rounding)
    if wrong.any():
        row, column = (int(index) for index in np.argwhere(wrong)[0])
        raise InputError(
            f"{potential.name}: the gradient's component {column + 1} at {_place(x[row])} is "
            f"{gradient[row, column]:.6g}, but finite differences of the energy give "
            f"{slopes[row, column]:.6g}"
        )


def rows_finite(potential: Potential, points: np.ndarray, columns: Sequence[str]) -> None:
    """Raise InputError if the term of a row has a finite gradient at none of the points [n, dim]."""
    assert potential.terms is not None, "a finite sum has terms"
    data = potential.terms.data
    bad = np.ones(len(data), dtype=bool)
    for point in points:
        if not bad.any():
            return
        with np.errstate(all="ignore"):
            slopes = potential.batch_gradient(np.tile(point, (len(data), 1)), np.arange(len(data))[:, None])
        bad &= ~np.isfinite(slopes).all(axis=1)
    if bad.any():
        raise InputError(
            f"{potential.name}: the term of {_row(data, int(bad.argmax()), columns)} is finite at none of {len(points)} points "
            f"of {potential.domain}; leave out the row, or change the term"
        )


def check_terms(potential: Potential, single: Callable[[int], Potential], columns: Sequence[str], temperature: float) -> None:
    """Raise InputError, with the row, if a term of a finite sum is not finite or has a wrong gradient.

    single(i): the potential of term i alone. The gradients of all terms are checked for finite values, and some are compared
    with their energies.
    """
    assert potential.terms is not None, "a finite sum has terms"
    data = potential.terms.data
    low, high = potential.extent(temperature).T
    starts = [region.start for region in potential.regions[:4]]
    points = np.concatenate([starts, np.random.default_rng(3).uniform(low, high, (4, potential.dim))])
    for point in points:
        with np.errstate(all="ignore"):
            slopes = potential.batch_gradient(np.tile(point, (len(data), 1)), np.arange(len(data))[:, None])
        bad = np.flatnonzero(~np.isfinite(slopes).all(axis=1))
        if len(bad):
            raise InputError(
                f"{potential.name}: the gradient of the term of {_row(data, bad[0], columns)} is not finite at {_place(point)}; "
                "leave out the row, change the term, or exclude the place (--domain)"
            )
    for row in np.unique(np.linspace(0, len(data) - 1, _ROWS).astype(int)):
        one = single(int(row))
        slopes, apart, rounding = central_differences(one, points)
        gradient = potential.batch_gradient(points, np.full((len(points), 1), row))
        size = np.abs(gradient).max(axis=1, keepdims=True) + np.median(np.abs(gradient))
        wrong = (apart <= 1e-5 * size + rounding) & (np.abs(slopes - gradient) > 1e-4 * size + rounding)
        if wrong.any():
            k, j = (int(index) for index in np.argwhere(wrong)[0])
            raise InputError(
                f"{potential.name}: the gradient's component {j + 1} of the term of {_row(data, row, columns)} at "
                f"{_place(points[k])} is {gradient[k, j]:.6g}, but finite differences of its energy give {slopes[k, j]:.6g}"
            )


def _row(data: np.ndarray, row: int, columns: Sequence[str]) -> str:
    shown = ", ".join(f"{name} = {value:g}" for name, value in zip(columns[:4], data[row], strict=False))
    return f"row {row + 1} ({shown}{', ..' if len(columns) > 4 else ''})"


def _place(point: np.ndarray) -> str:
    return f"({', '.join(f'{value:.4g}' for value in point[:6])}{', ..' if len(point) > 6 else ''})"
