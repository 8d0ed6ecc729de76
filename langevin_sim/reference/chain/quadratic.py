"""The chain law on a quadratic form: normal, in closed form, whatever its condition and dimension."""

import math

import numpy as np
import scipy
from scipy.special import ndtri

from langevin_sim.dynamics import Dynamics
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential, Quadratic
from langevin_sim.reference.boltzmann import boltzmann
from langevin_sim.reference.chain.kernel import Kernel, Noise
from langevin_sim.reference.chain.law import ChainLaw
from langevin_sim.reference.chain.marginal import Normal
from langevin_sim.reference.moments import Moments

_ROUNDING = 4.0 * float(np.finfo(float).eps)
_SCRAMBLINGS, _POINTS = 16, 2**13
_SAFETY = 4.0  # standard errors


def quadratic_law(potential: Potential, form: Quadratic, dynamics: Dynamics, kernel: Kernel, noise: Noise) -> ChainLaw:
    """x ~ N(centre, S): S = M S M + Q, M = I - eta A, Q the covariance of a step's noise.

    GDL: variance T/(k (1 - eta k/2)) along an eigenvector of curvature k, so E U = minimum + (T/2) sum 1/(1 - eta k_i/2).
    LM: T/k. Relaxation: the largest |1 - eta k|. Stable for eta k < 2. Several regions: the masses of Boltzmann's law at
    another temperature where S is in proportion to A^-1, else from scrambled Sobol points of the normal law.
    """
    step, dim = dynamics.step_size, potential.dim
    curvatures, vectors = np.linalg.eigh(form.curvature)
    stay = 1.0 - step * curvatures
    if np.abs(stay).max() >= 1.0:
        raise ReferenceUnavailable(f"step size {step:g} is beyond the stability bound {2.0 / curvatures[-1]:g}")
    turned = vectors.T @ noise.covariance(dim) @ vectors
    inside = kernel.covariance(curvatures, turned, step)
    covariance = vectors @ inside @ vectors.T
    variances = np.maximum(np.diag(covariance), 0.0)
    if variances.min() <= 0.0:
        raise ReferenceUnavailable(f"{dynamics.name} without noise in some direction has no density there")
    rounding = _ROUNDING * dim * max(1.0, float(curvatures[-1] / curvatures[0]))
    excess = 0.5 * float(curvatures @ np.diag(inside))
    masses, errors = _masses(potential, form, curvatures, inside, vectors)
    names = [region.name for region in potential.regions]
    marginals = tuple(Normal(float(c), math.sqrt(v)) for c, v in zip(form.centre, variances, strict=True))
    second = variances + form.centre**2
    return ChainLaw(
        potential,
        dynamics,
        dict(zip(names, masses.tolist(), strict=True)),
        dict(zip(names, errors.tolist(), strict=True)),
        form.minimum + excess,
        rounding * (excess + abs(form.minimum)),
        -1.0 / math.log(np.abs(stay).max()) if np.abs(stay).max() > 0.0 else 0.0,
        "closed form",
        Moments(form.centre.copy(), rounding * np.abs(form.centre), second, rounding * second),
        marginals,
        marginals,
        rounding,
    )


def _masses(
    potential: Potential, form: Quadratic, curvatures: np.ndarray, inside: np.ndarray, vectors: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Masses of the regions and their errors."""
    regions = len(potential.regions)
    if regions == 1:
        return np.ones(1), np.full(1, _ROUNDING)
    temperatures = np.diag(inside) * curvatures
    alike = np.allclose(inside, np.diag(np.diag(inside)), rtol=0.0, atol=1e-13 * np.diag(inside).max())
    if alike and np.ptp(temperatures) <= 1e-12 * temperatures[0]:
        base = boltzmann(potential, float(temperatures[0]))
        return np.array(list(base.masses.values())), np.array(list(base.errors.values()))
    values, axes = np.linalg.eigh(inside)
    root = vectors @ (axes * np.sqrt(np.maximum(values, 0.0)))
    shares = np.empty((_SCRAMBLINGS, regions))
    for k in range(_SCRAMBLINGS):
        uniform = scipy.stats.qmc.Sobol(potential.dim, rng=np.random.default_rng([k, potential.dim])).random(_POINTS)
        x = form.centre + ndtri(np.clip(uniform, 1e-16, 1.0 - 1e-16)) @ root.T
        shares[k] = np.bincount(potential.label(x), minlength=regions) / _POINTS
    errors = _SAFETY * shares.std(axis=0, ddof=1) / math.sqrt(_SCRAMBLINGS) + 1.0 / (_SCRAMBLINGS * _POINTS)
    return shares.mean(axis=0), errors
