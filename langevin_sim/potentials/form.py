"""Check, before anything runs, that a potential has the form on which the engine and the laws rely."""

from collections.abc import Callable
from typing import Any

import numpy as np

from langevin_sim.errors import InputError, ReferenceUnavailable
from langevin_sim.potentials.potential import Potential

_POINTS = 256
_ROUNDING = 1e-6  # error of masses that sum to 1


def check(potential: Potential, temperature: float = 1.0) -> None:
    """Raise InputError, which names the part, unless every part has its type and shape, and every point of the extent a region.

    Built-in potentials have this form; a record that a user filled in, or changed by dataclasses.replace, may lack it.
    """
    name, dim = potential.name, potential.dim
    for part in ("block_energy", "block_gradient", "block_label"):
        if not callable(getattr(potential, part)):
            raise InputError(f"{name}: {part} is a {type(getattr(potential, part)).__name__}: expected a compiled function")
    constants = potential.constants
    if not (isinstance(constants, np.ndarray) and constants.dtype == np.float64 and constants.ndim == 1):
        raise InputError(f"{name}: constants are {_shape(constants)}: expected a float64 array of one dimension")
    _array(f"{name}: minima", potential.minima, (None, dim))
    if not potential.regions:
        raise InputError(f"{name}: no regions: expected at least one Region")
    names = [region.name for region in potential.regions]
    if len(set(names)) != len(names):
        raise InputError(f"{name}: regions {', '.join(names)}: expected different names")
    for region in potential.regions:
        _array(f"{name}: the start of the region {region.name}", region.start, (dim,))
    if not potential.stability_bound > 0:
        raise InputError(f"{name}: stability_bound = {potential.stability_bound}: expected a positive number, or infinity")
    box = _box(potential, temperature)
    _labels(potential, box)
    found = None if potential.exact_masses is None else _called(potential, "exact_masses", temperature)
    if found is not None and np.shape(found) != (len(names),):
        expected = f"expected one mass for each of {len(names)} regions"
        raise InputError(f"{name}: exact_masses({temperature:g}): {_shape(found)}: {expected}")
    if potential.cold_masses is not None:
        _array(f"{name}: cold_masses", potential.cold_masses, (len(names),))


def masses(potential: Potential, temperature: float) -> None:
    """Raise InputError unless the exact masses of a user-defined potential are masses."""
    found = None if potential.exact_masses is None else _called(potential, "exact_masses", temperature)
    if found is not None and not ((found := np.asarray(found, float)).min() >= 0 and abs(found.sum() - 1.0) <= _ROUNDING):
        raise InputError(f"{potential.name}: exact_masses({temperature:g}) are {found}: expected masses that sum to 1")


def _box(potential: Potential, temperature: float) -> np.ndarray:
    """The extent, [dim, 2]."""
    what = f"{potential.name}: extent({temperature:g})"
    box = _array(what, _called(potential, "extent", temperature), (potential.dim, 2))
    wrong = np.flatnonzero(~(box[:, 0] < box[:, 1]))
    if len(wrong):
        j = int(wrong[0])
        kind = "empty" if box[j, 0] == box[j, 1] else "reversed"
        raise InputError(f"{what} is {kind} in x{j + 1}: {box[j, 0]:g} to {box[j, 1]:g}: expected low < high")
    return box


def _labels(potential: Potential, box: np.ndarray) -> None:
    """At the starts, and at points spread over the extent."""
    spread = np.random.default_rng(0).uniform(box[:, 0], box[:, 1], (_POINTS, potential.dim))
    points = np.concatenate([np.stack([region.start for region in potential.regions]), potential.minima, spread])
    try:
        labels = potential.label(points)
    except Exception as error:  # a user's function may raise anything
        raise _failed(potential, "block_label", error) from error
    count = len(potential.regions)
    wrong = np.flatnonzero((labels < 0) | (labels >= count))
    if len(wrong):
        k = int(wrong[0])
        place = ", ".join(f"{x:.4g}" for x in points[k, :6]) + (", .." if potential.dim > 6 else "")
        raise InputError(
            f"{potential.name}: the label at ({place}) is {labels[k]}: expected the index of one of its {count} "
            f"region{'s' if count > 1 else ''}, {f'0 to {count - 1}' if count > 1 else '0'}"
        )


def _called(potential: Potential, part: str, temperature: float) -> Any:
    """extent(T), or exact_masses(T): None where these have no closed form at that temperature."""
    function: Callable[[float], Any] = getattr(potential, part)
    try:
        return function(temperature)
    except ReferenceUnavailable:
        return None
    except Exception as error:  # a user's function may raise anything
        raise _failed(potential, f"{part}({temperature:g})", error) from error


def _failed(potential: Potential, what: str, error: Exception) -> InputError:
    lines = str(error).strip().splitlines() or [""]
    return InputError(f"{potential.name}: {what} failed: {type(error).__name__}: {lines[0]}")


def _array(what: str, value: Any, shape: tuple[int | None, ...]) -> np.ndarray:
    """The value as a finite array of that shape; None: any length of at least 1."""
    try:
        found = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        found = np.array(np.nan)
    fits = found.ndim == len(shape) and all(n == (m or n) and n > 0 for n, m in zip(found.shape, shape, strict=True))
    if not fits or not np.isfinite(found).all():
        expected = ", ".join("n" if length is None else str(length) for length in shape)
        raise InputError(
            f"{what}: {_shape(value)}: expected finite numbers of shape ({expected}{',' if len(shape) == 1 else ''})"
        )
    return found


def _shape(value: Any) -> str:
    if isinstance(value, np.ndarray):
        finite = "" if value.dtype.kind not in "fc" or np.isfinite(value).all() else ", not all finite"
        return f"an array of {value.dtype} of shape {value.shape}{finite}"
    return f"a {type(value).__name__}"
