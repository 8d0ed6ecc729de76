"""GD, GDL, MALA and LM as records: what they are, not how they are computed (engine/steppers)."""

import math
from dataclasses import dataclass
from typing import ClassVar

from langevin_sim.errors import InputError, UnknownNameError


@dataclass(frozen=True)
class Dynamics:
    """A Markov chain on R^d with step size eta > 0 and temperature T >= 0 (k_B = 1)."""

    step_size: float
    temperature: float = 1.0
    name: ClassVar[str] = ""
    metropolis: ClassVar[bool] = False
    stationary: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not (math.isfinite(self.step_size) and self.step_size > 0):
            raise InputError(f"step size {self.step_size}: expected a positive number")
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise InputError(f"temperature {self.temperature}: expected a number of at least 0")
        if self.temperature == 0 and self.metropolis:
            raise InputError(f"{self.name} at temperature 0 accepts nothing uphill: use gd, or a temperature above 0")

    @property
    def noise(self) -> float:
        """The memo's gamma' = sqrt(2 eta T), the standard deviation of the noise of one step."""
        return math.sqrt(2.0 * self.step_size * self.temperature)


@dataclass(frozen=True)
class GD(Dynamics):
    """x <- x - eta grad U(x). No stationary law: each walker ends in the minimum of its basin."""

    temperature: float = 0.0
    name: ClassVar[str] = "gd"
    stationary: ClassVar[bool] = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "temperature", 0.0)
        super().__post_init__()


@dataclass(frozen=True)
class GDL(Dynamics):
    """x <- x - eta grad U(x) + sqrt(2 eta T) xi: Boltzmann as eta -> 0, with an error of order eta."""

    name: ClassVar[str] = "gdl"


@dataclass(frozen=True)
class MALA(Dynamics):
    """GDL's proposal, accepted by Metropolis-Hastings: exactly Boltzmann at any eta."""

    name: ClassVar[str] = "mala"
    metropolis: ClassVar[bool] = True


@dataclass(frozen=True)
class LM(Dynamics):
    """x <- x - eta grad U + sqrt(2 eta T) (xi_t + xi_{t+1})/2: Boltzmann with an error of order eta^2."""

    name: ClassVar[str] = "lm"


_KINDS: dict[str, type[Dynamics]] = {kind.name: kind for kind in (GD, GDL, MALA, LM)}


def make(name: str, step_size: float, temperature: float) -> Dynamics:
    """The record of that name."""
    if name not in _KINDS:
        raise UnknownNameError("dynamics", name, list(_KINDS))
    return _KINDS[name](step_size, temperature)
