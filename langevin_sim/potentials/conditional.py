"""A potential that is quadratic in all coordinates but one: what is left of it given that one.

U(s, y) = floor(s) + (y - centre(s)).A(s) (y - centre(s)) / 2, s = x_j with j = ``Potential.given`` and y the other
coordinates. At temperature T, y given s is normal with mean centre(s) and covariance T A(s)^-1, and s alone has the energy
W(s) = floor(s) + (T/2) log det A(s), whose Boltzmann law is the marginal of s.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from langevin_sim.potentials.potential import Potential

_CHUNK = 1 << 22  # numbers at once
_SCAN = np.sinh(np.linspace(-16.0, 16.0, 8001))  # where W is looked for: spacing 0.004 near 0, and 0.4 % far out
_TRIED = np.array([-1.7, -0.3, 0.6, 2.1])  # where A is looked at to see whether it is diagonal
_SINGULAR = 1e-13  # of the largest eigenvalue: what is below is rounding
_LOST = 500.0  # temperatures above the least, where a curvature of 0 is an underflow


class Slices(NamedTuple):
    """At points s[n]: floor [n]; centre [n, dim - 1]; curvature, [n, dim - 1] where it is diagonal, else [n, dim - 1, dim - 1];
    the log of its determinant [n], nan where it is not positive definite."""

    floor: np.ndarray
    centre: np.ndarray
    curvature: np.ndarray
    log_det: np.ndarray

    @property
    def variances(self) -> np.ndarray:
        """The diagonal of A^-1, [n, dim - 1]."""
        if self.curvature.ndim == 2:
            return 1.0 / self.curvature
        return np.asarray(np.linalg.inv(self.curvature).diagonal(axis1=1, axis2=2))


@dataclass(frozen=True)
class Conditional:
    """The slices of a potential whose ``given`` is not None."""

    potential: Potential

    @property
    def given(self) -> int:
        """The index of s."""
        assert self.potential.given is not None, "a potential that is quadratic given one coordinate"
        return self.potential.given

    @property
    def others(self) -> np.ndarray:
        """The indices of y."""
        return np.delete(np.arange(self.potential.dim), self.given)

    def points(self, s: np.ndarray, y: np.ndarray) -> np.ndarray:
        """x[n, dim]."""
        return np.insert(y, self.given, s, axis=1)

    @cached_property
    def _diagonal(self) -> bool:
        with np.errstate(all="ignore"):
            found = self._matrices(_TRIED, self._slopes(_TRIED, 0.0))
        size = np.abs(found).max(axis=(1, 2), keepdims=True)
        return bool((np.abs(found * (1.0 - np.eye(found.shape[1]))) <= 1e-10 * size).all())

    def _slopes(self, s: np.ndarray, y: np.ndarray | float) -> np.ndarray:
        """dU/dy at (s, y)."""
        at = np.broadcast_to(y, (s.size, self.potential.dim - 1))
        return self.potential.gradient(self.points(s, at))[:, self.others]

    def _matrices(self, s: np.ndarray, slope: np.ndarray) -> np.ndarray:
        """A(s), from differences of the slope that are exact, since it is linear."""
        rows = [self._slopes(s, row) - slope for row in np.eye(self.potential.dim - 1)]
        found = np.stack(rows, axis=1)
        return 0.5 * (found + found.transpose(0, 2, 1))

    def slices(self, s: np.ndarray) -> Slices:
        """At points s[n]."""
        m = self.potential.dim - 1
        size = max(1, _CHUNK // (m if self._diagonal else m * m))
        parts = [self._part(s[k : k + size]) for k in range(0, max(s.size, 1), size)]
        return Slices(*(np.concatenate(each) for each in zip(*parts, strict=True)))

    def _part(self, s: np.ndarray) -> Slices:
        with np.errstate(all="ignore"):
            slope = self._slopes(s, 0.0)
            if self._diagonal:
                curvature = self._slopes(s, 1.0) - slope
                log_det = np.where((curvature > 0).all(axis=1), np.log(curvature).sum(axis=1), np.nan)
                centre = -slope / curvature
            else:
                curvature = self._matrices(s, slope)
                finite = np.isfinite(curvature).all(axis=(1, 2))
                safe = np.where(finite[:, None, None], curvature, np.eye(slope.shape[1]))
                spectrum = np.linalg.eigvalsh(safe)
                positive = spectrum[:, 0] > _SINGULAR * spectrum[:, -1]
                safe = np.where(positive[:, None, None], safe, np.eye(slope.shape[1]))
                log_det = np.where(finite & positive, np.linalg.slogdet(safe)[1], np.where(finite, np.nan, np.inf))
                centre = -np.linalg.solve(safe, slope[:, :, None])[:, :, 0]
            centre = np.where(np.isfinite(centre), centre, 0.0)
            floor = self.potential.energy(self.points(s, centre))
        return Slices(np.where(np.isnan(floor), np.inf, floor), centre, curvature, log_det)

    def effective(self, s: np.ndarray, temperature: float) -> np.ndarray:
        """W(s): infinite where U is, or where A has underflowed; -inf where A is not positive definite: no integral over y."""
        found = self.slices(s)
        lost = found.floor > np.nanmin(self._scanned.floor) + _LOST * temperature
        log_det = np.where(np.isnan(found.log_det), np.where(lost, np.inf, -np.inf), found.log_det)
        with np.errstate(invalid="ignore"):
            return np.where(np.isinf(found.floor), np.inf, found.floor + 0.5 * temperature * log_det)

    @cached_property
    def _scanned(self) -> Slices:
        return self.slices(_SCAN)

    def bulk(self, temperature: float, above: float) -> tuple[np.ndarray, float, float]:
        """The minima of W on a scan, and the ends of where it is less than ``above`` temperatures over the least."""
        energy = self.effective(_SCAN, temperature)
        inside = np.flatnonzero(energy <= energy.min() + above * temperature)
        low, high = max(inside[0] - 1, 0), min(inside[-1] + 1, _SCAN.size - 1)
        lowest = (energy[1:-1] <= energy[:-2]) & (energy[1:-1] < energy[2:]) & (energy[1:-1] < energy.min() + above * temperature)
        minima = _SCAN[1:-1][lowest]
        return minima if minima.size else _SCAN[[int(energy.argmin())]], float(_SCAN[low]), float(_SCAN[high])
