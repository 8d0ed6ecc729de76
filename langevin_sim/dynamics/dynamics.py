"""GD, GDL, SGD, SGDL, LM, MALA and RWM as records: what they are, not how they are computed (engine/steppers)."""

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from langevin_sim.dynamics.schedule import Schedule
from langevin_sim.errors import InputError, UnknownNameError

_CONSTANT = Schedule()


@dataclass(frozen=True)
class Dynamics:
    """A Markov chain with step size eta > 0 and temperature T >= 0 (k_B = 1).

    step_schedule makes eta a function of the step. noise_schedule does so for the noise amplitude
    gamma'; None keeps the temperature instead: gamma'_t = sqrt(2 eta_t T).

    What a record declares of itself: ``noisy``, whether normal noise is added; ``stochastic_gradient``, whether it
    draws minibatches; ``metropolis``, whether proposals may be rejected; ``exact``, whether its stationary law is
    Boltzmann's at any step; ``weak_order`` p, its stationary law differs from Boltzmann's by O(eta^p) (None: it has
    none, or is exact); ``kernel``, the form of its transition kernel, by which reference/chain finds its law (None: no
    law is known, and none is assumed); ``uses_gradient``; ``colour``, in every figure.
    """

    step_size: float
    temperature: float = 1.0
    step_schedule: Schedule = _CONSTANT
    noise_schedule: Schedule | None = None
    name: ClassVar[str] = ""
    metropolis: ClassVar[bool] = False
    noisy: ClassVar[bool] = True
    stochastic_gradient: ClassVar[bool] = False
    uses_gradient: ClassVar[bool] = True
    exact: ClassVar[bool] = False
    weak_order: ClassVar[int | None] = None
    kernel: ClassVar[str | None] = None
    colour: ClassVar[str] = "#e377c2"

    def __post_init__(self) -> None:
        for name, value in (("step_size", self.step_size), ("temperature", self.temperature)):
            if isinstance(value, bool) or not isinstance(value, int | float | np.number):
                raise InputError(f"{self.name}: {name} = {value!r}: expected a number")
        if not (math.isfinite(self.step_size) and self.step_size > 0):
            raise InputError(f"step size {self.step_size}: expected a positive number")
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise InputError(f"temperature {self.temperature}: expected a number of at least 0")
        if self.temperature == 0 and self.metropolis:
            raise InputError(f"{self.name} at temperature 0 accepts nothing uphill: use gd, or a temperature above 0")
        if not self.noisy and self.temperature != 0:
            raise InputError(f"{self.name} adds no noise: temperature = {self.temperature}: expected none")

    @property
    def noise(self) -> float:
        """The memo's gamma' = sqrt(2 eta T), the standard deviation of the noise added in one step."""
        return math.sqrt(2.0 * self.step_size * self.temperature)

    @property
    def homogeneous(self) -> bool:
        """Whether every step is alike, so that there can be a stationary law."""
        return self.step_schedule.name == "constant" and (self.noise_schedule is None or self.noise_schedule.name == "constant")

    @property
    def stationary(self) -> bool:
        """Whether the chain has a stationary law to compare with: it needs noise, and steps all alike."""
        return self.homogeneous and (self.temperature > 0 or self.stochastic_gradient)

    def step_sizes(self, first: int, count: int) -> np.ndarray:
        """eta_t for t = first .. first + count - 1, float64[count]."""
        return self.step_schedule.step_sizes(self.step_size, np.arange(first, first + count, dtype=float))

    def noises(self, first: int, count: int) -> np.ndarray:
        """gamma'_t for t = first .. first + count - 1, float64[count]."""
        if not self.noisy:
            return np.zeros(count)
        if self.noise_schedule is not None:  # gelfand-mitter has values of its own, whatever the temperature
            return self.noise_schedule.noises(self.noise, np.arange(first, first + count, dtype=float))
        if self.homogeneous:
            return np.full(count, self.noise)
        return np.sqrt(2.0 * self.temperature * self.step_sizes(first, count))


