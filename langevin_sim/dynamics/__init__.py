"""How a walker moves: small frozen records, one a file, their schedules, and the domain they move on."""

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

for _module in pkgutil.iter_modules(__path__):  # every record of this folder registers itself, whether it has a name here or not
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
