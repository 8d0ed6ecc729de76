"""Schedules: how the step size and the noise change with time."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from langevin_sim.errors import InputError, UnknownNameError

_SETTINGS: dict[str, tuple[str, ...]] = {"constant": (), "power": ("p", "t0"), "gelfand-mitter": ("a", "b", "t0")}
_UNUSED = 1.0  # value of the settings that a schedule does not use


@dataclass(frozen=True)
class Schedule:
    """A factor f(t) of the step number t = 0, 1, ..; f(0) = 1 except for gelfand-mitter.

    constant: 1. power: (1 + t/t0)^-p. gelfand-mitter (Gelfand and Mitter, SIAM J. Control Optim. 29,
    1991; memo ref. 5): for the step size a/s, for the noise sqrt(b / (s log log s)), with
    s = t + t0 and t0 >= 16, so that log log s > 1; these are the values themselves, not factors.
    """

    name: str = "constant"
    p: float = _UNUSED
    t0: float = _UNUSED
    a: float = _UNUSED
    b: float = _UNUSED

    def __post_init__(self) -> None:
        used = _settings(self.name)
        for key in ("p", "t0", "a", "b"):
            value = getattr(self, key)
            if not (math.isfinite(value) and value > 0):
                raise InputError(f"schedule {self.name}: {key} = {value}: expected a positive number")
            if key not in used and value != _UNUSED:
                raise InputError(f"schedule {self.name}: {key} = {value}: not a setting of this schedule")
        if self.name == "gelfand-mitter" and self.t0 < 16:
            raise InputError(f"schedule gelfand-mitter: t0 = {self.t0:g}: expected at least 16, so that log log t > 1")

    def step_sizes(self, initial: float, t: np.ndarray) -> np.ndarray:
        """eta_t at steps t [n], eta_0 = initial."""
        return self._values(initial, t, lambda s: self.a / s)

    def noises(self, initial: float, t: np.ndarray) -> np.ndarray:
        """gamma'_t at steps t [n], gamma'_0 = initial."""
        return self._values(initial, t, lambda s: np.sqrt(self.b / (s * np.log(np.log(s)))))

    def _values(self, initial: float, t: np.ndarray, gelfand_mitter: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        if self.name == "constant":
            return np.full(t.shape, initial)
        if self.name == "power":
            return np.asarray(initial * (1.0 + t / self.t0) ** -self.p)
        return gelfand_mitter(t + self.t0)

    def __str__(self) -> str:
        values = ",".join(f"{key}={getattr(self, key)!r}" for key in _settings(self.name))
        return f"{self.name}:{values}" if values else self.name


def _settings(name: str) -> tuple[str, ...]:
    if name not in _SETTINGS:
        raise UnknownNameError("schedule", name, list(_SETTINGS))
    return _SETTINGS[name]


def parse_schedule(text: str) -> Schedule:
    """'constant', 'power:p=0.5,t0=1000' or 'gelfand-mitter:a=1,b=2,t0=100' as a Schedule."""
    name, _, rest = text.strip().partition(":")
    known = _settings(name)
    values: dict[str, float] = {}
    for pair in filter(None, (part.strip() for part in rest.split(","))):
        key, _, number = pair.partition("=")
        if not known:
            raise InputError(f"schedule {text!r}: {name} has no settings")
        if key not in known:
            raise UnknownNameError(f"setting of schedule {name}", key, list(known))
        if key in values:
            raise InputError(f"schedule {text!r}: {key} is given twice")
        try:
            values[key] = float(number)
        except ValueError as error:
            raise InputError(f"schedule {text!r}: {pair}: expected {key}=NUMBER") from error
    if name == "gelfand-mitter":
        values.setdefault("t0", 16.0)
    return Schedule(name, **values)
