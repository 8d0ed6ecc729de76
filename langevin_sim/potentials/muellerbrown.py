"""The Müller-Brown surface: three minima, two saddles, a bent path between them."""

import math
from functools import cache

import numpy as np

from langevin_sim.potentials.minima import hessian, with_refined_minima
from langevin_sim.potentials.potential import Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, exp

# columns A, a, b, c, x0, y0 of Müller and Brown, Theor. Chim. Acta 53, 75 (1979)
_TERMS = np.array(
    [
        [-200.0, -1.0, 0.0, -10.0, 1.0, 0.0],
        [-100.0, -1.0, 0.0, -10.0, 0.0, 0.5],
        [-170.0, -6.5, 11.0, -6.5, -0.5, 1.5],
        [15.0, 0.7, 0.6, 0.7, -1.0, 1.0],
    ]
)
_NEAR = np.array([[-0.558, 1.442], [-0.050, 0.467], [0.623, 0.028]])  # minima to three digits


@compiled
def _energy(X, E, p):
    x, y = X[0], X[1]
    for i in range(X.shape[1]):
        E[i] = 0.0
    for k in range(4):
        o = 1 + 6 * k
        scaled, a, b, c, x0, y0 = p[0] * p[o], p[o + 1], p[o + 2], p[o + 3], p[o + 4], p[o + 5]
        for i in range(X.shape[1]):
            u, v = x[i] - x0, y[i] - y0
            E[i] += scaled * exp(a * u * u + b * u * v + c * v * v)


@compiled
def _gradient(X, G, p):
    x, y, g, h = X[0], X[1], G[0], G[1]
    for i in range(X.shape[1]):
        g[i] = 0.0
        h[i] = 0.0
    for k in range(4):
        o = 1 + 6 * k
        scaled, a, b, c, x0, y0 = p[0] * p[o], p[o + 1], p[o + 2], p[o + 3], p[o + 4], p[o + 5]
        for i in range(X.shape[1]):
            u, v = x[i] - x0, y[i] - y0
            value = scaled * exp(a * u * u + b * u * v + c * v * v)
            g[i] += value * (2.0 * a * u + b * v)
            h[i] += value * (b * u + 2.0 * c * v)


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        nearest, shortest = 0, math.inf
        for k in range(3):
            u, v = X[0, i] - p[25 + 2 * k], X[1, i] - p[26 + 2 * k]
            if u * u + v * v < shortest:
                nearest, shortest = k, u * u + v * v
        L[i] = nearest


@cache
def _minima() -> tuple[np.ndarray, float]:
    """The minima to rounding, and the largest curvature there, for scale 1."""
    refined = with_refined_minima(_at(1.0, _NEAR, 1.0))
    return refined.minima, max(float(np.linalg.eigvalsh(hessian(refined, point))[-1]) for point in refined.minima)


def _at(scale: float, minima: np.ndarray, curvature: float) -> Potential:
    def extent(temperature: float) -> np.ndarray:
        grow = max(temperature / (20.0 * scale), 0.04) ** 0.25
        centre, half = np.array([-0.15, 0.75]), np.array([1.35, 1.25]) * grow
        return np.stack([centre - half, centre + half], axis=-1)

    rule = "nearest to this of the three minima"
    return Potential(
        name="muellerbrown",
        dim=2,
        parameters={"scale": scale},
        constants=np.concatenate([[scale], _TERMS.ravel(), minima.ravel()]),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=minima,
        regions=tuple(Region(name, rule, minima[k]) for k, name in enumerate(("deep", "middle", "right"))),
        extent=extent,
        stability_bound=2.0 / (curvature * scale),
        cold_masses=np.array([1.0, 0.0, 0.0]),
    )


@rebuildable
def muellerbrown(dim: int = 2, scale: float = 0.05) -> Potential:
    """U(x) = scale sum_k A_k exp(a_k (x_1-u_k)^2 + b_k (x_1-u_k)(x_2-v_k) + c_k (x_2-v_k)^2) in R^2.

    Regions: deep, middle and right, each nearest to its minimum, U/scale = -146.7, -80.8,
    -108.2. With scale = 0.05 (default) the barriers are 5.3 from the deep well, 0.4 from the middle
    one and 1.8 from the right one, so at T = 1 walkers cross them occasionally.
    Source: Müller and Brown, Theor. Chim. Acta 53, 75 (1979).
    """
    checked("muellerbrown", dim, at_least=2, at_most=2, scale=scale)
    return _at(scale, *_minima())
