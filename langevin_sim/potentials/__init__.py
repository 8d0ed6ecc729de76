"""What is descended: one potential a file, each with its exact truth."""

from langevin_sim.potentials.potential import Potential, Region
from langevin_sim.potentials.quadratic import quadratic
from langevin_sim.potentials.registry import get, names
from langevin_sim.potentials.twowell import twowell

__all__ = ["Potential", "Region", "get", "names", "quadratic", "twowell"]
