"""The record of a chain law."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from langevin_sim.dynamics import Dynamics
from langevin_sim.errors import InputError, ReferenceUnavailable, UnknownNameError
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.chain.irreversibility import Flow
from langevin_sim.reference.chain.marginal import Joint, Marginal
from langevin_sim.reference.moments import Moments

_SAFETY = 5.0


@dataclass(frozen=True)
class ChainLaw:
    """The stationary law of the chain with a finite step: masses of the regions, mean energy, marginals, relaxation time.

    errors: bounds on the errors of the masses, from two grids, the window that they cover, and a batch noise that
    is not quite Gaussian; mean_energy_error likewise. relaxation_steps = -1 / log |second eigenvalue|. moments: means and
    second moments of the coordinates. leak: the probability with which the chain escapes to infinity in one step; if it
    is not 0, the law is the quasi-stationary one. method says how the law was found.
    """

    potential: Potential
    dynamics: Dynamics
    masses: dict[str, float]
    errors: dict[str, float]
    mean_energy: float
    mean_energy_error: float
    relaxation_steps: float
    method: str
    moments: Moments
    _marginals: tuple[Marginal, ...] = field(repr=False, compare=False)
    _rougher: tuple[Marginal, ...] = field(repr=False, compare=False)
    _least_error: float = field(default=1e-12, repr=False, compare=False)
    leak: float = 0.0
    _flow: Callable[[], Flow] | None = field(default=None, repr=False, compare=False)
    _joint: Joint | None = field(default=None, repr=False, compare=False)

    def mass(self, region: str) -> float:
        """Probability of a region."""
        if region not in self.masses:
            raise UnknownNameError("region", region, list(self.masses))
        return self.masses[region]

    def _checked(self, coordinate: int) -> int:
        if not 0 <= coordinate < self.potential.dim:
            raise InputError(f"coordinate {coordinate}: expected 0 to {self.potential.dim - 1}")
        return coordinate

    def marginal(self, coordinate: int, edges: np.ndarray) -> np.ndarray:
        """P(edges[k] < x_j <= edges[k+1]) for every k, j the coordinate counted from 0: [edges - 1]."""
        return self._marginals[self._checked(coordinate)].masses(np.asarray(edges, float))

    def marginal_errors(self, coordinate: int, edges: np.ndarray) -> np.ndarray:
        """Errors of marginal(coordinate, edges)."""
        fine = self.marginal(coordinate, edges)
        return _SAFETY * np.abs(fine - self._rougher[coordinate].masses(np.asarray(edges, float))) + self._least_error

    def bin_masses(self, edges: np.ndarray) -> np.ndarray:
        """P(edges[k] < x_1 <= edges[k+1]) for every k; the mass outside is 1 - their sum."""
        return self.marginal(0, edges)

    def bin_errors(self, edges: np.ndarray) -> np.ndarray:
        """Errors of bin_masses."""
        return self.marginal_errors(0, edges)

    def density(self, x1: np.ndarray) -> np.ndarray:
        """Marginal density of x_1 at points x1; atoms at the walls of a clipping box are left out."""
        points = np.asarray(x1, float)
        return self._marginals[0].density(points.ravel()).reshape(points.shape)

    @cached_property
    def flow(self) -> Flow:
        """Entropy production in nats a step, its error, and the probability current (irreversibility.py); as slow as the law.

        Zero for a reversible chain. Raises ReferenceUnavailable except for SGDL on finite sums other
        than tilts, in one and two dimensions, on R^d or a torus.
        """
        if self._flow is None:
            raise ReferenceUnavailable(f"the current of {self.dynamics.name} on {self.potential.name} is not computed")
        return self._flow()

    def plane(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """P(first[k] < x_1 <= first[k+1], second[l] < x_2 <= second[l+1]): [first - 1, second - 1].

        Raises ReferenceUnavailable except for real batches in two dimensions, on R^2 or a torus.
        """
        if self._joint is None:
            raise ReferenceUnavailable(f"this law of {self.potential.name} is kept by its marginals alone")
        return self._joint.masses(first, second)
