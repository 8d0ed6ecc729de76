"""exp(-U/T) for U = 1 - prod_j f(x_j) - prod_j g(x_j) on a torus, as a series of products of 1-D integrals.

exp(-U/T) = e^(-1/T) sum_{m,k} T^-(m+k) / (m! k!) prod_j f(x_j)^m g(x_j)^k, all terms positive, so that an
integral over any product of intervals is a sum of dim-th powers: exact in any dimension, without cancellation.
"""

import math

import numpy as np
from scipy.special import gammaln, logsumexp

from langevin_sim.errors import ReferenceUnavailable

_NODES = 10  # Gauss-Legendre nodes per panel
_MOST_ORDERS = 1000  # enough for T = 0.0016; the cost grows as their power 2.5


class TorusSeries:
    """The series for Gaussians f, g of given centres and widths, summed over images; regions are cubes of
    ``radius`` widths about the centres, the second one first."""

    def __init__(
        self,
        dim: int,
        temperature: float,
        period: float,
        centres: tuple[float, float],
        widths: tuple[float, float],
        radius: float,
    ) -> None:
        self._dim, self._temperature, self._period = dim, temperature, period
        self._centres, self._widths, self._radius = centres, widths, radius
        rate = 1.0 / temperature
        # m + k beyond this adds less than a rounding: in the tail of a Poisson law of mean about 1.01 / T
        self._orders = math.ceil(1.05 * rate + 12.0 * math.sqrt(rate) + 24.0)
        if self._orders > _MOST_ORDERS:
            raise ReferenceUnavailable(f"temperature {temperature:g}: the series takes more than {_MOST_ORDERS} orders")
        order = np.arange(self._orders)
        self._log_coefficients = order * math.log(rate) - gammaln(order + 1.0)
        # narrow enough for the sharpest power of the sharpest Gaussian
        self._panel = 1.5 * min(widths) / math.sqrt(self._orders)
        cuts = [0.0, period]
        for centre, width in zip(centres, widths, strict=True):
            cuts += [(centre - radius * width) % period, (centre + radius * width) % period]
        ends = np.unique(cuts)
        x, weight = self._rule(ends[:-1], ends[1:])
        logs = np.stack([self._log(k, x) for k in (0, 1)])
        self._whole = self._integrals(logs, weight)
        cubes = [np.abs((x - c + period / 2) % period - period / 2) < radius * s for c, s in zip(centres, widths, strict=True)]
        self._cubes = [self._integrals(logs[:, inside], weight[inside]) for inside in cubes]
        self._log_total = self._sum(dim * self._whole)

    def _log(self, which: int, x: np.ndarray) -> np.ndarray:
        """log of the Gaussian summed over images, at x."""
        half = self._period / 2.0
        u = (x - self._centres[which] + half) % self._period - half
        curvature = 0.5 / self._widths[which] ** 2
        images = sum(np.exp(-curvature * ((u + m * self._period) ** 2 - u * u)) for m in (-1, 0, 1))
        return -curvature * u * u + np.log(images)

    def _rule(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Composite Gauss-Legendre nodes and weights over all intervals, panels as narrow as necessary."""
        nodes, weights = np.polynomial.legendre.leggauss(_NODES)
        ends = [np.linspace(a, b, 1 + math.ceil((b - a) / self._panel)) for a, b in zip(low, high, strict=True)]
        left, right = np.concatenate([e[:-1] for e in ends]), np.concatenate([e[1:] for e in ends])
        half = 0.5 * (right - left)[:, None]
        return (0.5 * (right + left)[:, None] + half * nodes).ravel(), (half * weights).ravel()

    def _integrals(self, logs: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """log of the integrals of f^m g^k, [orders, orders]."""
        order = np.arange(self._orders)[:, None]
        with np.errstate(divide="ignore"):
            return np.log((np.exp(order * logs[0]) * weight) @ np.exp(order * logs[1]).T)

    def _terms(self, powers: np.ndarray) -> np.ndarray:
        return self._log_coefficients[:, None] + self._log_coefficients[None, :] + powers

    def _sum(self, powers: np.ndarray) -> float:
        return float(logsumexp(self._terms(powers)))

    def masses(self) -> np.ndarray:
        """Masses of the second cube, the first, and the rest."""
        first, second = (math.exp(self._sum(self._dim * cube) - self._log_total) for cube in self._cubes)
        return np.array([second, first, self._rest()])

    def _rest(self) -> float:
        """Subtract term by term, because the plateau may be a small part of all."""
        seen = np.isfinite(self._whole)  # the others underflow, and are negligible
        whole = np.where(seen, self._whole, 0.0)
        shares = sum(np.exp(self._dim * np.where(seen, cube - whole, 0.0)) for cube in self._cubes)
        with np.errstate(divide="ignore"):
            outside = np.log1p(-np.minimum(shares, 1.0))
        return math.exp(self._sum(self._dim * self._whole + outside) - self._log_total)

    def energy(self) -> float:
        """E U = 1 - T E(m + k), the mean over the terms of the series."""
        terms = np.exp(self._terms(self._dim * self._whole) - self._log_total)
        order = np.arange(self._orders)
        return 1.0 - self._temperature * float((terms * (order[:, None] + order[None, :])).sum())

    def marginal(self, edges: np.ndarray) -> np.ndarray:
        """Masses of the bins of x_1."""
        cuts = np.unique(np.clip(edges, 0.0, self._period))
        if cuts.size < 2:
            return np.zeros(edges.size - 1)
        x, weight = self._rule(cuts[:-1], cuts[1:])
        terms = np.exp(self._terms((self._dim - 1) * self._whole) - self._log_total)
        order = np.arange(self._orders)[:, None]
        powers = [np.exp(order * self._log(k, x)) for k in (0, 1)]
        density = np.einsum("mx,mx->x", powers[0], terms @ powers[1])
        cumulative = np.concatenate([[0.0], np.cumsum(weight * density)])
        # nodes lie in order, and a bin ends where a panel does
        at = np.searchsorted(x, np.clip(edges, 0.0, self._period))
        return np.diff(cumulative[at])
