"""Random-walk Metropolis."""

from dataclasses import dataclass
from typing import ClassVar

from langevin_sim.dynamics.dynamics import Dynamics
from langevin_sim.dynamics.gdl import GDL
from langevin_sim.dynamics.metropolis import Metropolis
from langevin_sim.dynamics.registry import built_in


@built_in
@dataclass(frozen=True)
class RWM(Metropolis):
    """x + sqrt(2 eta T) xi, accepted by Metropolis: exactly Boltzmann, without a gradient."""

    name: ClassVar[str] = "rwm"
    title: ClassVar[str] = "RWM"
    colour: ClassVar[str] = "#17becf"
    exact: ClassVar[bool] = True
    relaxes_like: ClassVar[type[Dynamics] | None] = GDL
    uses_gradient: ClassVar[bool] = False
