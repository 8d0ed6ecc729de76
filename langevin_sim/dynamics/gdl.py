"""Gradient descent with Langevin noise."""

from dataclasses import dataclass
from typing import ClassVar

from langevin_sim.dynamics.dynamics import Dynamics
from langevin_sim.dynamics.registry import built_in


@built_in
@dataclass(frozen=True)
class GDL(Dynamics):
    """x <- P(x - eta grad U(x) + sqrt(2 eta T) xi): Boltzmann as eta -> 0, with an error of order eta."""

    name: ClassVar[str] = "gdl"
    title: ClassVar[str] = "GDL"
    colour: ClassVar[str] = "#1f77b4"
    moves_weights: ClassVar[bool] = True
    weak_order: ClassVar[int | None] = 1
    kernel: ClassVar[str | None] = "gaussian"
