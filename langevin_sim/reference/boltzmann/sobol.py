"""Integrals in many dimensions, by importance sampling about the known minima with scrambled Sobol points.

Points are drawn from a mixture: Gaussians N(minimum, s^2 T H^-1) of several sizes s, where H is the Hessian there; one Gaussian
stretched between each pair of minima (up to six minima); and on a bounded domain the uniform law. Each component has
its own low-discrepancy points, and every point has the weight exp(-U/T) / (density of the whole mixture).
Standard errors come from independent scramblings.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
import scipy
from scipy.special import logsumexp, ndtri

from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.minima import hessian
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.boltzmann.integrals import FromBins, Integrals
from langevin_sim.reference.moments import Moments

_REPLICATES = 16
_LOG_POINTS = 12  # 2 to this power is the number of points of a component in a replicate; half as many beyond 10 dimensions
_SIZES = (1.0, 1.5)
_EFFICIENCY = 0.02  # least ratio of the effective number of points to their number
_HEAVIEST, _HEAVIEST_BOUNDED = 0.01, 0.1  # largest share of one point in the total weight
_EXPLAINED = 4.0  # a difference of this many standard errors is explained by chance
_KEPT = 20_000_000  # up to this many numbers, points are kept for the marginals of all coordinates, otherwise for x_1 only
_WORST = 0.2  # if the relative error of Z is larger, nothing is claimed


@dataclass(frozen=True)
class _Gaussian:
    """N(mean, factor factor^T); on a torus cut off half a period away."""

    mean: np.ndarray
    factor: np.ndarray

    def points(self, uniforms: np.ndarray) -> np.ndarray:
        return self.mean + ndtri(np.clip(uniforms, 1e-16, 1.0 - 1e-16)) @ self.factor.T

    def log_density(self, x: np.ndarray, period: float | None) -> np.ndarray:
        away = x - self.mean
        if period is not None:
            away -= period * np.round(away / period)
        scaled = np.linalg.solve(self.factor, away.T)
        volume = np.log(np.abs(np.diag(self.factor))).sum() + 0.5 * len(self.mean) * math.log(2.0 * math.pi)
        return -0.5 * (scaled**2).sum(axis=0) - volume


def _components(potential: Potential, temperature: float) -> list[_Gaussian]:
    components, covariances = [], []
    bounded = potential.domain.kind != "space"
    for point in potential.minima:
        values, vectors = np.linalg.eigh(hessian(potential, point))
        if bounded:  # along a direction that is flat or has a kink, an eighth of the domain is covered
            values = np.maximum(values, temperature / (potential.domain.width / 8.0) ** 2)
        elif not (np.isfinite(values).all() and values[0] > 1e-8 * max(values[-1], 0.0)):
            raise ReferenceUnavailable(
                f"{potential.name} in {potential.dim} dimensions is flat at a minimum: its Boltzmann law, if any, is not known"
            )
        covariances.append((vectors * (temperature / values)) @ vectors.T)
        root = np.linalg.cholesky(covariances[-1])
        components += [_Gaussian(point, size * root) for size in _SIZES]
    for one, other in list(itertools.combinations(range(len(covariances)), 2))[:6]:
        way = potential.minima[other] - potential.minima[one]
        stretched = 0.5 * (covariances[one] + covariances[other]) + np.outer(way, way) / 9.0
        components.append(_Gaussian(potential.minima[one] + 0.5 * way, np.linalg.cholesky(stretched)))
    return components


def _sample(potential: Potential, temperature: float, seed: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """One replicate: points [n, dim] and the logs of their weights (-inf outside the domain)."""
    dim, domain = potential.dim, potential.domain
    components = _components(potential, temperature)
    period = domain.width if domain.kind == "torus" else None
    parts = []
    for k, component in enumerate(components):
        points = component.points(_uniforms(dim, [*seed, k]))
        if period is not None:
            near = (np.abs(points - component.mean) < 0.5 * period).all(axis=1)
            points = domain.low + (points - domain.low) % period
        else:
            near = ((points >= domain.low) & (points <= domain.high)).all(axis=1)
        parts.append(np.where(near[:, None], points, np.nan))
    densities = len(components)
    if domain.kind != "space":
        parts.append(domain.low + domain.width * _uniforms(dim, [*seed, densities]))
    x = np.concatenate(parts)
    inside = np.isfinite(x[:, 0])
    logs = [component.log_density(x, period) for component in components]
    if domain.kind != "space":
        logs.append(np.full(len(x), -dim * math.log(domain.width)))
    mixture = logsumexp(np.stack(logs), axis=0) - math.log(len(parts))
    energy = potential.energy(np.where(inside[:, None], x, potential.minima[0]))
    return x, np.where(inside, -energy / temperature - mixture, -np.inf)


def _uniforms(dim: int, seed: list[int]) -> np.ndarray:
    return scipy.stats.qmc.Sobol(dim, rng=np.random.default_rng([*seed, dim])).random_base2(_LOG_POINTS - (dim > 10))


def _ratio(parts: np.ndarray, totals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """sum(parts) / sum(totals), both over replicates, and its standard error; parts [replicates, ..]."""
    mean = parts.sum(axis=0) / totals.sum()
    residual = parts - mean * totals.reshape(-1, *([1] * (parts.ndim - 1)))
    return mean, np.sqrt((residual**2).sum(axis=0) * len(totals) / (len(totals) - 1)) / totals.sum()


@dataclass(frozen=True)
class _Weighted(FromBins):
    """One coordinate of the points of every replicate, with their weights; totals [replicates]: the sums of weights."""

    places: tuple[np.ndarray, ...]
    weights: tuple[np.ndarray, ...]
    totals: np.ndarray
    resolution: float

    def bins(self, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weighted counts, and their standard errors over replicates."""
        counts = [np.histogram(p, edges, weights=w)[0] for p, w in zip(self.places, self.weights, strict=True)]
        return _ratio(np.array(counts), self.totals)


