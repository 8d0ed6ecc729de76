"""A Gaussian with curvatures of very different size, in coordinates that are rotated against it."""

import math

import numpy as np
import scipy
from scipy.fft import dct

from langevin_sim.errors import InputError
from langevin_sim.potentials.potential import Potential, Quadratic, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, fma

# constants: the dim curvatures, then the directions that they belong to, [dim, dim] row by row


@compiled
def _projection(X, p, k, out):
    """out = the component of x along direction k."""
    dim = X.shape[0]
    for i in range(X.shape[1]):
        out[i] = 0.0
    for j in range(dim):
        x, entry = X[j], p[dim + k * dim + j]
        for i in range(X.shape[1]):
            out[i] = fma(entry, x[i], out[i])


@compiled
def _energy(X, E, p):
    along = np.empty(X.shape[1])
    for i in range(X.shape[1]):
        E[i] = 0.0
    for k in range(X.shape[0]):
        _projection(X, p, k, along)
        for i in range(X.shape[1]):
            E[i] = fma(0.5 * p[k] * along[i], along[i], E[i])


@compiled
def _gradient(X, G, p):
    dim = X.shape[0]
    along = np.empty(X.shape[1])
    for j in range(dim):
        g = G[j]
        for i in range(X.shape[1]):
            g[i] = 0.0
    for k in range(dim):
        _projection(X, p, k, along)
        for j in range(dim):
            g, entry = G[j], p[k] * p[dim + k * dim + j]
            for i in range(X.shape[1]):
                g[i] = fma(entry, along[i], g[i])


@compiled
def _label(X, L, p):
    energy = np.empty(X.shape[1])
    _energy(X, energy, p)
    for i in range(X.shape[1]):
        L[i] = 0 if 2.0 * energy[i] < X.shape[0] else 1


@rebuildable
def illconditioned(dim: int, condition: float = 1e6) -> Potential:
    """U(x) = x^T A x / 2 in R^dim, A = Q^T diag(k) Q with curvatures k from 1 to ``condition``, evenly spaced in their logarithm.

    Q is the orthonormal discrete cosine transform (DCT-II), for dim = 2 a turn by 45 degrees: no axis is along an eigenvector.
    For dim = 1 there is one curvature, ``condition``. Regions: core = {U < dim/2}, shell = the rest; the core has the mass
    P(chi^2_dim < dim/T). Boltzmann: N(0, T A^-1), E[U] = dim T/2. GDL's stationary variance along an eigenvector is
    T / (k (1 - eta k/2)), stable for eta k < 2: with a stable step the soft directions relax in about ``condition`` steps.
    """
    checked("illconditioned", dim, condition=condition)
    if condition < 1.0:
        raise InputError(f"illconditioned: condition = {condition}: expected a number of at least 1")
    curvatures = np.array([condition]) if dim == 1 else np.geomspace(1.0, condition, dim)
    directions = dct(np.eye(dim), norm="ortho", axis=0)  # rows are orthonormal, their first one constant
    matrix = directions.T @ (curvatures[:, None] * directions)
    inverse = (directions**2 / curvatures[:, None]).sum(axis=0)  # the diagonal of A^-1

    def extent(temperature: float) -> np.ndarray:
        reach = 5.0 * np.sqrt(max(temperature, 0.05) * inverse)
        return np.stack([-reach, reach], axis=-1)

    def marginal(temperature: float, edges: np.ndarray) -> np.ndarray:
        return np.diff(scipy.stats.norm.cdf(edges, 0.0, math.sqrt(temperature * inverse[0])))

    centre = np.zeros(dim)
    aside = 1.2 * math.sqrt(dim / curvatures[0]) * directions[0]
    return Potential(
        name="illconditioned",
        dim=dim,
        parameters={"condition": condition},
        constants=np.concatenate([curvatures, directions.ravel()]),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=centre[None],
        regions=(Region("core", "U < dim/2", centre), Region("shell", "U >= dim/2", aside)),
        extent=extent,
        stability_bound=2.0 / condition,
        exact_masses=lambda temperature: np.array(
            [scipy.stats.chi2.cdf(dim / temperature, dim), scipy.stats.chi2.sf(dim / temperature, dim)]
        ),
        exact_marginal=marginal,
        exact_energy=lambda temperature: 0.5 * dim * temperature,
        cold_masses=np.array([1.0, 0.0]),
        quadratic=Quadratic(centre, matrix),
    )
