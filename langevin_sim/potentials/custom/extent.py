"""The extent of an energy's Boltzmann law around its minima."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from langevin_sim.dynamics.domain import Domain
from langevin_sim.potentials.conditional import Conditional
from langevin_sim.potentials.potential import Factor

ABOVE = 15.0  # height above the lowest minimum in temperatures: there the density is exp(-15) of its maximum
_RANDOM = 32  # number of random directions, in addition to the axes
_LARGEST = 1e6
_MARGIN = 1.05
_LIKELY = 2.0  # temperatures above the least, within two deviations of a normal law
_DEVIATIONS, _PLACES = 5.0, 201

Function = Callable[[np.ndarray], np.ndarray]


def extent(
    energy: Function, minima: np.ndarray, domain: Domain, directions: np.ndarray | None = None
) -> Callable[[float], np.ndarray]:
    """T -> [dim, 2]: the domain, or the box of all points at which the energy on rays from the minima first exceeds the lowest
    minimum by ABOVE times T.

    Rays go both ways along the axes and along ``directions`` [n, dim] of length 1, and in random directions.
    """
    dim = minima.shape[1]
    if domain.kind != "space":
        cube = np.tile([domain.low, domain.high], (dim, 1))
        return lambda temperature: cube
    random = np.random.default_rng(0).normal(size=(_RANDOM, dim))
    rays = np.concatenate([np.eye(dim), -np.eye(dim), random / np.linalg.norm(random, axis=1, keepdims=True)])
    if directions is not None:
        rays = np.concatenate([rays, directions, -directions])
    floor = float(energy(minima).min())

    @lru_cache(maxsize=64)
    def at(temperature: float) -> np.ndarray:
        level = floor + ABOVE * max(temperature, 0.05)
        ends = [minima.min(axis=0), minima.max(axis=0)]
        for point in minima:
            ends += list(point + _radii(energy, point, rays, level)[:, None] * rays)
        low, high = np.min(ends, axis=0), np.max(ends, axis=0)
        middle, half = 0.5 * (low + high), 0.5 * _MARGIN * np.maximum(high - low, 1e-9)
        box = np.stack([middle - half, middle + half], axis=-1)
        box.flags.writeable = False
        return box

    return at


def of_factors(factors: Sequence[Factor], dim: int) -> Callable[[float], np.ndarray]:
    """T -> [dim, 2]: the interval of each coordinate, from the extent of its factor."""

    @lru_cache(maxsize=64)
    def at(temperature: float) -> np.ndarray:
        box = np.empty((dim, 2))
        for factor in factors:
            box[list(factor.coordinates)] = factor.potential.extent(temperature)
        box.flags.writeable = False
        return box

    return at


def given_one(conditional: Conditional) -> Callable[[float], np.ndarray]:
    """T -> [dim, 2]: where the coordinate that the others are normal given has density, and five deviations of the others there.

    Rays from the minimum miss the law where the volume decides, as in a funnel, whose minimum is deep in its neck.
    """

    @lru_cache(maxsize=64)
    def at(temperature: float) -> np.ndarray:
        hot = max(temperature, 0.05)
        _, low, high = conditional.bulk(hot, ABOVE)
        _, first, last = conditional.bulk(hot, _LIKELY)
        likely = conditional.slices(np.linspace(first, last, _PLACES))
        reach = _DEVIATIONS * np.sqrt(hot * likely.variances)
        centres = conditional.slices(np.linspace(low, high, _PLACES)).centre
        least = np.minimum(centres.min(axis=0), (likely.centre - reach).min(axis=0))
        most = np.maximum(centres.max(axis=0), (likely.centre + reach).max(axis=0))
        box = np.insert(np.stack([least, most], axis=1), conditional.given, [low, high], axis=0)
        box.flags.writeable = False
        return box

    return at


def _radii(energy: Function, point: np.ndarray, rays: np.ndarray, level: float) -> np.ndarray:
    """The first radius on each ray at which the energy exceeds ``level``, to within a percent; _LARGEST if it never does."""
    radii = np.full(len(rays), 1e-3)
    inside = np.zeros(len(rays))
    going = np.ones(len(rays), dtype=bool)
    while going.any():
        with np.errstate(all="ignore"):
            values = energy(point + radii[going, None] * rays[going])
        below = np.nan_to_num(values, nan=np.inf) <= level
        where = np.flatnonzero(going)[below]
        inside[where] = radii[where]
        radii[where] *= 1.25
        going = np.zeros(len(rays), dtype=bool)
        going[where] = radii[where] < _LARGEST
    for _ in range(6):
        middle = 0.5 * (inside + radii)
        with np.errstate(all="ignore"):
            above = np.nan_to_num(energy(point + middle[:, None] * rays), nan=np.inf) > level
        radii, inside = np.where(above, middle, radii), np.where(above, inside, middle)
    return radii
