"""A Gaussian bent into a banana."""

import math
from dataclasses import replace

import numpy as np
import scipy

from langevin_sim.errors import InputError
from langevin_sim.potentials.factors import in_one_region
from langevin_sim.potentials.potential import Factor, Potential, Region, checked, rebuildable
from langevin_sim.potentials.quadratic import quadratic
from langevin_sim.vectormath import compiled, fma


@compiled
def _energy(X, E, p):
    bend, square = p[0], p[1]
    x, y = X[0], X[1]
    for i in range(X.shape[1]):
        across = fma(bend, fma(x[i], x[i], -square), y[i])
        E[i] = 0.5 * fma(across, across, x[i] * x[i] / square)
    for j in range(2, X.shape[0]):
        z = X[j]
        for i in range(X.shape[1]):
            E[i] = fma(0.5 * z[i], z[i], E[i])


@compiled
def _gradient(X, G, p):
    bend, square = p[0], p[1]
    x, y, g, h = X[0], X[1], G[0], G[1]
    for i in range(X.shape[1]):
        across = fma(bend, fma(x[i], x[i], -square), y[i])
        g[i] = fma(2.0 * bend * x[i], across, x[i] / square)
        h[i] = across
    for j in range(2, X.shape[0]):
        z, g = X[j], G[j]
        for i in range(X.shape[1]):
            g[i] = z[i]


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        L[i] = 0 if X[0, i] * X[0, i] < p[1] else 1


def _at(dim: int, bend: float, width: float) -> Potential:
    top, arm = np.zeros(dim), np.zeros(dim)
    top[1] = bend * width**2
    arm[:2] = 1.5 * width, -1.25 * bend * width**2

    def extent(temperature: float) -> np.ndarray:
        reach = 5.0 * math.sqrt(max(temperature, 0.05))
        box = np.tile([-reach, reach], (dim, 1))
        box[0] = max(reach, 2.0) * width * np.array([-1.0, 1.0])
        ends = sorted((top[1], top[1] * (1.0 - max(reach, 2.0) ** 2)))
        box[1] = ends[0] - reach, ends[1] + reach
        return box

    def masses(temperature: float) -> np.ndarray:
        ratio = 1.0 / math.sqrt(temperature)
        return np.array([1.0 - 2.0 * scipy.stats.norm.sf(ratio), 2.0 * scipy.stats.norm.sf(ratio)])

    return Potential(
        name="banana",
        dim=dim,
        parameters={"bend": bend, "width": width},
        constants=np.array([bend, width**2]),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=top[None],
        regions=(
            Region("top", f"|x_1| < {width:g}", top, None if dim == 2 else (0,) * (dim - 1)),
            Region("arms", f"|x_1| >= {width:g}", arm, None if dim == 2 else (1,) + (0,) * (dim - 2)),
        ),
        extent=extent,
        stability_bound=2.0 / max(1.0, width**-2),
        exact_masses=masses,
        exact_marginal=lambda temperature, edges: np.diff(scipy.stats.norm.cdf(edges, 0.0, width * math.sqrt(temperature))),
        exact_energy=lambda temperature: 0.5 * dim * temperature,
        cold_masses=np.array([1.0, 0.0]),
    )


@rebuildable
def banana(dim: int = 2, bend: float = 0.1, width: float = 10.0) -> Potential:
    """U(x) = x_1^2 / (2 w^2) + (x_2 + b x_1^2 - b w^2)^2 / 2 + sum_{j>=3} x_j^2 / 2 in R^dim, dim >= 2, w = width, b = bend.

    The twisted Gaussian. Regions: top = {|x_1| < w}, arms = the rest. The twist preserves volumes, so x_1 ~ N(0, T w^2) and
    E[U] = dim T/2 exactly, for any bend and temperature.
    Source: Haario, Saksman and Tamminen, Computational Statistics 14, 375 (1999), with b = 0.03 and 0.1.
    """
    checked("banana", dim, at_least=2, width=width)
    if not (math.isfinite(bend) and bend >= 0):
        raise InputError(f"banana: bend = {bend}: expected a number of at least 0")
    if dim == 2:
        return _at(2, bend, width)
    line = in_one_region(quadratic(1))
    others = [Factor((j,), line) for j in range(2, dim)]
    return replace(_at(dim, bend, width), factors=(Factor((0, 1), _at(2, bend, width)), *others))
