"""Tilts: any potential as a finite sum with a chosen gradient noise."""

from dataclasses import replace

import numpy as np
import scipy
from scipy.special import ndtri

from langevin_sim.errors import InputError
from langevin_sim.potentials.potential import FiniteSum, Potential, rebuildable
from langevin_sim.vectormath import compiled

_ASYMMETRY = 1e-9  # of a covariance, relative to its largest element


@compiled
def _batch_gradient(X, B, G, gradient, p, data):
    gradient(X, G, p)
    share = 1.0 / B.shape[0]
    for j in range(X.shape[0]):
        g = G[j]
        for i in range(X.shape[1]):
            total = 0.0
            for k in range(B.shape[0]):
                total += data[np.uint64(B[k, i]), j]  # unsigned: no test for negative indices
            g[i] += share * total


@rebuildable
def tilted(potential: Potential, covariance: np.ndarray, terms: int = 1000, seed: int = 0) -> Potential:
    """V_i(x) = U(x) + z_i . x with sum z_i = 0 and (1/n) sum z_i z_i^T = covariance, exactly.

    So grad U is the mean of grad V_i, and the gradient noise is the same everywhere. The z_i are n/2
    Gaussian vectors from scrambled Halton points, so their distribution is as close to Gaussian as n
    allows, and their negatives (odd moments vanish), whitened; ``terms`` must be even and more than twice
    the dimension. covariance: [dim, dim], or a number s^2 for s^2 I.
    """
    dim = potential.dim
    matrix = np.asarray(covariance, dtype=float)
    if not np.isfinite(matrix).all():
        raise InputError("tilt covariance: expected finite numbers")
    matrix = matrix * np.eye(dim) if matrix.ndim == 0 else matrix
    if matrix.shape != (dim, dim) or np.abs(matrix - matrix.T).max() > _ASYMMETRY * np.abs(matrix).max():
        raise InputError(f"tilt covariance of shape {matrix.shape}: expected a symmetric {dim} x {dim} matrix")
    matrix = 0.5 * (matrix + matrix.T)
    values, vectors = np.linalg.eigh(matrix)
    if values.min() < -1e-12 * abs(values).max():
        raise InputError(f"tilt covariance has the eigenvalue {values.min():g}: expected none below 0")
    if terms % 2 or terms <= 2 * dim:
        raise InputError(f"terms {terms}: expected an even number above {2 * dim} for tilts in {dim} dimensions")
    points = scipy.stats.qmc.Halton(dim, rng=np.random.default_rng([seed, dim, terms])).random(terms // 2)
    half = ndtri(points) / np.sqrt(terms / 2)
    orthonormal, _ = np.linalg.qr(half)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    half = np.sqrt(terms / 2) * orthonormal @ root.T
    data = np.ascontiguousarray(np.concatenate([half, -half]))
    return replace(potential, terms=FiniteSum(data, _batch_gradient, matrix, data))


def scaled_noise(potential: Potential, factor: float, covariance: np.ndarray) -> Potential:
    """The sum whose terms are U + factor (V_i - U), where V_i - U is a tilt: z_i . x and a constant.

    covariance [dim, dim]: that of the terms' gradients, the same at every x. A step then takes grad U from all terms.
    """
    terms = potential.terms
    if terms is None:
        raise InputError(f"{potential.name} is not a finite sum; use potentials.tilted to make it one")
    tilts = terms.tilts
    if tilts is None:
        single = potential.batch_gradient(np.tile(potential.minima[0], (terms.n_terms, 1)), np.arange(terms.n_terms)[:, None])
        tilts = single - single.mean(axis=0)
    data = np.ascontiguousarray(factor * tilts)
    return replace(potential, terms=FiniteSum(data, _batch_gradient, factor**2 * covariance, data))
