"""The coordinates of the chain: nodes to integrate over, and where a Gaussian step lands on them."""

import math
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from scipy.special import gammaln, i0e, i1e, ive, ndtr, roots_legendre

from langevin_sim.dynamics import Domain

_REACH = 9.0  # standard deviations beyond which a Gaussian is left out
_STENCIL = 18
_LEGENDRE_MORE = 1.6  # Gauss-Legendre nodes are pi/2 times sparser in the middle than uniform ones
_ROOT_TWO_PI = math.sqrt(2.0 * math.pi)


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
        """Probability that each node stands for: landing on the nodes times the weights, [n, nodes]."""
        ...

    def finer(self, factor: int) -> Self:
        """The same axis with nodes closer by a whole factor."""
        ...

    def interpolation(self, finer: Self) -> np.ndarray:
        """Matrix [finer nodes, nodes] that takes a density's values from these nodes to the finer ones."""
        ...


def _gaussian(centres: np.ndarray, sigma: float, points: np.ndarray) -> np.ndarray:
    z = (points[None, :] - centres[:, None]) / sigma
    return np.exp(-0.5 * z * z) / (sigma * _ROOT_TWO_PI)


def _barycentric(nodes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Global polynomial interpolation from Gauss-Legendre nodes: [points, nodes].

    The barycentric weights are (-1)^j sqrt((1 - t_j^2) w_j) (Wang and Xiang, Math. Comp. 81, 2012).
    """
    t, weight = roots_legendre(nodes.size)
    share = np.sqrt((1.0 - t * t) * weight)
    share[1::2] *= -1.0
    gaps = points[:, None] - nodes[None, :]
    equal = gaps == 0.0
    terms = share / np.where(equal, 1.0, gaps)
    return np.where(equal.any(1)[:, None], equal, terms / terms.sum(1)[:, None])


def _local(count: int, factor: int, total: int, periodic: bool) -> np.ndarray:
    """Lagrange's interpolation on the _STENCIL nearest of ``count`` uniform nodes at j / factor, j < total.

    The stencil is centred everywhere: beyond the ends the density is 0, or goes round.
    """
    k = np.arange(_STENCIL)
    to_k = (np.arange(factor) / factor + _STENCIL // 2 - 1)[:, None] - k  # from the stencil's nodes, [factor, _STENCIL]
    one = np.eye(_STENCIL)
    phases = ((to_k[:, None, :] * (1 - one) + one) / (k[:, None] - k + one)).prod(axis=2)
    j = np.arange(total)
    nodes = (j // factor - _STENCIL // 2 + 1)[:, None] + k
    inside = np.ones(nodes.shape, bool) if periodic else (nodes >= 0) & (nodes < count)
    matrix = np.zeros((total, count))
    rows, _ = np.nonzero(inside)
    np.add.at(matrix.ravel(), rows * count + nodes[inside] % count, phases[j % factor][inside])
    return matrix


@dataclass(frozen=True)
class Cartesian:
    """A coordinate on a domain; on R the nodes cover [low, high], beyond which nothing is expected.

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
        beyond = max(self.low - centres.min(), centres.max() - self.high, 0.0) + _REACH * sigma
        count = math.ceil(beyond / period)
        shifts = [period * k for k in range(-count, count + 1)]
        images = [(1.0, shift) for shift in shifts]
        if self.domain.kind == "reflecting":
            images += [(-1.0, 2.0 * self.low + shift) for shift in shifts]
        return images

    def landing(self, centres: np.ndarray, sigma: float, points: np.ndarray) -> np.ndarray:
        """Sum over images of the Gaussian density; atoms are not part of it."""
        return sum(
            (_gaussian(sign * centres + shift, sigma, points) for sign, shift in self._images(centres, sigma)),
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

    def finer(self, factor: int) -> "Cartesian":
        """Uniform nodes: the old ones and factor - 1 between each two."""
        if self.domain.kind in ("box", "reflecting"):
            return cartesian(self.domain, self.low, self.high, (self.high - self.low) / (factor * self._steps()))
        count = factor * (self.nodes.size if self.domain.kind == "torus" else self.nodes.size - 1)
        if self.domain.kind == "torus":
            nodes = self.low + (self.high - self.low) * np.arange(count) / count
        else:
            nodes = np.linspace(self.low, self.high, count + 1)
        return Cartesian(self.domain, self.low, self.high, nodes, np.full(nodes.size, (self.high - self.low) / count))

    def _steps(self) -> int:
        return math.floor(self.nodes.size / _LEGENDRE_MORE)

    def interpolation(self, finer: "Cartesian") -> np.ndarray:
        """Local polynomials on uniform nodes, a global one on Gauss-Legendre nodes; atoms stay."""
        if self.domain.kind == "reflecting":
            return _barycentric(self.nodes, finer.nodes)
        if self.domain.kind == "box":
            matrix = np.zeros((finer.nodes.size, self.nodes.size))
            matrix[0, 0] = matrix[-1, -1] = 1.0
            matrix[1:-1, 1:-1] = _barycentric(self.nodes[1:-1], finer.nodes[1:-1])
            return matrix
        periodic = self.domain.kind == "torus"
        steps, finer_steps = (axis.nodes.size if periodic else axis.nodes.size - 1 for axis in (self, finer))
        return _local(self.nodes.size, finer_steps // steps, finer.nodes.size, periodic)


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


@dataclass(frozen=True)
class Radial:
    """rho = |(x_2..x_d)|, a noncentral chi variable with k = d - 1 degrees of freedom after a step."""

    k: int
    low: float
    high: float
    nodes: np.ndarray
    weights: np.ndarray

    def landing(self, centres: np.ndarray, sigma: float, points: np.ndarray) -> np.ndarray:
        """p(r) = (r/s^2) (r/c)^(k/2-1) exp(-(r^2+c^2)/(2 s^2)) I_(k/2-1)(r c/s^2); k = 1: a folded Gaussian."""
        c = np.maximum(np.abs(centres), 1e-12 * sigma)
        if self.k == 1:
            return _gaussian(c, sigma, points) + _gaussian(-c, sigma, points)
        density = np.zeros((c.size, points.size))
        beyond = np.sqrt(c * c + self.k * sigma**2) + _REACH * sigma
        near = np.nonzero((points > c[:, None] - _REACH * sigma) & (points < beyond[:, None]) & (points > 0.0))
        density[near] = _noncentral_chi(self.k, c[near[0]], sigma, points[near[1]])
        return density

    def on_nodes(self, centres: np.ndarray, sigma: float) -> np.ndarray:
        """Density times weight."""
        return self.landing(centres, sigma, self.nodes) * self.weights

    def finer(self, factor: int) -> "Radial":
        """More Gauss-Legendre nodes on the same interval."""
        return radial(self.k + 1, self.low, self.high, factor * self.nodes.size)

    def interpolation(self, finer: "Radial") -> np.ndarray:
        """The polynomial through all nodes."""
        return _barycentric(self.nodes, finer.nodes)


def _noncentral_chi(k: int, c: np.ndarray, sigma: float, r: np.ndarray) -> np.ndarray:
    """The density of |c e_1 + sigma xi| in R^k at r, k > 1; c and r [n] positive."""
    order = 0.5 * k - 1.0
    z = r * c / sigma**2
    if k == 2:
        bessel = i0e(z)
    elif k == 3:
        bessel = -np.expm1(-2.0 * z) / np.sqrt(2.0 * math.pi * z)
    elif k == 4:
        bessel = i1e(z)
    else:
        bessel = ive(order, z)
    log_ratio = np.log(r / c)
    exponent = order * log_ratio - 0.5 * ((r - c) / sigma) ** 2
    under = np.flatnonzero(bessel <= 0.0)  # a small argument: two terms of log I's series
    density = r / sigma**2 * bessel * np.exp(exponent)
    if under.size:
        r, c, z = r[under], c[under], z[under]
        series = math.log(2.0) - 0.5 * k * math.log(2.0 * sigma**2) - gammaln(0.5 * k) + 0.25 * z * z / (order + 1.0)
        density[under] = np.exp(series + (k - 1) * np.log(r) - 0.5 * (r * r + c * c) / sigma**2)
    return density


def radial(dim: int, low: float, high: float, count: int) -> Radial:
    """Gauss-Legendre nodes."""
    t, weight = roots_legendre(count)
    return Radial(dim - 1, low, high, low + 0.5 * (high - low) * (t + 1.0), 0.5 * (high - low) * weight)
