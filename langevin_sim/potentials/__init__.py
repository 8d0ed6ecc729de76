"""Potentials, one per file, each with its exact properties."""

from langevin_sim.potentials.ackley import ackley
from langevin_sim.potentials.asymmetric import asymmetric
from langevin_sim.potentials.banana import banana
from langevin_sim.potentials.boxes import boxes
from langevin_sim.potentials.custom import finite_sum, make
from langevin_sim.potentials.doublewell import doublewell
from langevin_sim.potentials.entropicswitch import entropicswitch
from langevin_sim.potentials.fatskinny import fatskinny
from langevin_sim.potentials.funnel import funnel
from langevin_sim.potentials.gaussiangrid import gaussiangrid
from langevin_sim.potentials.gaussians import gaussians
from langevin_sim.potentials.himmelblau import himmelblau
from langevin_sim.potentials.illconditioned import illconditioned
from langevin_sim.potentials.muellerbrown import muellerbrown
from langevin_sim.potentials.multiplicative import multiplicative
from langevin_sim.potentials.potential import FiniteSum, Potential, Region
from langevin_sim.potentials.prinz import prinz
from langevin_sim.potentials.quadratic import quadratic
from langevin_sim.potentials.quadruple import quadruple
from langevin_sim.potentials.rastrigin import rastrigin
from langevin_sim.potentials.rbf import rbf
from langevin_sim.potentials.registry import defaults, dimensions, factory, get, group, names
from langevin_sim.potentials.registry import own as is_own
from langevin_sim.potentials.regression import regression, regression_from
from langevin_sim.potentials.rosenbrock import rosenbrock
from langevin_sim.potentials.rows import read_columns, read_rows
from langevin_sim.potentials.studentt import studentt
from langevin_sim.potentials.styblinskitang import styblinskitang
from langevin_sim.potentials.tilts import tilted
from langevin_sim.potentials.twochannels import twochannels
from langevin_sim.potentials.twowell import twowell
from langevin_sim.potentials.valley import valley
from langevin_sim.potentials.washboard import washboard
from langevin_sim.potentials.wedge import wedge

__all__ = [
    "FiniteSum",
    "Potential",
    "Region",
    "ackley",
    "asymmetric",
    "banana",
    "boxes",
    "defaults",
    "dimensions",
    "doublewell",
    "entropicswitch",
    "factory",
    "fatskinny",
    "finite_sum",
    "funnel",
    "gaussiangrid",
    "gaussians",
    "get",
    "group",
    "himmelblau",
    "illconditioned",
    "is_own",
    "make",
    "muellerbrown",
    "multiplicative",
    "names",
    "prinz",
    "quadratic",
    "quadruple",
    "rastrigin",
    "rbf",
    "read_columns",
    "read_rows",
    "regression",
    "regression_from",
    "rosenbrock",
    "studentt",
    "styblinskitang",
    "tilted",
    "twochannels",
    "twowell",
    "valley",
    "washboard",
    "wedge",
]
