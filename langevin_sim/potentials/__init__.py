"""What is descended: one potential a file, each with its exact truth."""

from langevin_sim.potentials.potential import FiniteSum, Potential, Region
from langevin_sim.potentials.quadratic import quadratic
from langevin_sim.potentials.registry import get, names
from langevin_sim.potentials.tilts import tilted
from langevin_sim.potentials.twowell import twowell

__all__ = ["FiniteSum", "Potential", "Region", "get", "names", "quadratic", "tilted", "twowell"]
