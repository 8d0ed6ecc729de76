"""A quartic double well along one axis, harmonic across it."""

import math

import numpy as np

from langevin_sim.errors import InputError
from langevin_sim.potentials.potential import Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, fma


@compiled
def _gradient(X, G, p):
    barrier, stiffness, tilt = p[0], p[1], p[2]
    x, g = X[0], G[0]
    for i in range(X.shape[1]):
        g[i] = fma(4.0 * barrier * x[i], x[i] * x[i] - 1.0, tilt)
    for j in range(1, X.shape[0]):
        x, g = X[j], G[j]
        for i in range(X.shape[1]):
            g[i] = stiffness * x[i]


@compiled
def _energy(X, E, p):
    barrier, stiffness, tilt = p[0], p[1], p[2]
    x = X[0]
    for i in range(X.shape[1]):
        well = x[i] * x[i] - 1.0
        E[i] = fma(barrier * well, well, tilt * x[i])
    for j in range(1, X.shape[0]):
        x = X[j]
        for i in range(X.shape[1]):
            E[i] = fma(0.5 * stiffness * x[i], x[i], E[i])


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        L[i] = 0 if X[0, i] < p[3] else 1


@rebuildable
def doublewell(dim: int, barrier: float = 2.0, stiffness: float = 1.0, tilt: float = 0.0) -> Potential:
    """U(x) = h (x_1^2 - 1)^2 + tilt x_1 + (k/2) sum_{j>=2} x_j^2 in R^dim, h = barrier, k = stiffness.

    Regions: left = {x_1 < s}, right = the rest, s the place of the barrier's top (0 without tilt). A
    positive tilt makes the left well the deeper one. Source: the textbook quartic (Kramers 1940).
    """
    checked("doublewell", dim, barrier=barrier, stiffness=stiffness)
    steepest = 8.0 * barrier / (3.0 * math.sqrt(3.0))
    if not abs(tilt) < steepest:
        raise InputError(f"doublewell: tilt = {tilt}: expected less than {steepest:.4g} in size, or one of the wells disappears")
    # 4 h (x^3 - x) + tilt = 0 by the trigonometric form of the cubic, then Newton's method
    angle = math.acos(-tilt / steepest) / 3.0
    roots = np.sort([2.0 / math.sqrt(3.0) * math.cos(angle - 2.0 * math.pi * k / 3.0) for k in range(3)])
    for _ in range(3):
        roots -= (4.0 * barrier * (roots**3 - roots) + tilt) / (4.0 * barrier * (3.0 * roots**2 - 1.0))
    if tilt == 0.0:
        roots = np.array([-1.0, 0.0, 1.0])
    minima = np.zeros((2, dim))
    minima[:, 0] = roots[[0, 2]]
    curvature = 4.0 * barrier * (3.0 * max(abs(roots)) ** 2 - 1.0)

    def extent(temperature: float) -> np.ndarray:
        hot = max(temperature, 0.05)
        reach = 5.0 * math.sqrt(hot / stiffness)
        box = np.tile([-reach, reach], (dim, 1))
        # where U is 12.5 T above the floor
        box[0] = np.array([-1.0, 1.0]) * math.sqrt(1.0 + math.sqrt((12.5 * hot + 2.0 * abs(tilt)) / barrier))
        return box

    return Potential(
        name="doublewell",
        dim=dim,
        parameters={"barrier": barrier, "stiffness": stiffness, "tilt": tilt},
        constants=np.array([barrier, stiffness, tilt, roots[1]]),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=minima,
        regions=(
            Region("left", f"x_1 < {roots[1]:.6g}", minima[0]),
            Region("right", f"x_1 >= {roots[1]:.6g}", minima[1]),
        ),
        extent=extent,
        stability_bound=2.0 / max(curvature, stiffness if dim > 1 else 0.0),
        symmetry="axial",
        cold_masses=np.array([0.5, 0.5] if tilt == 0.0 else [float(tilt > 0.0), float(tilt < 0.0)]),
    )
