"""The Boltzmann law exp(-U/T)/Z of a potential on its domain."""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from langevin_sim.errors import InputError, ReferenceUnavailable, UnknownNameError
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference import axial, closed, line, sobol, tensor
from langevin_sim.reference.integrals import Integrals


@dataclass(frozen=True)
class Boltzmann:
    """Masses of the regions, mean energy and the x_1 marginal, each with an error estimate.

    Errors of quadratures are the differences from a coarser rule, those of Sobol points standard
    errors over independent scramblings. method says which it was.
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

    def bin_masses(self, edges: np.ndarray) -> np.ndarray:
        """P(edges[k] < x_1 <= edges[k+1]) for every k; what lies outside is 1 - their sum."""
        return self._integrals.marginal(np.asarray(edges, float))[0]

    def bin_errors(self, edges: np.ndarray) -> np.ndarray:
        """Errors of bin_masses."""
        return self._integrals.marginal(np.asarray(edges, float))[1]

    def density(self, x1: np.ndarray) -> np.ndarray:
        """Marginal density of x_1 at points x1."""
        width = self._integrals.resolution
        points = np.asarray(x1, float)
        flat = [self.bin_masses(np.array([x - width / 2, x + width / 2]))[0] for x in points.ravel()]
        return np.array(flat).reshape(points.shape) / width


def _integrate(potential: Potential, temperature: float) -> Integrals:
    """By the best way there is: closed forms, (x_1, rho), a tensor grid up to three dimensions, Sobol points."""
    if closed.complete(potential):
        try:
            return closed.integrals(potential, temperature)
        except ReferenceUnavailable:  # out of the closed form's range
            potential = replace(potential, exact_masses=None, exact_marginal=None, exact_energy=None)
    if potential.dim == 1:
        other = line.integrals(potential, temperature)
    elif potential.domain.kind == "space" and potential.symmetry == "axial":
        other = axial.integrals(potential, temperature)
    elif potential.dim <= 3:
        other = tensor.integrals(potential, temperature)
    else:
        other = sobol.integrals(potential, temperature)
    known = (potential.exact_masses, potential.exact_marginal, potential.exact_energy)
    return other if known == (None, None, None) else closed.integrals(potential, temperature, other)


def boltzmann(potential: Potential, temperature: float) -> Boltzmann:
    """The law exp(-U/T)/Z on the potential's domain, by the best way there is.

    Raises ReferenceUnavailable, with the reason, for a potential that does not confine or where the
    integral cannot be told from noise.
    """
    if not (math.isfinite(temperature) and temperature > 0):
        raise InputError(f"temperature {temperature}: expected a positive number for a Boltzmann law")
    if potential.no_boltzmann:
        raise ReferenceUnavailable(potential.no_boltzmann)
    if not potential.confining:
        raise ReferenceUnavailable(f"{potential.name} is flat in some direction of R^{potential.dim}: no Boltzmann law")
    found = _integrate(potential, temperature)
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
