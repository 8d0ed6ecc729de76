"""The integrand over two coordinates: the weight exp(-U/T) on a plane, or on the half-plane (x_1, rho)."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from langevin_sim.potentials.potential import Potential

_BULK = 64  # number of steps of the scan over the bulk, the part of a coordinate where the weight is expected
_STEPS = 8  # number of steps of the scan per initial panel
_TAIL = 60  # number of steps beyond the bulk, each four times as far from it as the last
_HALVINGS = 60
_MOST_ENDS = 512
_CHUNK = 1 << 22  # numbers that are passed to a potential at a time


class Scan(NamedTuple):
    """Places along a coordinate: points [m]; every panel reaches from points[ends[k]] to points[ends[k + 1]]."""

    points: np.ndarray
    ends: np.ndarray


@dataclass(frozen=True)
class Plane:
    """The two coordinates of a potential in two dimensions, or (x_1, rho) of an axially symmetric one in any.

    order: the indices of the first and of the second.
    """

    potential: Potential
    temperature: float
    radial: bool = False
    order: tuple[int, int] = (0, 1)

    def swapped(self) -> "Plane":
        """The same plane with the two coordinates exchanged."""
        return Plane(self.potential, self.temperature, self.radial, (self.order[1], self.order[0]))

    def bounds(self, coordinate: int) -> tuple[float, float]:
        """The ends of the coordinate."""
        if self.radial and self.order[coordinate] == 1:
            return 0.0, np.inf
        return self.potential.domain.low, self.potential.domain.high

    def bulk(self, coordinate: int) -> tuple[float, float]:
        """The interval where most of the weight is expected."""
        domain, axis = self.potential.domain, self.order[coordinate]
        if domain.kind != "space":
            return domain.low, domain.high
        extent = self.potential.extent(self.temperature)
        if self.radial and axis == 1:
            return 0.0, float(np.abs(extent[1:]).max()) * math.sqrt(self.potential.dim - 1)
        least, most = self._minima(axis).min(), self._minima(axis).max()
        return min(float(extent[axis, 0]), float(least)), max(float(extent[axis, 1]), float(most))

    def _minima(self, axis: int) -> np.ndarray:
        minima = self.potential.minima
        return np.asarray(np.linalg.norm(minima[:, 1:], axis=1) if self.radial and axis == 1 else minima[:, axis])

    def _columns(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """The points as [dim, n]; coordinates beyond the second are 0."""
        columns = np.zeros((self.potential.dim, first.size))
        columns[self.order[0]], columns[self.order[1]] = first, second
        return columns

    def log_weight(self, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The log of the weight, and U/T, at points of any shape; where U is nan or infinite, the weight is 0."""
        potential = self.potential
        flat, other = first.ravel(), second.ravel()
        energy = np.empty(flat.size)
        size = max(1, _CHUNK // potential.dim)
        with np.errstate(all="ignore"):
            for at in range(0, flat.size, size):
                part = slice(at, at + size)
                potential.block_energy(self._columns(flat[part], other[part]), energy[part], potential.constants)
            energy = np.where(np.isnan(energy), np.inf, energy) / self.temperature
            log = -energy
            if self.radial and potential.dim > 2:
                radius = other if self.order == (0, 1) else flat
                log += np.where(log > -np.inf, (potential.dim - 2) * np.log(radius), 0.0)
        return log.reshape(first.shape), np.where(np.isfinite(log), energy, 0.0).reshape(first.shape)

    def label(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """The indices of the regions."""
        flat, other = first.ravel(), second.ravel()
        labels = np.zeros(flat.size, dtype=np.int64)
        size = max(1, _CHUNK // self.potential.dim)
        for at in range(0, flat.size, size):
            part = slice(at, at + size)
            self.potential.block_label(self._columns(flat[part], other[part]), labels[part], self.potential.constants)
        return labels.reshape(first.shape)

    def about_minima(self, coordinate: int) -> np.ndarray:
        """Ends of panels that double in width away from every minimum.

        They begin at an eighth of the distance at which U rises by T along the axis, and end at the width of a panel of the
        bulk. If there are too many minima, only the minima themselves are ends.
        """
        axis, minima = self.order[coordinate], self.potential.minima
        (low, high), (least, most) = self.bulk(coordinate), self.bounds(coordinate)
        widest = (high - low) * _STEPS / _BULK
        halvings = widest * 0.5 ** np.arange(_HALVINGS)
        ends = [self._minima(axis)]
        for minimum, place in zip(minima, self._minima(axis), strict=True):
            around = np.repeat(minimum[None], 2 * _HALVINGS, axis=0)
            around[:, axis] += np.concatenate([halvings, -halvings])
            around = np.clip(around, self.potential.domain.low, self.potential.domain.high)
            with np.errstate(all="ignore"):
                rise = self.potential.energy(around) - self.potential.energy(minimum[None])
            far = np.flatnonzero(~(rise <= self.temperature).reshape(2, _HALVINGS).all(axis=0))
            if far.size:
                away = halvings[: min(far[-1] + 4, _HALVINGS)]
                ends += [place - away, place + away]
        found = np.concatenate(ends if sum(part.size for part in ends) <= _MOST_ENDS * 4 else ends[:1])
        step = 1e-9 * (high - low)
        _, kept = np.unique(np.round(found / step) if found.size > _MOST_ENDS else found, return_index=True)
        found = found[kept]
        return found[(found > least) & (found < most)] if found.size <= _MOST_ENDS else np.zeros(0)

    def scan(self, coordinate: int, tails: bool) -> Scan:
        """A fine scan over the bulk and about minima; with ``tails``, also ever coarser beyond the bulk."""
        (low, high), (least, most) = self.bulk(coordinate), self.bounds(coordinate)
        near = self.about_minima(coordinate)
        near = near[(near > low) & (near < high)]
        even = np.linspace(low, high, _BULK + 1)
        points = np.union1d(even, near)
        ends = np.union1d(even[::_STEPS], near)
        if tails:
            away = 0.25 * (high - low) * 4.0 ** np.arange(_TAIL)
            left = (low - away)[::-1] if least == -np.inf else np.zeros(0)
            right = high + away if most == np.inf else np.zeros(0)
            points, ends = np.concatenate([left, points, right]), np.concatenate([left, ends, right])
        return Scan(points, np.searchsorted(points, ends))
