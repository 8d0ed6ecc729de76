"""The Boltzmann law exp(-U/T)/Z of a potential on its domain."""

import math
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from langevin_sim.errors import InputError, ReferenceUnavailable, UnknownNameError
from langevin_sim.potentials import form
from langevin_sim.potentials.potential import Potential, Quadratic
from langevin_sim.reference import closed, gaussian, line, nested, product, sobol, tensor
from langevin_sim.reference.integrals import Integrals, Marginal, Moments
from langevin_sim.reference.tails import check_tails

_WORST = 0.1  # relative error beyond which nothing is claimed
_ROUNDING = 1e-9  # error of the mean energy, in units of T, that is always small enough


@dataclass(frozen=True)
class Boltzmann:
    """Masses of the regions, mean energy, moments and marginals, each with an error estimate.

    Errors of quadratures are differences between two rules, with the neglected tails; those of Sobol points are standard
    errors over independent scramblings. moments: means and second moments of the coordinates, None if they are not
    known. method says how the law was found.
    """

    potential: Potential
    temperature: float
    masses: dict[str, float]
    errors: dict[str, float]
    mean_energy: float
    mean_energy_error: float
    method: str
    _integrals: Integrals = field(repr=False, compare=False)

    def mass(self, region: str) -> float:
        """Probability of a region."""
        if region not in self.masses:
            raise UnknownNameError("region", region, list(self.masses))
        return self.masses[region]

    @property
    def moments(self) -> Moments | None:
        """E x_j and E x_j^2 of every coordinate, with errors; None if they are not known."""
        return self._integrals.moments

    def _marginal(self, coordinate: int) -> Marginal:
        if not 0 <= coordinate < self.potential.dim:
            raise InputError(f"coordinate {coordinate}: expected 0 to {self.potential.dim - 1}")
        if coordinate not in self._integrals.marginals:
            raise ReferenceUnavailable(
                f"the marginal of x_{coordinate + 1} under Boltzmann's law of {self.potential.name} is unknown by {self.method}"
            )
        return self._integrals.marginals[coordinate]

    def marginal(self, coordinate: int, edges: np.ndarray) -> np.ndarray:
        """P(edges[k] < x_j <= edges[k+1]) for every k, j the coordinate counted from 0: [edges - 1].

        Raises ReferenceUnavailable if the marginal of that coordinate is not known.
        """
        return self._marginal(coordinate).bins(np.asarray(edges, float))[0]

    def marginal_errors(self, coordinate: int, edges: np.ndarray) -> np.ndarray:
        """Errors of marginal(coordinate, edges)."""
        return self._marginal(coordinate).bins(np.asarray(edges, float))[1]

    def bin_masses(self, edges: np.ndarray) -> np.ndarray:
        """P(edges[k] < x_1 <= edges[k+1]) for every k; the mass outside is 1 - their sum."""
        return self.marginal(0, edges)

    def bin_errors(self, edges: np.ndarray) -> np.ndarray:
        """Errors of bin_masses."""
        return self.marginal_errors(0, edges)

    def density(self, x1: np.ndarray) -> np.ndarray:
        """Marginal density of x_1 at points x1."""
        points = np.asarray(x1, float)
        return self._marginal(0).values(points.ravel()).reshape(points.shape)

    def sample(self, n: int, seed: int) -> np.ndarray:
        """Independent draws from the law: [n, dim]; the same seed gives the same draws.

        Raises ReferenceUnavailable unless U acts on one or two coordinates, or on (x_1, rho), is quadratic, or is a sum of such
        parts.
        """
        if self._integrals.sampler is None:
            raise ReferenceUnavailable(
                f"independent draws from Boltzmann's law of {self.potential.name} in {self.potential.dim} dimensions are not "
                "available: they require that U acts on one or two coordinates, is axially symmetric or quadratic, or is a sum "
                "of such parts"
            )
        return self._integrals.sampler.draw(n, np.random.default_rng(seed))


def _numerically(potential: Potential, temperature: float) -> Integrals:
    """On a line, over a plane or (x_1, rho), on a tensor grid in three dimensions, from Sobol points."""
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
    return gaussian.integrals(potential, form, temperature, regions)


def _beside(potential: Potential, temperature: float) -> dict[str, Any]:
    """Moments, marginals of all coordinates and draws to add to a closed form that lacks them, if they cost almost nothing."""
    if potential.quadratic is not None:
        found = gaussian.integrals(potential, potential.quadratic, temperature, None)
    elif potential.dim == 1:
        try:
            found = line.integrals(potential, temperature)
        except ReferenceUnavailable:
            return {}
    else:
        return {}
    marginals: dict[int, Marginal] = {**found.marginals, 0: closed.first(potential, temperature)}
    return {"marginals": marginals, "moments": found.moments, "sampler": found.sampler}


def _integrate(potential: Potential, temperature: float) -> Integrals:
    """By the best available method: closed forms, the normal law, products, or numerically."""
    if potential.no_boltzmann:
        raise ReferenceUnavailable(potential.no_boltzmann)
    if not potential.confining:
        raise ReferenceUnavailable(f"{potential.name} is flat in some direction of R^{potential.dim}: no Boltzmann law")
    if closed.complete(potential):
        try:
            return closed.integrals(potential, temperature)._replace(**_beside(potential, temperature))
        except ReferenceUnavailable:  # out of the closed form's range
            potential = replace(potential, exact_masses=None, exact_marginal=None, exact_energy=None)
    if potential.quadratic is not None:
        other = _quadratic(potential, potential.quadratic, temperature)
    elif product.is_product(potential):
        other = product.integrals(potential, lambda factor: _integrate(factor, temperature))
    else:
        other = _numerically(potential, temperature)
    known = (potential.exact_masses, potential.exact_marginal, potential.exact_energy)
    return other if known == (None, None, None) else closed.integrals(potential, temperature, other)


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
