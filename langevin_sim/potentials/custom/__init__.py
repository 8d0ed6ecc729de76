"""User-defined landscapes: from an energy to a Potential, whose minima, regions and extent are found and checked."""

from langevin_sim.potentials.custom.finite_sum import finite_sum
from langevin_sim.potentials.custom.make import make
from langevin_sim.potentials.custom.soundness import check

__all__ = ["check", "finite_sum", "make"]
