"""One harmonic well, for checks with a known answer."""

import math

import numpy as np

from langevin_sim.potentials.potential import Potential, Quadratic, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, fma


@compiled
def _gradient(X, G, p):
    for j in range(X.shape[0]):
        x, g = X[j], G[j]
        for i in range(X.shape[1]):
            g[i] = p[0] * x[i]


@compiled
def _energy(X, E, p):
    for i in range(X.shape[1]):
        E[i] = 0.0
    for j in range(X.shape[0]):
        x = X[j]
        for i in range(X.shape[1]):
            E[i] = fma(0.5 * p[0] * x[i], x[i], E[i])


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        square = 0.0
        for j in range(X.shape[0]):
            square = fma(X[j, i], X[j, i], square)
        L[i] = 0 if square < p[1] else 1


@rebuildable
def quadratic(dim: int, stiffness: float = 1.0) -> Potential:
    """U(x) = k |x|^2 / 2 in R^dim, k = stiffness.

    Regions: core = {|x|^2 < dim/k}, shell = the rest. Boltzmann: x ~ N(0, (T/k) I). GDL's stationary
    law is Gaussian with variance T / (k (1 - eta k/2)), stable for eta k < 2.
    """
    checked("quadratic", dim, stiffness=stiffness)
    start = np.zeros(dim)
    start[0] = 1.5 * math.sqrt(dim / stiffness)

    def extent(temperature: float) -> np.ndarray:
        reach = 5.0 * math.sqrt(max(temperature, 0.05) / stiffness)
        return np.tile([-reach, reach], (dim, 1))

    return Potential(
        name="quadratic",
        dim=dim,
        parameters={"stiffness": stiffness},
        constants=np.array([stiffness, dim / stiffness]),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=np.zeros((1, dim)),
        regions=(
            Region("core", "|x|^2 < dim/k", np.zeros(dim)),
            Region("shell", "|x|^2 >= dim/k", start),
        ),
        extent=extent,
        stability_bound=2.0 / stiffness,
        symmetry="axial",
        cold_masses=np.array([1.0, 0.0]),
        quadratic=Quadratic(np.zeros(dim), stiffness * np.eye(dim)),
    )
