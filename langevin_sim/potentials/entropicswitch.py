"""Two deep wells joined by a narrow direct path and a wide detour through a shallow third."""

from dataclasses import replace

import numpy as np

from langevin_sim.potentials import nearest
from langevin_sim.potentials.minima import with_refined_minima, with_stability_bound
from langevin_sim.potentials.potential import Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, exp, fma


@compiled
def _energy(X, E, p):
    x, y = X[0], X[1]
    for i in range(X.shape[1]):
        low, high, left, right = y[i] - 1.0 / 3.0, y[i] - 5.0 / 3.0, x[i] + 1.0, x[i] - 1.0
        xx, yy = x[i] * x[i], y[i] * y[i]
        top = 3.0 * exp(-xx - low * low) - 3.0 * exp(-xx - high * high)
        sides = 5.0 * exp(-right * right - yy) + 5.0 * exp(-left * left - yy)
        walls = 0.2 * fma(xx, xx, low * low * low * low)
        E[i] = p[0] * (top - sides + walls)


@compiled
def _gradient(X, G, p):
    x, y, g, h = X[0], X[1], G[0], G[1]
    for i in range(X.shape[1]):
        low, high, left, right = y[i] - 1.0 / 3.0, y[i] - 5.0 / 3.0, x[i] + 1.0, x[i] - 1.0
        xx, yy = x[i] * x[i], y[i] * y[i]
        hill, pit = 3.0 * exp(-xx - low * low), 3.0 * exp(-xx - high * high)
        east, west = 5.0 * exp(-right * right - yy), 5.0 * exp(-left * left - yy)
        g[i] = p[0] * (2.0 * (x[i] * (pit - hill) + right * east + left * west) + 0.8 * xx * x[i])
        h[i] = p[0] * (2.0 * (high * pit - low * hill + y[i] * (east + west)) + 0.8 * low * low * low)


@rebuildable
def entropicswitch(dim: int = 2, scale: float = 1.0) -> Potential:
    """U(x, y) = scale [3 exp(-x^2 - (y - 1/3)^2) - 3 exp(-x^2 - (y - 5/3)^2) - 5 exp(-(x - 1)^2 - y^2)
    - 5 exp(-(x + 1)^2 - y^2) + x^4/5 + (y - 1/3)^4/5] in R^2, also known as the three-hole potential.

    Regions: left, right and top, each nearest to its minimum, U/scale = -4.16, -4.16 and -1.72. U(-x, y) = U(x, y), so
    left and right have equal masses at any temperature. At low temperature, paths from left to right are direct; at higher
    temperature they take the detour through the top, which is wider.
    Source: Metzner, Schütte and Vanden-Eijnden, J. Chem. Phys. 125, 084110 (2006).
    """
    checked("entropicswitch", dim, at_least=2, at_most=2, scale=scale)
    near = np.array([[-1.048, -0.042], [1.048, -0.042], [0.0, 1.537]])

    def extent(temperature: float) -> np.ndarray:
        reach = (5.0 * (12.5 * max(temperature, 0.05) / scale + 4.2)) ** 0.25
        return np.array([[-reach, reach], [1.0 / 3.0 - reach, 1.0 / 3.0 + reach]])

    potential = with_stability_bound(
        with_refined_minima(
            Potential(
                name="entropicswitch",
                dim=2,
                parameters={"scale": scale},
                constants=nearest.with_centres([scale], near),
                block_energy=_energy,
                block_gradient=_gradient,
                block_label=nearest.block_label,
                minima=near,
                regions=(),
                extent=extent,
                stability_bound=1.0,
                cold_masses=np.array([0.5, 0.5, 0.0]),
            )
        )
    )
    rule = "nearest to this of the three minima"
    return replace(
        potential,
        constants=nearest.with_centres([scale], potential.minima),
        regions=tuple(Region(name, rule, potential.minima[k]) for k, name in enumerate(("left", "right", "top"))),
    )
