"""Four wells on a line with three barriers of different height."""

from functools import cache

import numpy as np

from langevin_sim.potentials.minima import stationary_points, with_cold_masses, with_stability_bound
from langevin_sim.potentials.potential import Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, exp, fma


@compiled
def _energy(X, E, p):
    x = X[0]
    for i in range(X.shape[1]):
        square, left, right = x[i] * x[i], x[i] + 0.5, x[i] - 0.5
        fourth = square * square
        bumps = 0.8 * exp(-80.0 * square) + 0.2 * exp(-80.0 * right * right) + 0.5 * exp(-40.0 * left * left)
        E[i] = 4.0 * p[0] * fma(fourth, fourth, bumps)


@compiled
def _gradient(X, G, p):
    x, g = X[0], G[0]
    for i in range(X.shape[1]):
        square, left, right = x[i] * x[i], x[i] + 0.5, x[i] - 0.5
        steep = 8.0 * square * square * square * x[i]
        middle = 128.0 * x[i] * exp(-80.0 * square)
        bumps = middle + 32.0 * right * exp(-80.0 * right * right) + 40.0 * left * exp(-40.0 * left * left)
        g[i] = 4.0 * p[0] * (steep - bumps)


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        x = X[0, i]
        L[i] = (1 if x >= p[1] else 0) + (1 if x >= p[2] else 0) + (1 if x >= p[3] else 0)


@cache
def _points() -> tuple[np.ndarray, np.ndarray]:
    """Minima and maxima, which do not depend on the scale."""
    return stationary_points(_at(1.0, np.linspace(-0.75, 0.75, 4), np.array([-0.5, 0.0, 0.5])), -1.5, 1.5)


def _at(scale: float, minima: np.ndarray, tops: np.ndarray) -> Potential:
    def extent(temperature: float) -> np.ndarray:
        reach = max(1.1, (12.5 * temperature / (4.0 * scale)) ** 0.125 + 0.1)
        return np.array([[-reach, reach]])

    ends = ["-inf", *(f"{top:.6g}" for top in tops), "inf"]
    return Potential(
        name="prinz",
        dim=1,
        parameters={"scale": scale},
        constants=np.array([scale, *tops]),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=minima[:, None],
        regions=tuple(Region(f"well{k + 1}", f"{ends[k]} <= x < {ends[k + 1]}", minima[[k]]) for k in range(4)),
        extent=extent,
        stability_bound=1.0,
    )


@rebuildable
def prinz(dim: int = 1, scale: float = 1.0) -> Potential:
    """U(x) = 4 scale (x^8 + 0.8 exp(-80 x^2) + 0.2 exp(-80 (x - 0.5)^2) + 0.5 exp(-40 (x + 0.5)^2)) in R.

    Regions: well1 to well4 from left to right, with borders at the three maxima. The wells are not equally deep, so
    the deepest one has all the mass as T -> 0. Masses are one-dimensional quadratures.
    Source: Prinz et al., J. Chem. Phys. 134, 174105 (2011).
    """
    checked("prinz", dim, at_most=1, scale=scale)
    return with_cold_masses(with_stability_bound(_at(scale, *_points())))
