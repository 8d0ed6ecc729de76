"""How a walker moves: small frozen records, their schedules, and the domain they move on."""

from langevin_sim.dynamics.domain import Domain, parse_domain
from langevin_sim.dynamics.dynamics import GD, GDL, KINDS, LM, MALA, RWM, SGD, SGDL, Dynamics, make, with_step_size
from langevin_sim.dynamics.schedule import Schedule, parse_schedule

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
    "make",
    "parse_domain",
    "parse_schedule",
    "with_step_size",
]
