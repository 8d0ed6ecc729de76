"""The law of one coordinate: small records for any bins, which can be pickled."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import ndtr

from langevin_sim.dynamics import Domain
from langevin_sim.reference.boltzmann import Boltzmann
from langevin_sim.reference.chain.axes import Cartesian
from langevin_sim.reference.chain.spectral import Series
from langevin_sim.reference.quadrature import panel_rule

_POINTS = 8  # of a panel one deviation wide
IMAGES = 8  # of a wall between mirrors, on either side


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
        """Differences of the normal distribution function, taken from the tail that keeps their digits."""
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

    def moments(self) -> tuple[float, float]:
        """E x and E x^2."""
        axis, p = self.axis, self.probabilities
        if axis.domain.kind == "space":
            mean, square = float(p @ self.centres), float(p @ self.centres**2)
            return mean / p.sum(), square / p.sum() + self.sigma**2
        ends = np.linspace(axis.low, axis.high, math.ceil((axis.high - axis.low) / self.sigma) + 1)
        x, weights = panel_rule(ends, _POINTS)
        weights = weights * self.density(x)
        if axis.domain.kind == "box":
            atoms = p @ np.stack([ndtr((axis.low - self.centres) / self.sigma), ndtr((self.centres - axis.high) / self.sigma)], 1)
            x, weights = np.append(x, [axis.low, axis.high]), np.append(weights, atoms)
        return float(weights @ x / weights.sum()), float(weights @ x**2 / weights.sum())


@dataclass(frozen=True)
class Combined:
    """A sum of marginals with weights that sum to 1, as in an extrapolation."""

    weights: tuple[float, ...]
    parts: tuple[Marginal, ...]

    def masses(self, edges: np.ndarray) -> np.ndarray:
        """The sum, bin by bin."""
        return np.asarray(sum(weight * part.masses(edges) for weight, part in zip(self.weights, self.parts, strict=True)))

    def density(self, x: np.ndarray) -> np.ndarray:
        """The sum, point by point."""
        return np.asarray(sum(weight * part.density(x) for weight, part in zip(self.weights, self.parts, strict=True)))


@dataclass(frozen=True)
class Boltzmannian:
    """x_1 under Boltzmann's law."""

    law: Boltzmann

    def masses(self, edges: np.ndarray) -> np.ndarray:
        """Boltzmann's."""
        return self.law.bin_masses(edges)

    def density(self, x: np.ndarray) -> np.ndarray:
        """Boltzmann's."""
        return self.law.density(x)


@dataclass(frozen=True)
class Projected:
    """The law of one coordinate P(y), from the density of y as a series of one dimension."""

    series: Series
    domain: Domain

    def masses(self, edges: np.ndarray) -> np.ndarray:
        """P(edges[k] < x <= edges[k+1]): [edges - 1]. Mass that is clipped onto a wall of a box counts at that wall."""
        series, domain = self.series, self.domain
        low, high = series.window.low[0], series.window.low[0] + series.window.width[0]

        def below(y: np.ndarray) -> np.ndarray:
            return series.below(np.clip(y, low, high))

        edges = np.asarray(edges, float)
        if domain.kind == "space":
            return np.diff(below(edges))
        inside = np.clip(edges, domain.low, domain.high)
        if domain.kind != "reflecting":
            found = below(inside)
        else:  # x <= e where y is within e - low of an image of the lower wall
            images = domain.low + 2.0 * domain.width * np.arange(-IMAGES, IMAGES + 1)[:, None]
            found = (below(images + (inside - domain.low)) - below(images - (inside - domain.low))).sum(axis=0)
        return np.diff(np.where(edges >= domain.high, 1.0, np.where(edges < domain.low, 0.0, found)))

    def density(self, x: np.ndarray) -> np.ndarray:
        """Density at points x [n], without atoms; 0 outside the window and the domain."""
        points = np.asarray(x, float)
        low, high = self.series.window.low[0], self.series.window.low[0] + self.series.window.width[0]
        if self.domain.kind == "reflecting":
            shift = 2.0 * self.domain.width * np.arange(-IMAGES, IMAGES + 1)[:, None]
            images = np.concatenate([points + shift, 2.0 * self.domain.low - points + shift])
        else:
            images = points[None]
        value = self.series.on(images.ravel()).reshape(images.shape)
        inside = True if self.domain.kind == "space" else (points >= self.domain.low) & (points <= self.domain.high)
        return np.where(inside, np.where((images >= low) & (images <= high), value, 0.0).sum(axis=0), 0.0)


@dataclass(frozen=True)
class Joint:
    """The law of (x_1, x_2) from the density of y as a series of two dimensions; on R^2 and on a torus, where x is y."""

    series: Series

    def masses(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """P(first[k] < x_1 <= first[k+1], second[l] < x_2 <= second[l+1]): [first - 1, second - 1]. 0 outside the window."""
        value = np.array(self.series.coefficients)
        value[0] *= 0.5
        window = self.series.window
        for axis, edges in enumerate((first, second)):
            distance = np.clip(np.asarray(edges, float) - window.low[axis], 0.0, window.width[axis])
            k = self.series.orders[axis] * window.spacing[axis]
            whole = np.where(k == 0.0, 1.0, k)
            waves = (np.exp(1j * np.multiply.outer(distance, k)) - 1.0) / (1j * whole)
            waves[:, k == 0.0] = distance[:, None]
            value = np.moveaxis(np.tensordot(np.diff(waves, axis=0), value, (1, axis)), 0, axis)
        return np.real(value) * 2.0 / float(np.prod(window.width))
