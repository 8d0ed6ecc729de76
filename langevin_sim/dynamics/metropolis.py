"""The common part of the dynamics with a Metropolis test."""

from dataclasses import dataclass

from langevin_sim.dynamics.dynamics import Dynamics
from langevin_sim.errors import InputError


@dataclass(frozen=True)
class Metropolis(Dynamics):
    """A proposal is accepted with the probability that makes Boltzmann's law stationary at any step size; T > 0.

    Memory: dim rows for a gradient, then the energy, then the number of accepted proposals.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.temperature == 0:
            raise InputError(f"{self.name} at temperature 0 accepts no uphill move; use gd, or a temperature above 0")

    def memory_rows(self, dim: int) -> int:
        """Gradient, energy and number of acceptances."""
        return dim + 2

    def scratch_rows(self, dim: int) -> int:
        """A proposal, its gradient and normals; its energy, the logarithm of the acceptance ratio, and a uniform number."""
        return 3 * dim + 3

    def accepted_row(self, dim: int) -> int | None:
        """The last row."""
        return dim + 1
