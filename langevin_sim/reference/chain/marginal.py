"""The law of one coordinate: small records that answer for any bins, and can be pickled."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import ndtr

from langevin_sim.reference.chain.axes import Cartesian
from langevin_sim.reference.chain.interpolation import lagrange

_PER_DEVIATION = 4  # nodes of a condensed mixture within one standard deviation
_STENCIL = 14


class Marginal(Protocol):
    """The law of one coordinate."""

    def masses(self, edges: np.ndarray) -> np.ndarray:
        """P(edges[k] < x <= edges[k+1]): [edges - 1]."""
        ...

    def density(self, x: np.ndarray) -> np.ndarray:
        """Density at points x [n], without atoms: [n]."""
        ...


@dataclass(frozen=True)
class Normal:
    """N(mean, deviation^2)."""

    mean: float
    deviation: float

    def masses(self, edges: np.ndarray) -> np.ndarray:
        """Differences of the normal distribution function, of whichever tail keeps their digits."""
        z = (np.asarray(edges, float) - self.mean) / self.deviation
        return np.where(z[:-1] > 0.0, ndtr(-z[:-1]) - ndtr(-z[1:]), ndtr(z[1:]) - ndtr(z[:-1]))

    def density(self, x: np.ndarray) -> np.ndarray:
        """exp(-z^2/2) / (sqrt(2 pi) deviation), z = (x - mean)/deviation."""
        z = (np.asarray(x, float) - self.mean) / self.deviation
        return np.exp(-0.5 * z * z) / (math.sqrt(2.0 * math.pi) * self.deviation)


@dataclass(frozen=True)
class Landed:
    """P(centre + sigma xi) on an axis, for few centres [n] on uniform nodes, with their probabilities [n]."""

    axis: Cartesian
    centres: np.ndarray
    probabilities: np.ndarray
    sigma: float

    def masses(self, edges: np.ndarray) -> np.ndarray:
        """Gaussian integrals over each bin; an atom counts where the wall is in the bin."""
        return np.diff(self.probabilities @ self.axis.below(self.centres, self.sigma, np.asarray(edges, float)))

    def density(self, x: np.ndarray) -> np.ndarray:
        """A sum of Gaussians, and 0 outside the domain."""
        points = np.asarray(x, float)
        value = self.probabilities @ self.axis.landing(self.centres, self.sigma, points)
        inside = True if self.axis.domain.kind == "space" else (points >= self.axis.low) & (points <= self.axis.high)
        return np.where(inside, value, 0.0)


@dataclass(frozen=True)
class Combined:
    """A sum of marginals with weights that sum to 1, as an extrapolation has."""

    weights: tuple[float, ...]
    parts: tuple[Marginal, ...]

    def masses(self, edges: np.ndarray) -> np.ndarray:
        """The sum, bin by bin."""
        return np.asarray(sum(weight * part.masses(edges) for weight, part in zip(self.weights, self.parts, strict=True)))

    def density(self, x: np.ndarray) -> np.ndarray:
        """The sum, point by point."""
        return np.asarray(sum(weight * part.density(x) for weight, part in zip(self.weights, self.parts, strict=True)))


def condensed(axis: Cartesian, centres: np.ndarray, probabilities: np.ndarray, sigma: float) -> Landed:
    """The same mixture with its centres moved to uniform nodes a quarter of a deviation apart.

    Each centre is shared out by Lagrange's polynomials, so that sums over it of any polynomial of degree below
    _STENCIL, and of Gaussians of deviation sigma to 1e-9, stay as they are.
    """
    spacing = sigma / _PER_DEVIATION
    low = float(centres.min()) - _STENCIL * spacing
    count = math.ceil((float(centres.max()) - low) / spacing) + _STENCIL + 1
    if count >= 4 * centres.size:
        return Landed(axis, centres, probabilities, sigma)
    matrix = lagrange(low, spacing, count, centres, periodic=False, stencil=_STENCIL)
    return Landed(axis, low + spacing * np.arange(count), probabilities @ matrix, sigma)