@dataclass(frozen=True)
class GD(Dynamics):
    """x <- P(x - eta grad U(x)). No stationary law: each walker ends in the minimum of its basin."""

    temperature: float = 0.0
    name: ClassVar[str] = "gd"
    colour: ClassVar[str] = "#7f7f7f"
    noisy: ClassVar[bool] = False


@dataclass(frozen=True)
class GDL(Dynamics):
    """x <- P(x - eta grad U(x) + sqrt(2 eta T) xi): Boltzmann as eta -> 0, with an error of order eta."""

    name: ClassVar[str] = "gdl"
    colour: ClassVar[str] = "#1f77b4"
    weak_order: ClassVar[int | None] = 1
    kernel: ClassVar[str | None] = "gaussian"


@dataclass(frozen=True)
class SGDL(Dynamics):
    """x <- P(x - (eta/b) sum_batch grad V_i(x) + sqrt(2 eta T) xi), U = (1/n) sum V_i; known as SGLD.

    A batch is drawn for every walker and every step, by default without replacement: then the mean
    gradient has the covariance C(x)/b (n - b)/(n - 1), C the covariance over single terms.
    """

    batch_size: int = 10
    replacement: bool = False
    name: ClassVar[str] = "sgdl"
    colour: ClassVar[str] = "#8c564b"
    weak_order: ClassVar[int | None] = 1
    kernel: ClassVar[str | None] = "minibatch"
    stochastic_gradient: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.batch_size, bool) or not isinstance(self.batch_size, int | np.integer) or self.batch_size < 1:
            raise InputError(f"batch size {self.batch_size}: expected an integer of at least 1")

    def variance_factor(self, terms: int) -> float:
        """Covariance of the batch mean over that of single terms: (n-b)/(b(n-1)), or 1/b with replacement."""
        if self.replacement or terms == 1:
            return 1.0 / self.batch_size
        return (terms - self.batch_size) / (self.batch_size * (terms - 1))


@dataclass(frozen=True)
class SGD(SGDL):
    """x <- P(x - (eta/b) sum_batch grad V_i(x)): SGDL without the added noise."""

    temperature: float = 0.0
    name: ClassVar[str] = "sgd"
    colour: ClassVar[str] = "#ff7f0e"
    noisy: ClassVar[bool] = False


@dataclass(frozen=True)
class LM(Dynamics):
    """x <- P(x - eta grad U + sqrt(2 eta T) (xi_t + xi_{t+1})/2): Boltzmann with an error of order eta^2."""

    name: ClassVar[str] = "lm"
    colour: ClassVar[str] = "#9467bd"
    weak_order: ClassVar[int | None] = 2
    kernel: ClassVar[str | None] = "leimkuhler-matthews"


@dataclass(frozen=True)
class MALA(Dynamics):
    """GDL's proposal, accepted by Metropolis-Hastings: exactly Boltzmann at any eta."""

    name: ClassVar[str] = "mala"
    colour: ClassVar[str] = "#2ca02c"
    exact: ClassVar[bool] = True
    metropolis: ClassVar[bool] = True


@dataclass(frozen=True)
class RWM(Dynamics):
    """x + sqrt(2 eta T) xi, accepted by Metropolis: exactly Boltzmann, and no gradient is needed."""

    name: ClassVar[str] = "rwm"
    colour: ClassVar[str] = "#17becf"
    exact: ClassVar[bool] = True
    uses_gradient: ClassVar[bool] = False
    metropolis: ClassVar[bool] = True


KINDS: dict[str, type[Dynamics]] = {kind.name: kind for kind in (GD, GDL, SGD, SGDL, LM, MALA, RWM)}


def make(name: str, step_size: float, temperature: float, **settings: Any) -> Dynamics:
    """The record of that name; settings of batches are left out where there is no batch, the temperature without noise."""
    if name not in KINDS:
        raise UnknownNameError("dynamics", name, list(KINDS))
    kind = KINDS[name]
    if not kind.stochastic_gradient:
        settings = {key: value for key, value in settings.items() if key not in ("batch_size", "replacement")}
    return kind(step_size, temperature if kind.noisy else 0.0, **settings)


def with_step_size(dynamics: Dynamics, step_size: float) -> Dynamics:
    """The same dynamics, at the same temperature, with another step."""
    return replace(dynamics, step_size=step_size)
