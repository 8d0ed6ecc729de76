"""The coordinates of the chain: nodes to integrate over, and the law of a Gaussian step on them."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.sparse import csr_array
from scipy.special import ndtr, roots_legendre

from langevin_sim.dynamics import Domain
from langevin_sim.reference.chain.interpolation import barycentric, lagrange

REACH = 9.0  # standard deviations beyond which a Gaussian is left out
_LEGENDRE_MORE = 1.6  # in the middle, Gauss-Legendre nodes are pi/2 times sparser than uniform ones
_ROOT_TWO_PI = math.sqrt(2.0 * math.pi)

Matrix = np.ndarray | csr_array


class Axis(Protocol):
    """One coordinate: nodes [n] and integration weights [n] (1 for a node that carries an atom)."""

    low: float
    high: float
    nodes: np.ndarray
    weights: np.ndarray

    def landing(self, centres: np.ndarray, sigma: float, points: np.ndarray) -> np.ndarray:
        """Density at points [m] of P(centre + sigma xi), centres [n]: [n, m]."""
        ...

    def on_nodes(self, centres: np.ndarray, sigma: float) -> np.ndarray:
        """Probability of each node: landing on the nodes times the weights, [n, nodes]."""
        ...

    def interpolation(self, points: np.ndarray) -> Matrix:
        """Matrix [points, nodes] that takes a density's values from the nodes to other points."""
        ...


def gaussian_density(centres: np.ndarray, sigma: float, points: np.ndarray) -> np.ndarray:
    """N(point; centre, sigma^2) for centres [n] and points [m]: [n, m]."""
    z = (points[None, :] - centres[:, None]) / sigma
    return np.exp(-0.5 * z * z) / (sigma * _ROOT_TWO_PI)


@dataclass(frozen=True)
class Cartesian:
    """A coordinate on a domain; on R the nodes cover [low, high], beyond which the law is negligible.

    Uniform nodes: for a function that is analytic and decays, or is periodic, the trapezoidal rule
    converges exponentially. A clipping box has an atom at each end: the first and the last node.
    """

    domain: Domain
    low: float
    high: float
    nodes: np.ndarray
    weights: np.ndarray

    def _images(self, centres: np.ndarray, sigma: float) -> list[tuple[float, float]]:
        """(sign, shift) of the mirror images sign * c + shift of a centre c whose steps land inside."""
        width = self.domain.width
        if self.domain.kind == "space" or self.domain.kind == "box":
            return [(1.0, 0.0)]
        period = width if self.domain.kind == "torus" else 2.0 * width
        beyond = max(self.low - centres.min(), centres.max() - self.high, 0.0) + REACH * sigma
        count = math.ceil(beyond / period)
        shifts = [period * k for k in range(-count, count + 1)]
        images = [(1.0, shift) for shift in shifts]
        if self.domain.kind == "reflecting":
            images += [(-1.0, 2.0 * self.low + shift) for shift in shifts]
        return images

    def landing(self, centres: np.ndarray, sigma: float, points: np.ndarray) -> np.ndarray:
        """Sum over images of the Gaussian density, without atoms."""
        return sum(
            (gaussian_density(sign * centres + shift, sigma, points) for sign, shift in self._images(centres, sigma)),
            start=np.zeros((centres.size, points.size)),
        )

    def on_nodes(self, centres: np.ndarray, sigma: float) -> np.ndarray:
        """Density times weight, and the two atoms of a clipping box."""
        shares = self.landing(centres, sigma, self.nodes) * self.weights
        if self.domain.kind == "box":
            shares[:, 0] = ndtr((self.low - centres) / sigma)
            shares[:, -1] = ndtr((centres - self.high) / sigma)
        return shares

    def below(self, centres: np.ndarray, sigma: float, points: np.ndarray) -> np.ndarray:
        """P(landing <= point), [n, points]; atoms count, the lower one at every point from low on."""
        if self.domain.kind in ("space", "box"):
            inside = ndtr((points[None, :] - centres[:, None]) / sigma)
            if self.domain.kind == "box":
                inside = np.where(points < self.low, 0.0, np.where(points >= self.high, 1.0, inside))
            return inside
        total = np.zeros((centres.size, points.size))
        clipped = np.clip(points, self.low, self.high)
        for sign, shift in self._images(centres, sigma):
            middle = (sign * centres + shift)[:, None]
            total += ndtr((clipped[None, :] - middle) / sigma) - ndtr((self.low - middle) / sigma)
        return total

    @property
    def spacing(self) -> float:
        """Spacing of uniform nodes."""
        return float(self.nodes[1] - self.nodes[0])

    def finer(self, factor: int) -> "Cartesian":
        """Nodes closer by a factor; uniform ones include the old."""
        if self.domain.kind in ("box", "reflecting"):
            steps = math.floor(self.nodes.size / _LEGENDRE_MORE)
            return cartesian(self.domain, self.low, self.high, (self.high - self.low) / (factor * steps))
        count = factor * (self.nodes.size if self.domain.kind == "torus" else self.nodes.size - 1)
        if self.domain.kind == "torus":
            nodes = self.low + (self.high - self.low) * np.arange(count) / count
        else:
            nodes = np.linspace(self.low, self.high, count + 1)
        return Cartesian(self.domain, self.low, self.high, nodes, np.full(nodes.size, (self.high - self.low) / count))

    def interpolation(self, points: np.ndarray) -> Matrix:
        """Local polynomials on uniform nodes, a global one on Gauss-Legendre nodes; a box's first and last points are atoms."""
        if self.domain.kind == "reflecting":
            return barycentric(self.nodes, points)
        if self.domain.kind == "box":
            matrix = np.zeros((points.size, self.nodes.size))
            matrix[0, 0] = matrix[-1, -1] = 1.0
            matrix[1:-1, 1:-1] = barycentric(self.nodes[1:-1], points[1:-1])
            return matrix
        return lagrange(float(self.nodes[0]), self.spacing, self.nodes.size, points, self.domain.kind == "torus")


def cartesian(domain: Domain, low: float, high: float, spacing: float) -> Cartesian:
    """Uniform nodes at most ``spacing`` apart, over the domain or over [low, high] of R."""
    if domain.kind != "space":
        low, high = domain.low, domain.high
    count = max(8, math.ceil((high - low) / spacing))
    if domain.kind == "torus":
        nodes = low + (high - low) * np.arange(count) / count
        return Cartesian(domain, low, high, nodes, np.full(count, (high - low) / count))
    if domain.kind in ("box", "reflecting"):  # smooth up to the wall, not beyond: Gauss-Legendre
        t, weight = roots_legendre(math.ceil(_LEGENDRE_MORE * count))
        nodes, weights = low + 0.5 * (high - low) * (t + 1.0), 0.5 * (high - low) * weight
        if domain.kind == "box":
            nodes, weights = np.concatenate([[low], nodes, [high]]), np.concatenate([[1.0], weights, [1.0]])
        return Cartesian(domain, low, high, nodes, weights)
    nodes = np.linspace(low, high, count + 1)
    return Cartesian(domain, low, high, nodes, np.full(count + 1, nodes[1] - nodes[0]))
