"""The chain law as a product, if U is a sum over groups of coordinates and the noise does not couple them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from langevin_sim.dynamics import Dynamics
from langevin_sim.potentials.potential import Factor, Potential
from langevin_sim.reference.chain.kernel import Noise
from langevin_sim.reference.chain.law import ChainLaw
from langevin_sim.reference.moments import Moments


def is_product(potential: Potential, noise: Noise) -> bool:
    """Whether the law is a product, and the regions are known as products too."""
    factors = potential.factors
    if factors is None or len(factors) < 2:
        return False
    known = sum(region.factor_regions is None for region in potential.regions) <= 1  # one may be the rest
    return known and not _couples(noise, factors)


def _couples(noise: Noise, factors: tuple[Factor, ...]) -> bool:
    if noise.batches is None:
        return False
    group = np.empty(len(noise.batches), int)
    for k, factor in enumerate(factors):
        group[list(factor.coordinates)] = k
    across = np.abs(noise.batches[group[:, None] != group])
    return bool(across.size and across.max() > 1e-12 * np.abs(noise.batches).max())


def product_law(potential: Potential, dynamics: Dynamics, law_of: Callable[[Potential, Dynamics], ChainLaw]) -> ChainLaw:
    """Masses are products, energies sums, the relaxation time is that of the slowest factor; equal factors are computed once."""
    factors = potential.factors
    assert factors is not None, "is_product() has ensured this"
    found: dict[tuple[object, ...], ChainLaw] = {}
    laws = []
    for factor in factors:
        part = _with_terms(potential, factor)
        key = _key(part)
        if key not in found:
            found[key] = law_of(part, dynamics)
        laws.append(found[key])
    masses, errors = _masses(potential, laws)
    dim = potential.dim
    order = np.concatenate([np.array(factor.coordinates) for factor in factors])
    place = np.empty(dim, int)
    place[order] = np.arange(dim)
    fine = [marginal for law in laws for marginal in law._marginals]
    rougher = [marginal for law in laws for marginal in law._rougher]
    methods = dict.fromkeys(law.method for law in laws)
    return ChainLaw(
        potential,
        dynamics,
        masses,
        errors,
        sum(law.mean_energy for law in laws),
        sum(law.mean_energy_error for law in laws),
        max(law.relaxation_steps for law in laws),
        f"product of {len(laws)} laws: {', '.join(methods)}",
        Moments(*(np.concatenate(parts)[place] for parts in zip(*(law.moments for law in laws), strict=True))),
        tuple(fine[k] for k in place),
        tuple(rougher[k] for k in place),
        max(law._least_error for law in laws),
        sum(law.leak for law in laws),
    )


def _masses(potential: Potential, laws: list[ChainLaw]) -> tuple[dict[str, float], dict[str, float]]:
    if len(potential.regions) == 1:
        name = potential.regions[0].name
        return {name: 1.0}, {name: 1e-15}
    values = [np.array(list(law.masses.values())) for law in laws]
    claims = [np.array(list(law.errors.values())) for law in laws]
    masses, errors = {}, {}
    for region in potential.regions:
        if region.factor_regions is None:
            continue
        parts = np.array([value[k] for value, k in zip(values, region.factor_regions, strict=True)])
        wrong = np.array([claim[k] for claim, k in zip(claims, region.factor_regions, strict=True)])
        masses[region.name] = float(parts.prod())
        # to all orders: the product of the upper ends, less the product
        errors[region.name] = float((parts + wrong).prod() - parts.prod()) + 1e-15
    left, left_error = 1.0 - sum(masses.values()), sum(errors.values())
    names = [region.name for region in potential.regions]
    return {name: masses.get(name, left) for name in names}, {name: errors.get(name, left_error) for name in names}


def _with_terms(potential: Potential, factor: Factor) -> Potential:
    """The factor as a finite sum with its share of the tilts."""
    terms = potential.terms
    if terms is None or terms.covariance is None or terms.tilts is None:
        return factor.potential
    rows = list(factor.coordinates)
    tilts = np.ascontiguousarray(terms.tilts[:, rows])
    own = replace(terms, data=tilts, covariance=terms.covariance[np.ix_(rows, rows)], tilts=tilts)
    return replace(factor.potential, terms=own)


def _key(potential: Potential) -> tuple[object, ...]:
    """A key that is equal for factors that differ only in the coordinates on which they act."""
    terms = potential.terms
    noise = b"" if terms is None or terms.covariance is None else terms.covariance.tobytes()
    regions = tuple((region.name, region.membership) for region in potential.regions)
    return (
        potential.name,
        potential.dim,
        potential.block_energy,
        potential.constants.tobytes(),
        potential.minima.tobytes(),
        regions,
        potential.domain,
        noise,
    )
