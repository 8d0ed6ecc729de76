"""How a walker moves: small frozen records, one per file, their schedules, and the domain on which walkers move."""

import pkgutil
from importlib import import_module

from langevin_sim.dynamics.domain import Domain, parse_domain
from langevin_sim.dynamics.dynamics import Dynamics, with_step_size
from langevin_sim.dynamics.gd import GD
from langevin_sim.dynamics.gdl import GDL
from langevin_sim.dynamics.lm import LM
from langevin_sim.dynamics.mala import MALA
from langevin_sim.dynamics.registry import KINDS, check_name, kind, make, names
from langevin_sim.dynamics.rwm import RWM
from langevin_sim.dynamics.schedule import Schedule, parse_schedule
from langevin_sim.dynamics.sgd import SGD
from langevin_sim.dynamics.sgdl import SGDL
from langevin_sim.dynamics.traits import Traits, declarations, traits_of

for _module in pkgutil.iter_modules(__path__):  # every record in this folder registers itself, even one without a name here
    import_module(f"{__name__}.{_module.name}")

__all__ = [
    "GD",
    "GDL",
    "KINDS",
    "LM",
    "MALA",
    "RWM",
    "SGD",
    "SGDL",
    "Domain",
    "Dynamics",
    "Schedule",
    "Traits",
    "check_name",
    "declarations",
    "kind",
    "make",
    "names",
    "parse_domain",
    "parse_schedule",
    "traits_of",
    "with_step_size",
]
