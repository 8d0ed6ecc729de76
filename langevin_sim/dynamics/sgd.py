"""Stochastic gradient descent."""

from dataclasses import dataclass
from typing import ClassVar

from langevin_sim.dynamics.registry import built_in
from langevin_sim.dynamics.sgdl import SGDL


@built_in
@dataclass(frozen=True)
class SGD(SGDL):
    """x <- P(x - (eta/b) sum_batch grad V_i(x)): SGDL without the added noise."""

    temperature: float = 0.0
    name: ClassVar[str] = "sgd"
    title: ClassVar[str] = "SGD"
    colour: ClassVar[str] = "#ff7f0e"
    moves_weights: ClassVar[bool] = True
    noisy: ClassVar[bool] = False
    weak_order: ClassVar[int | None] = 1
    kernel: ClassVar[str | None] = "minibatch"