def _trusted(potential: Potential, weights: list[np.ndarray]) -> None:
    """Raise ReferenceUnavailable if a few points carry most of the weight.

    Places that were missed may then carry even more, and the spread over replicates does not show them.
    On a bounded domain the uniform law covers every place, so a larger share is allowed.
    """
    points, total = sum(weight.size for weight in weights), sum(float(weight.sum()) for weight in weights)
    effective = total**2 / sum(float((weight**2).sum()) for weight in weights)
    largest = max(float(weight.max()) for weight in weights) / total
    space = potential.domain.kind == "space"
    if largest > (_HEAVIEST if space else _HEAVIEST_BOUNDED) or (space and effective < _EFFICIENCY * points):
        raise ReferenceUnavailable(
            f"exp(-U/T) of {potential.name} in {potential.dim} dimensions is not concentrated about its minima, where points "
            f"were drawn: {points:,} points are worth {effective:.0f}, and one of them has {largest:.1%} of the weight"
        )


def _unexplained(
    potential: Potential, temperature: float, x: list[np.ndarray], weights: list[np.ndarray], totals: np.ndarray
) -> float:
    """How far the virial theorem in R^dim, E (x - m) . grad U = dim T, is violated beyond its standard error, relative to dim T.

    It is violated if the points miss a part of the law, which the spread over replicates does not show.
    """
    if potential.domain.kind != "space" or not potential.smooth:
        return 0.0
    middle = potential.minima[0]
    parts = [w @ ((p - middle) * potential.gradient(p)).sum(axis=1) for p, w in zip(x, weights, strict=True)]
    virial, error = _ratio(np.array(parts), totals)
    expected = potential.dim * temperature
    return max(abs(float(virial) - expected) - _EXPLAINED * float(error), 0.0) / expected


def integrals(potential: Potential, temperature: float, seed: int = 0) -> Integrals:
    """All integrals, on the domain or in R^dim, with standard errors over replicates."""
    samples = [_sample(potential, temperature, [seed, k]) for k in range(_REPLICATES)]
    largest = max(float(log.max()) for _, log in samples)
    weights = [np.exp(log - largest) for _, log in samples]
    inside = [weight > 0 for weight in weights]
    x = [points[keep] for (points, _), keep in zip(samples, inside, strict=True)]
    weights = [weight[keep] for weight, keep in zip(weights, inside, strict=True)]
    totals = np.array([weight.sum() for weight in weights])
    spread = totals.std(ddof=1) / math.sqrt(_REPLICATES) / totals.mean()
    if not spread < _WORST:
        raise ReferenceUnavailable(
            f"the integral of exp(-U/T) of {potential.name} in {potential.dim} dimensions is known only to {spread:.0%}"
        )
    _trusted(potential, weights)
    regions = len(potential.regions)
    by_region = np.array([np.bincount(potential.label(p), w, regions) for p, w in zip(x, weights, strict=True)])
    energies = np.array([float(w @ potential.energy(p)) for p, w in zip(x, weights, strict=True)])
    masses, errors = _ratio(by_region, totals)
    energy, energy_error = _ratio(energies, totals)
    missed = _unexplained(potential, temperature, x, weights, totals)
    above = abs(float(energy) - float(potential.energy(potential.minima).min()))
    errors, energy_error = errors + missed * masses, energy_error + missed * above
    kept = range(potential.dim if sum(points.size for points in x) <= _KEPT else 1)
    width = np.diff(potential.extent(temperature))[:, 0] / 100.0
    marginals = {j: _Weighted(tuple(p[:, j].copy() for p in x), tuple(weights), totals, float(width[j])) for j in kept}
    powers = [_ratio(np.array([w @ p**k for p, w in zip(x, weights, strict=True)]), totals) for k in (1, 2)]
    moments = Moments(*powers[0], *powers[1])
    return Integrals(masses, errors, float(energy), float(energy_error), marginals, "Sobol points", moments)
