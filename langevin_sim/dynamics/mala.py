"""The Metropolis-adjusted Langevin algorithm."""

from dataclasses import dataclass
from typing import ClassVar

from langevin_sim.dynamics.dynamics import Dynamics
from langevin_sim.dynamics.gdl import GDL
from langevin_sim.dynamics.metropolis import Metropolis
from langevin_sim.dynamics.registry import built_in


@built_in
@dataclass(frozen=True)
class MALA(Metropolis):
    """GDL's proposal, accepted by Metropolis-Hastings: exactly Boltzmann at any eta."""

    name: ClassVar[str] = "mala"
    title: ClassVar[str] = "MALA"
    colour: ClassVar[str] = "#2ca02c"
    exact: ClassVar[bool] = True
    relaxes_like: ClassVar[type[Dynamics] | None] = GDL
