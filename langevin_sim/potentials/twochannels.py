"""Two equal wells joined by two equal channels around a hill."""

import math

import numpy as np

from langevin_sim.potentials.minima import with_refined_minima, with_stability_bound
from langevin_sim.potentials.potential import Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, fma


@compiled
def _energy(X, E, p):
    x, y = X[0], X[1]
    for i in range(X.shape[1]):
        ring = 1.0 - x[i] * x[i] - y[i] * y[i]
        apart = fma(x[i], x[i], -2.0)
        plus, minus = x[i] + y[i], x[i] - y[i]
        plus, minus = fma(plus, plus, -1.0), fma(minus, minus, -1.0)
        E[i] = p[0] / 6.0 * (4.0 * ring * ring + 2.0 * apart * apart + plus * plus + minus * minus)


@compiled
def _gradient(X, G, p):
    x, y, g, h = X[0], X[1], G[0], G[1]
    for i in range(X.shape[1]):
        ring = 1.0 - x[i] * x[i] - y[i] * y[i]
        plus, minus = x[i] + y[i], x[i] - y[i]
        along, across = plus * fma(plus, plus, -1.0), minus * fma(minus, minus, -1.0)
        common = p[0] / 6.0
        g[i] = common * (x[i] * (8.0 * fma(x[i], x[i], -2.0) - 16.0 * ring) + 4.0 * (along + across))
        h[i] = common * (4.0 * (along - across) - 16.0 * y[i] * ring)


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        L[i] = 0 if X[0, i] < 0.0 else 1


@rebuildable
def twochannels(dim: int = 2, scale: float = 1.0) -> Potential:
    """U(x, y) = scale [4 (1 - x^2 - y^2)^2 + 2 (x^2 - 2)^2 + ((x + y)^2 - 1)^2 + ((x - y)^2 - 1)^2] / 6 in R^2.

    Regions: left = {x < 0}, right = the rest, 1/2 each by symmetry at every temperature. U is even in x and in y: the
    committor from one well to the other is 1/2 at x = 0, and both channels carry half of the current.
    Source: Dellago, Bolhuis, Csajka and Chandler, J. Chem. Phys. 108, 1964 (1998).
    """
    checked("twochannels", dim, at_least=2, at_most=2, scale=scale)
    near = np.array([[-1.118, 0.0], [1.118, 0.0]])

    def extent(temperature: float) -> np.ndarray:
        reach = math.sqrt(1.3 + math.sqrt(9.0 * max(temperature, 0.05) / scale))
        return np.array([[-reach, reach], [-reach, reach]])

    return with_stability_bound(
        with_refined_minima(
            Potential(
                name="twochannels",
                dim=2,
                parameters={"scale": scale},
                constants=np.array([scale]),
                block_energy=_energy,
                block_gradient=_gradient,
                block_label=_label,
                minima=near,
                regions=(Region("left", "x_1 < 0", near[0]), Region("right", "x_1 >= 0", near[1])),
                extent=extent,
                stability_bound=1.0,
                exact_masses=lambda temperature: np.array([0.5, 0.5]),
                cold_masses=np.array([0.5, 0.5]),
            )
        )
    )
