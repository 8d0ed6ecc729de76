"""Integrals for a U of (x_1, rho), rho = |(x_2..x_dim)|, in any dimension: two nested Gauss-Legendre rules.

E f = integral f(x_1, rho) exp(-U/T) rho^(dim-2) d rho d x_1 / the same of 1 (no rho for dim 1).
"""

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference import borders, plane
from langevin_sim.reference.integrals import FromBins, Integrals

FloatOrArray = float | np.ndarray

_NEGLIGIBLE = 40.0  # a weight e^-40 below the largest is left out
_PANELS = 32
_WIDEST = 40.0  # deviations of a well that a panel of the coarse rule may be wide
_NODES = 8  # Gauss-Legendre nodes a panel


def _log_weight(potential: Potential, temperature: float, x1: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """-U/T + (dim - 2) log rho at (x1, rho); for dim 1 rho is ignored."""
    first, second = np.broadcast_arrays(x1, rho)
    value = -plane.energies(potential, first.ravel(), second.ravel()).reshape(first.shape) / temperature
    if potential.dim > 2:
        with np.errstate(divide="ignore"):
            value += (potential.dim - 2) * np.log(rho)
    return np.asarray(value)


@lru_cache(maxsize=8)
def _box(potential: Potential, temperature: float) -> tuple[float, float, float, float]:
    """(x_1 low, x_1 high, rho low, rho high) outside which the weight is negligible, and its maximum."""
    low, high = potential.extent(temperature)[0]
    middle, half = (low + high) / 2, (high - low) / 2
    top = half * math.sqrt(potential.dim)
    for _ in range(12):
        x1 = np.linspace(middle - half, middle + half, 401)
        rho = np.linspace(0.0, top, 401)[1:] if potential.dim > 1 else np.array([0.0])
        weight = _log_weight(potential, temperature, x1[:, None], rho[None, :])
        seen = weight > weight.max() - _NEGLIGIBLE
        rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
        if rows[0] == 0 or rows[-1] == 400:
            half *= 2
        elif potential.dim > 1 and columns[-1] == 399:
            top *= 2
        else:
            left, right = x1[rows[0] - 1], x1[rows[-1] + 1]
            if potential.dim == 1:
                return left, right, 0.0, 0.0
            inner = rho[columns[0] - 1] if columns[0] > 0 else 0.0
            return left, right, inner, rho[columns[-1] + 1]
    raise ReferenceUnavailable(
        f"exp(-U/T) of {potential.name} at T = {temperature:g} does not fall off within {half:.1e}, as far as the grid reaches"
    )


def _rule(low: FloatOrArray, high: FloatOrArray, panels: int) -> tuple[np.ndarray, np.ndarray]:
    """Composite Gauss-Legendre nodes and weights on [low, high], for arrays of intervals: [..., n]."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    offsets = ((np.arange(panels)[:, None] + 0.5 * (nodes + 1.0)) / panels).ravel()
    shares = np.tile(0.5 * weights / panels, panels)
    width = np.asarray(high)[..., None] - np.asarray(low)[..., None]
    return np.asarray(low)[..., None] + width * offsets, width * shares


def _smoothed_rule(low: float, high: float, panels: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on [low, high] after x = low + (high - low)(3 t^2 - 2 t^3), flat at both ends.

    A square-root singularity at an end becomes smooth: a region's boundary has one where it closes.
    """
    t, weight = _rule(0.0, 1.0, panels)
    return low + (high - low) * t * t * (3.0 - 2.0 * t), weight * (high - low) * 6.0 * t * (1.0 - t)


def _outer_rule(potential: Potential, low: float, high: float, grid: np.ndarray, panels: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights in rho, cut where the sequence of regions along x_1 changes."""
    if potential.dim == 1:
        return np.array([0.0]), np.array([1.0])
    ends = borders.pieces(borders.labelling(potential), borders.grid(low, high, 65, borders.marks(potential, 1)), grid)
    rules = [_smoothed_rule(left, right, panels) for left, right in itertools.pairwise(ends)]
    return np.concatenate([rule[0] for rule in rules]), np.concatenate([rule[1] for rule in rules])


def _moments(potential: Potential, temperature: float, panels: int) -> tuple[np.ndarray, float]:
    """Masses of the regions and the mean energy: rho outside, x_1 inside, cut where the region changes."""
    x_low, x_high, rho_low, rho_high = _box(potential, temperature)
    grid = borders.grid(x_low, x_high, 257, borders.marks(potential, 0))
    rho, rho_weight = _outer_rule(potential, rho_low, rho_high, grid, panels)
    shift = _log_weight(potential, temperature, grid[:, None], rho[None, :]).max()
    line, region, low, high = borders.segments(borders.labelling(potential), rho, grid)
    x1, inner = _rule(np.maximum(low, x_low), np.minimum(high, x_high), panels)
    radii = np.broadcast_to(rho[line, None], x1.shape)
    energies = plane.energies(potential, x1.ravel(), radii.ravel()).reshape(x1.shape)
    log_weight = -energies / temperature - shift
    if potential.dim > 2:
        log_weight += (potential.dim - 2) * np.log(radii)
    weight = rho_weight[line, None] * inner * np.exp(log_weight)
    masses = np.bincount(region, weight.sum(axis=1), len(potential.regions))
    energy = float((weight * energies).sum())
    if not (masses.sum() > 0.0 and math.isfinite(energy)):
        raise ReferenceUnavailable(f"exp(-U/T) of {potential.name} at T = {temperature:g} is too narrow for the grid")
    return masses / masses.sum(), energy / masses.sum()


def _marginal(potential: Potential, temperature: float, edges: np.ndarray, panels: int) -> np.ndarray:
    """Masses of the bins of x_1: x_1 outside, rho inside."""
    x_low, x_high, rho_low, rho_high = _box(potential, temperature)

    def integral(low: FloatOrArray, high: FloatOrArray, pieces: int) -> np.ndarray:
        x1, outer = _rule(low, high, pieces)
        if potential.dim == 1:
            return (outer * np.exp(_log_weight(potential, temperature, x1, np.zeros_like(x1)) - shift)).sum(-1)
        rho, inner = _rule(rho_low, rho_high, panels)
        flat = x1.ravel()
        weight = np.exp(_log_weight(potential, temperature, flat[:, None], np.broadcast_to(rho, (flat.size, rho.size))) - shift)
        return (outer * (weight @ inner).reshape(x1.shape)).sum(-1)

    rho = np.linspace(rho_low, rho_high, 101)[1:] if potential.dim > 1 else np.array([0.0])
    shift = _log_weight(potential, temperature, np.linspace(x_low, x_high, 257)[:, None], rho[None, :]).max()
    total = integral(x_low, x_high, panels)
    low, high = np.clip(edges[:-1], x_low, x_high), np.clip(edges[1:], x_low, x_high)
    # panels no wider than those of the total, however wide a bin is
    return integral(low, high, max(1, math.ceil(panels * float((high - low).max()) / (x_high - x_low)))) / total


@dataclass(frozen=True)
class _First(FromBins):
    """The law of x_1."""

    potential: Potential
    temperature: float

    def bins(self, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Masses, and how far they are from those of half the panels."""
        fine = _marginal(self.potential, self.temperature, edges, _PANELS)
        return fine, np.maximum(np.abs(fine - _marginal(self.potential, self.temperature, edges, _PANELS // 2)), 1e-14)


def _resolved(potential: Potential, temperature: float) -> None:
    """ReferenceUnavailable where a well is so narrow beside the distance between wells that both rules may miss it."""
    low, high, _, _ = _box(potential, temperature)
    low, high = min(low, potential.minima[:, 0].min()), max(high, potential.minima[:, 0].max())
    aside = np.zeros((2, potential.dim))
    aside[:, 0] = np.array([-1.0, 1.0]) * (high - low) / (_PANELS // 2) / _WIDEST
    rise = potential.energy(potential.minima[:, None] + aside) - potential.energy(potential.minima)[:, None]
    if (rise.min(axis=1) > 0.5 * temperature).any():
        raise ReferenceUnavailable(f"a well of {potential.name} at T = {temperature:g} is too narrow for the grid")


def integrals(potential: Potential, temperature: float) -> Integrals:
    """All of it, on the whole of R^dim; errors are the differences from a rule with half the panels."""
    _resolved(potential, temperature)
    masses, energy = _moments(potential, temperature, _PANELS)
    coarse, coarse_energy = _moments(potential, temperature, _PANELS // 2)

    return Integrals(
        masses,
        np.maximum(np.abs(masses - coarse), 1e-14),
        energy,
        max(abs(energy - coarse_energy), 1e-14 * abs(energy)),
        {0: _First(potential, temperature)},
        "quadrature over (x_1, rho)" if potential.dim > 1 else "quadrature",
    )
