"""Boltzmann's law if U is a sum over groups of coordinates: the product of the groups' laws, in any dimension."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.boltzmann.integrals import Integrals, Marginal, Sampler
from langevin_sim.reference.moments import Moments


def is_product(potential: Potential) -> bool:
    """Whether the law is a product, and the regions are known as products too; one may be the rest."""
    if potential.factors is None or len(potential.factors) < 2:
        return False
    return sum(region.factor_regions is None for region in potential.regions) <= 1


@dataclass(frozen=True)
class _Draws:
    """Draws for each group of coordinates."""

    groups: tuple[tuple[int, ...], ...]
    samplers: tuple[Sampler, ...]

    def draw(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Independent draws [n, dim]."""
        x = np.empty((n, sum(len(group) for group in self.groups)))
        for group, sampler in zip(self.groups, self.samplers, strict=True):
            x[:, list(group)] = sampler.draw(n, generator)
        return x


def integrals(potential: Potential, integrals_of: Callable[[Potential], Integrals]) -> Integrals:
    """Masses are products, energies sums; equal factors are integrated once."""
    factors = potential.factors
    assert factors is not None, "is_product() has ensured this"
    found: dict[tuple[object, ...], Integrals] = {}
    for factor in factors:
        if _key(factor.potential) not in found:
            found[_key(factor.potential)] = integrals_of(factor.potential)
    laws = [found[_key(factor.potential)] for factor in factors]
    groups = tuple(factor.coordinates for factor in factors)
    masses, errors = _masses(potential, laws)
    marginals: dict[int, Marginal] = {}
    for group, law in zip(groups, laws, strict=True):
        marginals |= {group[k]: marginal for k, marginal in law.marginals.items()}
    samplers = tuple(law.sampler for law in laws if law.sampler is not None)
    methods = dict.fromkeys(law.method for law in laws)
    return Integrals(
        masses,
        errors,
        sum(law.energy for law in laws),
        sum(law.energy_error for law in laws),
        marginals,
        f"product of {len(laws)} laws: {', '.join(methods)}",
        _moments(groups, laws),
        _Draws(groups, samplers) if len(samplers) == len(laws) else None,
    )


def _moments(groups: tuple[tuple[int, ...], ...], laws: list[Integrals]) -> Moments | None:
    parts = [law.moments for law in laws if law.moments is not None]
    if len(parts) < len(laws):
        return None
    place = np.argsort(np.concatenate([np.array(group) for group in groups]))
    return Moments(*(np.concatenate(arrays)[place] for arrays in zip(*parts, strict=True)))


def _masses(potential: Potential, laws: list[Integrals]) -> tuple[np.ndarray, np.ndarray]:
    regions = potential.regions
    if len(regions) == 1:
        return np.ones(1), np.full(1, 1e-15)
    masses, errors = np.zeros(len(regions)), np.zeros(len(regions))
    rest = None
    for index, region in enumerate(regions):
        if region.factor_regions is None:
            rest = index
            continue
        parts = np.array([law.masses[k] for law, k in zip(laws, region.factor_regions, strict=True)])
        wrong = np.array([law.errors[k] for law, k in zip(laws, region.factor_regions, strict=True)])
        masses[index] = parts.prod()
        errors[index] = (parts + wrong).prod() - parts.prod() + 1e-15  # to all orders: the upper ends' product, less the product
    if rest is not None:
        masses[rest], errors[rest] = max(1.0 - masses.sum(), 0.0), errors.sum()
    return masses, errors


def _key(potential: Potential) -> tuple[object, ...]:
    """A key that is equal for factors that differ only in the coordinates on which they act."""
    return (
        potential.name,
        potential.dim,
        potential.block_energy,
        potential.block_label,
        potential.constants.tobytes(),
        potential.minima.tobytes(),
        tuple((region.name, region.membership) for region in potential.regions),
        potential.domain,
    )
