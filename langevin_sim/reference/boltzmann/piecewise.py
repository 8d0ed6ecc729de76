"""A density on a line, represented by a polynomial on each of many panels: masses of intervals, values, moments, draws."""

import math
from dataclasses import dataclass

import numpy as np

from langevin_sim.reference.quadrature import legendre, legendre_coefficients

_ROUNDING = 1e-14
_NEWTON = 60


def _integrated(coefficients: np.ndarray) -> np.ndarray:
    """Legendre coefficients [p, n + 1] of the integrals from -1 of densities with coefficients [p, n]."""
    return np.polynomial.legendre.legint(coefficients, lbnd=-1.0, axis=1)


@dataclass(frozen=True)
class Piecewise:
    """low, high [panels], in order; density [panels, nodes] at Gauss-Legendre nodes; error [panels] of each panel's mass.

    left_out: the integrals of 1, |x| and x^2 beyond the panels.
    """

    low: np.ndarray
    high: np.ndarray
    density: np.ndarray
    error: np.ndarray
    left_out: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def _masses(self) -> np.ndarray:
        return (self.high - self.low) * (self.density @ legendre(self.density.shape[1])[1])

    def _place(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        panel = np.clip(np.searchsorted(self.low, x, side="right") - 1, 0, len(self.low) - 1)
        with np.errstate(invalid="ignore"):
            t = 2.0 * (x - self.low[panel]) / (self.high[panel] - self.low[panel]) - 1.0
        return panel, np.clip(t, -1.0, 1.0)

    def below(self, x: np.ndarray) -> np.ndarray:
        """P(x_j <= x) at points x[n]."""
        integrated = _integrated(self.density @ legendre_coefficients(self.density.shape[1]).T)
        panel, t = self._place(x)
        basis = np.polynomial.legendre.legvander(t, integrated.shape[1] - 1)
        inside = 0.5 * (self.high - self.low)[panel] * (basis * integrated[panel]).sum(axis=1)
        return np.asarray(np.concatenate([[0.0], np.cumsum(self._masses())])[panel] + inside)

    def bins(self, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Masses of the bins between the edges, and their errors."""
        masses = np.diff(self.below(edges))
        first = np.searchsorted(self.high, edges[:-1], side="right")
        last = np.searchsorted(self.low, edges[1:], side="left")
        sums = np.concatenate([[0.0], np.cumsum(self.error)])
        errors = np.maximum(sums[np.maximum(last, first)] - sums[np.minimum(first, last)], 0.0)
        return np.clip(masses, 0.0, 1.0), errors + masses.clip(0.0) * sums[-1] + self.left_out[0] + _ROUNDING

    def values(self, x: np.ndarray) -> np.ndarray:
        """The density at points x[n]; 0 outside the panels."""
        panel, t = self._place(x)
        coefficients = self.density @ legendre_coefficients(self.density.shape[1]).T
        basis = np.polynomial.legendre.legvander(t, coefficients.shape[1] - 1)
        found = (basis * coefficients[panel]).sum(axis=1)
        return np.where((x < self.low[panel]) | (x > self.high[panel]), 0.0, np.maximum(found, 0.0))

    def nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """Nodes [panels, n] and their probabilities: E f(x_j) is the sum of f(node) times probability."""
        t, weight = legendre(self.density.shape[1])
        width = (self.high - self.low)[:, None]
        return self.low[:, None] + width * t, width * weight * self.density

    def moment(self, power: int) -> tuple[float, float]:
        """E x_j^power, power 1 or 2, with its error; inf or nan, with error 0, if the tails make it infinite or undefined."""
        x, probability = self.nodes()
        reach = np.maximum(np.abs(self.low), np.abs(self.high)) ** power
        if math.isinf(self.left_out[power]):
            return (math.inf if power % 2 == 0 else math.nan), 0.0
        value = float((probability * x**power).sum())
        size = float((probability * np.abs(x) ** power).sum())
        return value, float((self.error * reach).sum()) + size * (float(self.error.sum()) + _ROUNDING) + self.left_out[power]

    def inverse(self, u: np.ndarray) -> np.ndarray:
        """Points x[n] with P(x_j <= x) = u[n], by Newton's method within the panel that contains each of them."""
        masses = self._masses()
        sums = np.concatenate([[0.0], np.cumsum(masses)])
        wanted = u * sums[-1]
        panel = np.clip(np.searchsorted(sums, wanted, side="right") - 1, 0, len(masses) - 1)
        coefficients = (self.density @ legendre_coefficients(self.density.shape[1]).T)[panel]
        return inverse_in_panels(coefficients, self.low[panel], self.high[panel], wanted - sums[panel])

    def draw(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Independent draws [n, 1]: the inverse of the distribution function at uniform numbers."""
        return self.inverse(generator.random(n))[:, None]


def inverse_in_panels(coefficients: np.ndarray, low: np.ndarray, high: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """x[n] such that the density of Legendre coefficients [n, nodes] on [low, high] has the given mass below x."""
    integrated = _integrated(coefficients)
    half = 0.5 * (high - low)
    left, right = np.full(mass.shape, -1.0), np.ones(mass.shape)
    t = np.zeros(mass.shape)
    going = np.arange(mass.size)
    for _ in range(_NEWTON):
        basis = np.polynomial.legendre.legvander(t[going], integrated.shape[1] - 1)
        excess = half[going] * (basis * integrated[going]).sum(axis=1) - mass[going]
        slope = half[going] * (basis[:, :-1] * coefficients[going]).sum(axis=1)
        above = excess > 0
        right[going] = np.where(above, t[going], right[going])
        left[going] = np.where(above, left[going], t[going])
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = t[going] - excess / slope
        inside = (newton > left[going]) & (newton < right[going])
        following = np.where(inside, newton, 0.5 * (left[going] + right[going]))
        moved = np.abs(following - t[going])
        t[going] = following
        going = going[moved > 1e-13]
        if not going.size:
            break
    return np.asarray(low + half * (t + 1.0))
