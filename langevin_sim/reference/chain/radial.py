"""The distance from the first axis, rho = |(x_2..x_d)|, and where a Gaussian step lands on it."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, i0e, i1e, ive, roots_legendre

from langevin_sim.reference.chain.axes import REACH, gaussian_density
from langevin_sim.reference.chain.interpolation import barycentric


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
            return gaussian_density(c, sigma, points) + gaussian_density(-c, sigma, points)
        density = np.zeros((c.size, points.size))
        beyond = np.sqrt(c * c + self.k * sigma**2) + REACH * sigma
        near = np.nonzero((points > c[:, None] - REACH * sigma) & (points < beyond[:, None]) & (points > 0.0))
        density[near] = _noncentral_chi(self.k, c[near[0]], sigma, points[near[1]])
        return density

    def on_nodes(self, centres: np.ndarray, sigma: float) -> np.ndarray:
        """Density times weight."""
        return self.landing(centres, sigma, self.nodes) * self.weights

    def finer(self, factor: int) -> "Radial":
        """More Gauss-Legendre nodes on the same interval."""
        return radial(self.k + 1, self.low, self.high, factor * self.nodes.size)

    def interpolation(self, points: np.ndarray) -> np.ndarray:
        """The polynomial through all nodes."""
        return barycentric(self.nodes, points)


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
