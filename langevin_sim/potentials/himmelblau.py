"""Four minima of equal depth and unequal width."""

import numpy as np

from langevin_sim.potentials.minima import with_cold_masses, with_refined_minima, with_stability_bound
from langevin_sim.potentials.potential import Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, fma

_NEAR = np.array([[3.0, 2.0], [-2.805118, 3.131313], [-3.779310, -3.283186], [3.584428, -1.848127]])


@compiled
def _energy(X, E, p):
    x, y = X[0], X[1]
    for i in range(X.shape[1]):
        first, second = fma(x[i], x[i], y[i] - 11.0), fma(y[i], y[i], x[i] - 7.0)
        E[i] = p[0] * fma(first, first, second * second)


@compiled
def _gradient(X, G, p):
    x, y, g, h = X[0], X[1], G[0], G[1]
    for i in range(X.shape[1]):
        first, second = fma(x[i], x[i], y[i] - 11.0), fma(y[i], y[i], x[i] - 7.0)
        g[i] = 2.0 * p[0] * fma(2.0 * x[i], first, second)
        h[i] = 2.0 * p[0] * fma(2.0 * y[i], second, first)


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        if X[0, i] >= 0.0:
            L[i] = 0 if X[1, i] >= 0.0 else 3
        else:
            L[i] = 1 if X[1, i] >= 0.0 else 2


@rebuildable
def himmelblau(dim: int = 2, scale: float = 0.05) -> Potential:
    """U(x, y) = scale [(x^2 + y - 11)^2 + (x + y^2 - 7)^2] in R^2.

    Regions: the quadrants, northeast, northwest, southwest and southeast, each with one minimum of depth 0. As T -> 0 the
    masses are in proportion to 1/sqrt(det H) at the minima. With scale = 0.05 (default) the barriers are 0.67, 3.4, 5.2 and
    8.9, so at T = 1 walkers cross most of them occasionally. Source: Himmelblau, Applied Nonlinear Programming (1972).
    """
    checked("himmelblau", dim, at_least=2, at_most=2, scale=scale)

    def extent(temperature: float) -> np.ndarray:
        reach = (20.0 + (12.5 * max(temperature, 0.05) / scale) ** 0.5) ** 0.5 + 0.5
        return np.array([[-reach, reach], [-reach, reach]])

    rules = ("x_1 >= 0, x_2 >= 0", "x_1 < 0, x_2 >= 0", "x_1 < 0, x_2 < 0", "x_1 >= 0, x_2 < 0")
    names = ("northeast", "northwest", "southwest", "southeast")
    potential = with_stability_bound(
        with_refined_minima(
            Potential(
                name="himmelblau",
                dim=2,
                parameters={"scale": scale},
                constants=np.array([scale]),
                block_energy=_energy,
                block_gradient=_gradient,
                block_label=_label,
                minima=_NEAR,
                regions=tuple(Region(name, rule, point) for name, rule, point in zip(names, rules, _NEAR, strict=True)),
                extent=extent,
                stability_bound=1.0,
            )
        )
    )
    return with_cold_masses(potential)
