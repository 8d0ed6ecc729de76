"""The Leimkuhler-Matthews scheme."""

from dataclasses import dataclass
from typing import ClassVar

from langevin_sim.dynamics.dynamics import Dynamics
from langevin_sim.dynamics.registry import built_in


@built_in
@dataclass(frozen=True)
class LM(Dynamics):
    """x <- P(x - eta grad U + sqrt(2 eta T) (xi_t + xi_{t+1})/2): Boltzmann with an error of order eta^2."""

    name: ClassVar[str] = "lm"
    title: ClassVar[str] = "LM"
    colour: ClassVar[str] = "#9467bd"
    weak_order: ClassVar[int | None] = 2
    kernel: ClassVar[str | None] = "leimkuhler-matthews"

    def memory_rows(self, dim: int) -> int:
        """The normals that the next step reuses."""
        return dim
