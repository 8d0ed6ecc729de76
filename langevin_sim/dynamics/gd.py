"""Gradient descent."""

from dataclasses import dataclass
from typing import ClassVar

from langevin_sim.dynamics.dynamics import Dynamics
from langevin_sim.dynamics.registry import built_in


@built_in
@dataclass(frozen=True)
class GD(Dynamics):
    """x <- P(x - eta grad U(x)). No stationary law: each walker ends in the minimum of its basin."""

    temperature: float = 0.0
    name: ClassVar[str] = "gd"
    title: ClassVar[str] = "gradient descent"
    colour: ClassVar[str] = "#7f7f7f"
    moves_weights: ClassVar[bool] = True
    noisy: ClassVar[bool] = False
