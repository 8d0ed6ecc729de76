"""Boltzmann's law as a record: masses, mean energy, moments, marginals and draws, each with its error."""

from dataclasses import dataclass, field

import numpy as np

from langevin_sim.errors import InputError, ReferenceUnavailable, UnknownNameError
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.boltzmann.integrals import Integrals, Marginal
from langevin_sim.reference.moments import Moments


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
