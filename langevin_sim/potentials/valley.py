"""A curved valley of zero loss: two linear weights in a row."""

import math

import numpy as np
from scipy.special import erf

from langevin_sim.dynamics.domain import Domain
from langevin_sim.potentials.potential import Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, fma

_WALL = 4.0


@compiled
def _energy(X, E, p):
    x, y = X[0], X[1]
    for i in range(X.shape[1]):
        residual = fma(x[i], y[i], -1.0)
        E[i] = residual * residual
    for j in range(2, X.shape[0]):
        z = X[j]
        for i in range(X.shape[1]):
            E[i] = fma(0.5 * p[0] * z[i], z[i], E[i])


@compiled
def _gradient(X, G, p):
    x, y, g, h = X[0], X[1], G[0], G[1]
    for i in range(X.shape[1]):
        twice = 2.0 * fma(x[i], y[i], -1.0)
        g[i] = twice * y[i]
        h[i] = twice * x[i]
    for j in range(2, X.shape[0]):
        z, g = X[j], G[j]
        for i in range(X.shape[1]):
            g[i] = p[0] * z[i]


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        L[i] = 0 if X[0, i] + X[1, i] >= 0.0 else 1


def _slice(x: np.ndarray, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """Integrals over |y| < 4 of exp(-r^2/T) and of r^2 exp(-r^2/T), r = x y - 1."""
    root = math.sqrt(temperature)
    high, low = (_WALL * np.abs(x) - 1.0) / root, (-_WALL * np.abs(x) - 1.0) / root
    mass = 0.5 * math.sqrt(math.pi) * (erf(high) - erf(low))
    square = 0.5 * mass - 0.5 * (high * np.exp(-high * high) - low * np.exp(-low * low))
    scale = root / np.abs(x)
    return scale * mass, temperature * scale * square


def _integrals(temperature: float, edges: np.ndarray) -> tuple[np.ndarray, float]:
    """Integrals of both over the bins of x, and of the second over all, by Gauss-Legendre in x."""
    cuts = np.union1d(np.linspace(-_WALL, _WALL, 801), np.clip(edges, -_WALL, _WALL))  # 0 is a cut, never a node
    nodes, weights = np.polynomial.legendre.leggauss(8)
    half, middle = 0.5 * np.diff(cuts)[:, None], 0.5 * (cuts[1:] + cuts[:-1])[:, None]
    mass, square = _slice(middle + half * nodes, temperature)
    cumulative = np.concatenate([[0.0], np.cumsum((half * weights * mass).sum(1))])
    inside = np.diff(cumulative[np.searchsorted(cuts, np.clip(edges, -_WALL, _WALL))])
    return inside / cumulative[-1], float((half * weights * square).sum() / cumulative[-1])


@rebuildable
def valley(dim: int, stiffness: float = 1.0) -> Potential:
    """U(x) = (x_1 x_2 - 1)^2 + (k/2) sum_{j>=3} x_j^2 in the reflecting box [-4, 4]^dim, dim >= 2, k = stiffness.

    The loss of fitting x_1 x_2 = 1: zero on two curved valleys, wide where |x| is small (curvature
    2 |x|^2 across), flat along. On the whole plane exp(-U/T) cannot be normalised, hence the box.
    Regions: positive = {x_1 + x_2 >= 0}, negative = the rest, 1/2 each by symmetry; saddle at 0, U = 1.
    Along x_2 the integral is an error function, so the x_1 marginal is exact in any dimension.
    """
    checked("valley", dim, at_least=2, stiffness=stiffness)
    floor = np.zeros((2, dim))
    floor[0, :2], floor[1, :2] = 1.0, -1.0
    cube = np.tile([-_WALL, _WALL], (dim, 1))

    def energy(temperature: float) -> float:
        ratio = _WALL * math.sqrt(stiffness / (2.0 * temperature))  # the wall in units of sqrt(2) deviations
        across = 0.5 * temperature * (1.0 - 2.0 / math.sqrt(math.pi) * ratio * math.exp(-ratio * ratio) / math.erf(ratio))
        return _integrals(temperature, np.array([-_WALL, _WALL]))[1] + (dim - 2) * across

    return Potential(
        name="valley",
        dim=dim,
        parameters={"stiffness": stiffness},
        constants=np.array([stiffness]),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=floor,
        regions=(Region("positive", "x_1 + x_2 >= 0", floor[0]), Region("negative", "x_1 + x_2 < 0", floor[1])),
        extent=lambda temperature: cube,
        stability_bound=2.0 / max(2.0 * (_WALL**2 + _WALL**-2), stiffness if dim > 2 else 0.0),
        domain=Domain("reflecting", -_WALL, _WALL),
        exact_masses=lambda temperature: np.array([0.5, 0.5]),
        exact_marginal=lambda temperature, edges: _integrals(temperature, np.asarray(edges, float))[0],
        exact_energy=energy,
        cold_masses=np.array([0.5, 0.5]),
    )
