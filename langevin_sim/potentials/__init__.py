"""What is descended: one potential a file, each with its exact truth."""

from langevin_sim.potentials.boxes import boxes
from langevin_sim.potentials.custom import make
from langevin_sim.potentials.doublewell import doublewell
from langevin_sim.potentials.gaussians import gaussians
from langevin_sim.potentials.muellerbrown import muellerbrown
from langevin_sim.potentials.potential import FiniteSum, Potential, Region
from langevin_sim.potentials.quadratic import quadratic
from langevin_sim.potentials.rbf import rbf
from langevin_sim.potentials.registry import defaults, dimensions, factory, get, names
from langevin_sim.potentials.registry import own as is_own
from langevin_sim.potentials.regression import regression, regression_from
from langevin_sim.potentials.rows import read_rows
from langevin_sim.potentials.tilts import tilted
from langevin_sim.potentials.twowell import twowell
from langevin_sim.potentials.valley import valley
from langevin_sim.potentials.wedge import wedge

__all__ = [
    "FiniteSum",
    "Potential",
    "Region",
    "boxes",
    "defaults",
    "dimensions",
    "doublewell",
    "factory",
    "gaussians",
    "get",
    "is_own",
    "make",
    "muellerbrown",
    "names",
    "quadratic",
    "rbf",
    "read_rows",
    "regression",
    "regression_from",
    "tilted",
    "twowell",
    "valley",
    "wedge",
]
