"""Boltzmann's law exp(-U/T)/Z of a potential on its domain, by the best available method."""

import math
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from langevin_sim.errors import InputError, ReferenceUnavailable
from langevin_sim.potentials import form
from langevin_sim.potentials.potential import Potential, Quadratic
from langevin_sim.reference.boltzmann import closed_form, conditional, line, nested, product, quadratic, sobol, tensor
from langevin_sim.reference.boltzmann.integrals import Integrals, Marginal
from langevin_sim.reference.boltzmann.law import Boltzmann
from langevin_sim.reference.boltzmann.rounding import check_rounding
from langevin_sim.reference.boltzmann.tails import check_tails

_WORST = 0.1  # relative error beyond which nothing is claimed
_ROUNDING = 1e-9  # error of the mean energy, in units of T, that is always small enough


def _numerically(potential: Potential, temperature: float) -> Integrals:
    """On a line, over a plane or (x_1, rho), on a tensor grid in three dimensions, from Sobol points."""
    check_rounding(potential, temperature)
    if potential.dim == 1:
        return line.integrals(potential, temperature)
    check_tails(potential, temperature)
    if potential.dim == 2 or (potential.domain.kind == "space" and potential.symmetry == "axial"):
        return nested.integrals(potential, temperature)
    if potential.dim <= 3:
        return tensor.integrals(potential, temperature)
    return sobol.integrals(potential, temperature)


def _quadratic(potential: Potential, form: Quadratic, temperature: float) -> Integrals:
    """In closed form, except for the masses of several regions."""
    regions = None
    if len(potential.regions) > 1 and potential.exact_masses is None and (potential.dim <= 3 or potential.symmetry == "axial"):
        with suppress(ReferenceUnavailable):  # for an ill-conditioned form, for example: then from draws
            regions = _numerically(potential, temperature)
    return quadratic.integrals(potential, form, temperature, regions)


def _given_one(potential: Potential, temperature: float) -> Integrals:
    """In closed form given one coordinate, except for the masses of several regions."""
    regions = None
    if len(potential.regions) > 1 and potential.exact_masses is None and (potential.dim <= 3 or potential.symmetry == "axial"):
        with suppress(ReferenceUnavailable):
            regions = _numerically(potential, temperature)
    return conditional.integrals(potential, temperature, regions)


def _beside(potential: Potential, temperature: float) -> dict[str, Any]:
    """Moments, marginals of all coordinates and draws to add to a closed form that lacks them, if they cost almost nothing."""
    if potential.quadratic is not None:
        found = quadratic.integrals(potential, potential.quadratic, temperature, None)
    elif potential.dim == 1:
        try:
            found = line.integrals(potential, temperature)
        except ReferenceUnavailable:
            return {}
    else:
        return {}
    marginals: dict[int, Marginal] = {**found.marginals, 0: closed_form.first(potential, temperature)}
    return {"marginals": marginals, "moments": found.moments, "sampler": found.sampler}


def _integrate(potential: Potential, temperature: float) -> Integrals:
    """By the best available method: closed forms, the normal law, products, or numerically."""
    if potential.no_boltzmann:
        raise ReferenceUnavailable(potential.no_boltzmann)
    if not potential.confining:
        raise ReferenceUnavailable(f"{potential.name} is flat in some direction of R^{potential.dim}: no Boltzmann law")
    if closed_form.complete(potential):
        try:
            return closed_form.integrals(potential, temperature)._replace(**_beside(potential, temperature))
        except ReferenceUnavailable:  # out of the closed form's range
            potential = replace(potential, exact_masses=None, exact_marginal=None, exact_energy=None)
    if potential.quadratic is not None:
        other = _quadratic(potential, potential.quadratic, temperature)
    elif product.is_product(potential):
        other = product.integrals(potential, lambda factor: _integrate(factor, temperature))
    elif potential.given is not None and potential.dim > 2:
        other = _given_one(potential, temperature)
    else:
        other = _numerically(potential, temperature)
    known = (potential.exact_masses, potential.exact_marginal, potential.exact_energy)
    return other if known == (None, None, None) else closed_form.integrals(potential, temperature, other)


def _known_well_enough(potential: Potential, temperature: float, found: Integrals) -> None:
    """Raise ReferenceUnavailable if two rules differ by a tenth of the energy above the lowest minimum, or of the largest mass.

    Rounding may exceed a tenth of an energy that is all but zero, as in flat wells at a low temperature.
    """
    above = found.energy - float(potential.energy(potential.minima).min())
    if not found.energy_error / found.safety <= max(_WORST * abs(above), _ROUNDING * temperature):
        raise ReferenceUnavailable(
            f"the mean energy of {potential.name} in {potential.dim} dimensions, {found.energy:.3g} by {found.method}, is known "
            f"only to {found.energy_error:.1g}"
        )
    largest = int(np.argmax(found.masses))
    if not found.errors[largest] / found.safety <= _WORST * found.masses[largest]:
        raise ReferenceUnavailable(
            f"the mass of {potential.regions[largest].name} of {potential.name} in {potential.dim} dimensions, "
            f"{found.masses[largest]:.3g} by {found.method}, is known only to {found.errors[largest]:.1g}"
        )


def boltzmann(potential: Potential, temperature: float) -> Boltzmann:
    """The law exp(-U/T)/Z on the potential's domain, by the best available method.

    Raises ReferenceUnavailable, with the reason, for a potential that does not confine, or if the
    integral is lost in noise.
    """
    if not (math.isfinite(temperature) and temperature > 0):
        raise InputError(f"temperature {temperature}: expected a positive number for a Boltzmann law")
    form.check(potential, temperature)
    found = _integrate(potential, temperature)
    _known_well_enough(potential, temperature, found)
    names = [region.name for region in potential.regions]
    return Boltzmann(
        potential,
        temperature,
        dict(zip(names, found.masses.tolist(), strict=True)),
        dict(zip(names, found.errors.tolist(), strict=True)),
        float(found.energy),
        float(found.energy_error),
        found.method,
        found,
    )
