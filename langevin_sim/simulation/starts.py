"""Starting points of the walkers."""

from typing import Any

import numpy as np

from langevin_sim.errors import InputError, UnknownNameError
from langevin_sim.potentials.potential import Potential
from langevin_sim.simulation.arguments import shown

_TRIED = 100_000  # uniform points per attempt, from which exact draws are accepted
_MOST_TRIED = 20_000  # uniform points per walker, beyond which the law is too cold for rejection sampling
Start = str | float | np.ndarray


def starting_points(
    potential: Potential, walkers: int, start: Start, seed: int = 0, temperature: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Positions [walkers, dim], and for each walker the index of the region where it starts.

    start: "dispersed" (over the regions in turn), the name of a region, "uniform" (over the extent at
    T = 1, on a torus or a box over all of it), "exact" (independent draws from the Boltzmann law at
    ``temperature``; only on a torus, box or reflecting box), a number (that value for every coordinate), or the
    positions themselves, an array [walkers, dim], finite and inside the domain.
    """
    if not isinstance(start, str):
        points = _finite(potential, _given(potential, walkers, start))
        return points, potential.label(points)
    names = [region.name for region in potential.regions]
    if start == "dispersed" or start in names:
        where = np.arange(walkers) % len(names) if start == "dispersed" else np.full(walkers, names.index(start))
        return np.stack([region.start for region in potential.regions])[where], where
    if start == "uniform":
        low, high = potential.extent(1.0).T
        points = np.random.default_rng([seed, potential.dim]).uniform(low, high, (walkers, potential.dim))
    elif start == "exact":
        points = _exact_draws(potential, walkers, seed, temperature)
    else:
        try:
            value = float(start)
        except ValueError:
            raise UnknownNameError("start", start, ["dispersed", "exact", "uniform", "NUMBER", *names]) from None
        points = np.full((walkers, potential.dim), value)
        if not np.isfinite(points).all():
            raise InputError(f"start {start}: expected a finite number")
    return _finite(potential, points), potential.label(points)


def _finite(potential: Potential, points: np.ndarray) -> np.ndarray:
    """The points; InputError where the energy, or its gradient, is not finite at one."""
    with np.errstate(all="ignore"):
        wrong = ~(np.isfinite(potential.energy(points)) & np.isfinite(potential.gradient(points)).all(axis=1))
    if wrong.any():
        walker = int(wrong.argmax())
        place = ", ".join(f"{x:.4g}" for x in points[walker, :6]) + (", .." if potential.dim > 6 else "")
        raise InputError(
            f"start: the energy of {potential.name} or its gradient is not finite at ({place}), where walker {walker} begins: "
            "choose another start"
        )
    return points


def _given(potential: Potential, walkers: int, start: Any) -> np.ndarray:
    """Positions from a number or an array, float64[walkers, dim]."""
    try:
        given = np.asarray(start)
    except ValueError as error:  # rows of different lengths
        raise InputError(f"start = {shown(start)}: expected an array of shape ({walkers}, {potential.dim})") from error
    if given.dtype.kind not in "iuf":
        raise InputError(f"start = {shown(start)}: expected a name, a number or an array of shape ({walkers}, {potential.dim})")
    if given.shape not in ((), (walkers, potential.dim)):
        raise InputError(f"start: an array of shape {given.shape}: expected ({walkers}, {potential.dim}), walkers by dimensions")
    points = np.array(np.broadcast_to(given, (walkers, potential.dim)), dtype=float)
    wrong = ~np.isfinite(points)
    expected = "finite coordinates"
    domain = potential.domain
    if domain.kind != "space":
        wrong |= (points < domain.low) | (points > domain.high)
        expected = f"coordinates from {domain.low:g} to {domain.high:g}, inside the domain of {potential.name}"
    if wrong.any():
        walker, axis = np.argwhere(wrong)[0]
        raise InputError(f"start: x_{axis + 1} of walker {walker} is {points[walker, axis]:g}: expected {expected}")
    return points


def _exact_draws(potential: Potential, walkers: int, seed: int, temperature: float) -> np.ndarray:
    """Draws from exp(-U/T)/Z, [walkers, dim], by rejection: uniform points are accepted with probability exp(-(U - min U)/T)."""
    domain = potential.domain
    if domain.kind == "space" or not temperature > 0:
        raise InputError(
            f"start exact: {potential.name} on {domain} at temperature {temperature:g}: expected a torus or a box, "
            "and a temperature above 0"
        )
    rng = np.random.default_rng([seed, potential.dim, walkers])
    floor = float(potential.energy(potential.minima).min())
    kept: list[np.ndarray] = []
    count = tried = 0
    while count < walkers:
        if tried >= _MOST_TRIED * max(walkers, 1000):
            raise InputError(f"start exact: rejection sampling accepted only {count} of {tried:,} points; raise the temperature")
        points = rng.uniform(domain.low, domain.high, (_TRIED, potential.dim))
        points = points[np.log1p(-rng.random(_TRIED)) < (floor - potential.energy(points)) / temperature]
        kept.append(points)
        count, tried = count + len(points), tried + _TRIED
    return np.concatenate(kept)[:walkers]
