"""Boltzmann's law of a quadratic form: normal, in closed form, whatever its condition and dimension."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy
from scipy.special import ndtr, ndtri

from langevin_sim.potentials.potential import Potential, Quadratic
from langevin_sim.reference.boltzmann.integrals import Integrals
from langevin_sim.reference.moments import Moments

_ROUNDING = 4.0 * float(np.finfo(float).eps)
_SCRAMBLINGS, _LOG_POINTS = 16, 13
_SAFETY = 4.0  # standard errors


@dataclass(frozen=True)
class Normal:
    """N(mean, deviation^2), known to ``rounding`` relative to the deviation."""

    mean: float
    deviation: float
    rounding: float

    def bins(self, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Differences of the distribution function, taken from the tail that keeps their digits."""
        z = (np.asarray(edges, float) - self.mean) / self.deviation
        masses = np.where(z[:-1] > 0.0, ndtr(-z[:-1]) - ndtr(-z[1:]), ndtr(z[1:]) - ndtr(z[:-1]))
        return masses, np.full(masses.shape, self.rounding)

    def values(self, x: np.ndarray) -> np.ndarray:
        """exp(-z^2/2) / (sqrt(2 pi) deviation), z = (x - mean)/deviation."""
        z = (np.asarray(x, float) - self.mean) / self.deviation
        return np.exp(-0.5 * z * z) / (math.sqrt(2.0 * math.pi) * self.deviation)


@dataclass(frozen=True)
class _Draws:
    """x = centre + root z, z standard normal."""

    centre: np.ndarray
    root: np.ndarray

    def at(self, normals: np.ndarray) -> np.ndarray:
        return self.centre + normals @ self.root.T

    def draw(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Independent draws [n, dim]."""
        return self.at(generator.normal(size=(n, self.centre.size)))


def integrals(potential: Potential, form: Quadratic, temperature: float, regions: Integrals | None) -> Integrals:
    """x ~ N(centre, T A^-1): E U = minimum + d T/2, every marginal is normal.

    Masses of several regions are those of ``regions``, or else come from scrambled Sobol points of the law.
    """
    dim = potential.dim
    curvatures, vectors = np.linalg.eigh(form.curvature)
    root = vectors * np.sqrt(temperature / curvatures)
    variances = (root**2).sum(axis=1)
    rounding = _ROUNDING * dim * max(1.0, float(curvatures[-1] / curvatures[0]))
    draws = _Draws(form.centre.copy(), root)
    method = "closed form"
    if len(potential.regions) == 1:
        masses, errors = np.ones(1), np.full(1, _ROUNDING)
    elif potential.exact_masses is not None:
        masses = potential.exact_masses(temperature)
        errors = np.full_like(masses, _ROUNDING)
    elif regions is not None:
        masses, errors, method = regions.masses, regions.errors, f"closed form and {regions.method}"
    else:
        masses, errors = shares(potential, lambda uniform: draws.at(ndtri(np.clip(uniform, 1e-16, 1.0 - 1e-16))))
        method = "closed form and Sobol points"
    second = variances + form.centre**2
    return Integrals(
        masses,
        errors,
        form.minimum + 0.5 * dim * temperature,
        _ROUNDING * (dim * temperature + abs(form.minimum)),
        {j: Normal(float(form.centre[j]), math.sqrt(variances[j]), rounding) for j in range(dim)},
        method,
        Moments(form.centre.copy(), _ROUNDING * np.abs(form.centre), second, rounding * second),
        draws,
    )


def shares(potential: Potential, at: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Of the regions among points of a law, and four standard errors over scramblings; at: uniform numbers [n, dim] -> points."""
    n, regions = 1 << _LOG_POINTS, len(potential.regions)
    found = np.empty((_SCRAMBLINGS, regions))
    for k in range(_SCRAMBLINGS):
        uniform = scipy.stats.qmc.Sobol(potential.dim, rng=np.random.default_rng([k, potential.dim])).random_base2(_LOG_POINTS)
        found[k] = np.bincount(potential.label(at(uniform)), minlength=regions) / n
    errors = _SAFETY * found.std(axis=0, ddof=1) / math.sqrt(_SCRAMBLINGS) + 1.0 / (_SCRAMBLINGS * n)
    return found.mean(axis=0), errors
