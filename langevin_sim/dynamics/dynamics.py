"""What all dynamics have in common: a step size, a temperature, schedules, and declarations about themselves."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np

from langevin_sim.dynamics.schedule import Schedule
from langevin_sim.errors import InputError

_CONSTANT = Schedule()
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")


@dataclass(frozen=True)
class Dynamics:
    """A Markov chain with step size eta > 0 and temperature T >= 0 (k_B = 1). The engine computes it.

    step_schedule makes eta a function of the step. noise_schedule does so for the noise amplitude
    gamma'; None keeps the temperature instead: gamma'_t = sqrt(2 eta_t T).

    Every subclass is a dynamics. Fields beyond these four are its own settings: numbers, with defaults. It declares:

    name: its name on the command line and in results; by default the class's name in lower case. title: its name in
    sentences; by default ``name``. colour: its colour in every figure.
    noisy: whether it adds normal noise. stochastic_gradient: whether it draws batches from a finite sum.
    uses_gradient: whether it needs grad U.
    exact: whether its stationary law is Boltzmann's at any step.
    weak_order: p if its stationary law differs from Boltzmann's by O(eta^p); None if there is no such law, or it is exact.
    kernel: the form of its transition kernel, from which reference/chain finds its stationary law at a finite step:
    "gaussian" (x' = P(x - eta grad U(x) + noise xi), ``noise`` as below), "minibatch" or "leimkuhler-matthews";
    None if that law is not known.
    relaxes_like: the dynamics whose relaxation time is used where its own cannot be computed.
    moves_weights: whether a step only follows the full gradient or a batch's, with or without noise, so that it can
    train networks.

    The last five are not inherited: a subclass moves differently, so nothing is assumed about it that it does not
    declare itself.
    """

    step_size: float
    temperature: float = 1.0
    step_schedule: Schedule = _CONSTANT
    noise_schedule: Schedule | None = None
    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    colour: ClassVar[str] = "#e377c2"
    noisy: ClassVar[bool] = True
    stochastic_gradient: ClassVar[bool] = False
    uses_gradient: ClassVar[bool] = True
    exact: ClassVar[bool] = False
    weak_order: ClassVar[int | None] = None
    kernel: ClassVar[str | None] = None
    relaxes_like: "ClassVar[type[Dynamics] | None]" = None
    moves_weights: ClassVar[bool] = False
    stepper: ClassVar[Any] = None  # the function that computes it, registered here by engine.stepper and engine.block_stepper

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = vars(cls)
        cls.exact = own.get("exact", False)
        cls.weak_order = own.get("weak_order")
        cls.kernel = own.get("kernel")
        cls.relaxes_like = own.get("relaxes_like")
        cls.moves_weights = own.get("moves_weights", False)
        cls.stepper = None
        cls.name = own.get("name", cls.__name__.lower())
        cls.title = own.get("title", cls.name)
        if not (isinstance(cls.name, str) and _NAME.fullmatch(cls.name)):
            raise InputError(f"dynamics {cls.name!r}: a name has letters, digits, - and _, and begins with a letter")

    def __post_init__(self) -> None:
        for name, value in (("step_size", self.step_size), ("temperature", self.temperature)):
            if isinstance(value, bool) or not isinstance(value, int | float | np.number):
                raise InputError(f"{self.name}: {name} = {value!r}: expected a number")
        if not (math.isfinite(self.step_size) and self.step_size > 0):
            raise InputError(f"step size {self.step_size}: expected a positive number")
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise InputError(f"temperature {self.temperature}: expected a number of at least 0")
        if not self.noisy and self.temperature != 0:
            raise InputError(f"{self.name} adds no noise; leave out temperature = {self.temperature}")

    @property
    def noise(self) -> float:
        """The memo's gamma' = sqrt(2 eta T), the standard deviation of the noise added in one step."""
        return math.sqrt(2.0 * self.step_size * self.temperature)

    @property
    def homogeneous(self) -> bool:
        """Whether all steps are alike, so that there can be a stationary law."""
        return self.step_schedule.name == "constant" and (self.noise_schedule is None or self.noise_schedule.name == "constant")

    @property
    def stationary(self) -> bool:
        """Whether the chain has a stationary law to compare with: it needs noise, and all steps must be alike."""
        return self.homogeneous and (self.temperature > 0 or self.stochastic_gradient)

    def step_sizes(self, first: int, count: int) -> np.ndarray:
        """eta_t for t = first .. first + count - 1, float64[count]."""
        return self.step_schedule.step_sizes(self.step_size, np.arange(first, first + count, dtype=float))

    def noises(self, first: int, count: int) -> np.ndarray:
        """gamma'_t for t = first .. first + count - 1, float64[count]."""
        if not self.noisy:
            return np.zeros(count)
        if self.noise_schedule is not None:  # gelfand-mitter sets its own values, whatever the temperature
            return self.noise_schedule.noises(self.noise, np.arange(first, first + count, dtype=float))
        if self.homogeneous:
            return np.full(count, self.noise)
        return np.sqrt(2.0 * self.temperature * self.step_sizes(first, count))

    def memory_rows(self, dim: int) -> int:
        """How many numbers a walker carries from one step to the next besides its position; they are 0 at the start."""
        return 0

    def scratch_rows(self, dim: int) -> int:
        """How many numbers a walker needs during a step; by default a gradient and a normal vector."""
        return 2 * dim

    @property
    def terms_per_step(self) -> int:
        """How many terms of a finite sum a step draws for every walker; 0 if it uses the full gradient."""
        return 0

    def accepted_row(self, dim: int) -> int | None:
        """The row of memory that counts accepted proposals; None if it has no proposals."""
        return None

    def check_terms(self, terms: int | None, potential: str) -> None:
        """Raise InputError unless it can move on a potential with this number of terms (None: not a finite sum)."""

    def variance_factor(self, terms: int) -> float:
        """Ratio of the covariance of a step's gradient noise to that of a single term; 0 without batches."""
        return 0.0

    @classmethod
    def own_settings(cls) -> Sequence[str]:
        """Names of the fields that this dynamics has beyond the common ones."""
        return [field.name for field in fields(cls) if field.name not in Dynamics.__dataclass_fields__]

    def settings(self) -> np.ndarray:
        """The values of ``own_settings``, in the form that its stepper gets: float64[n]."""
        return np.array([float(getattr(self, name)) for name in self.own_settings()])


def with_step_size(dynamics: Dynamics, step_size: float) -> Dynamics:
    """The same dynamics at the same temperature with another step size."""
    return replace(dynamics, step_size=step_size)
