"""Check what a user passes, once: a wrong type or shape gives an InputError that names the argument."""

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from langevin_sim.dynamics import Dynamics
from langevin_sim.errors import InputError
from langevin_sim.potentials import form
from langevin_sim.potentials.potential import Potential


def integer(name: str, value: Any, least: int, most: float = math.inf) -> int:
    """``value`` as an int; a float, a string or a Boolean is refused."""
    bounds = f"at least {least:,}" if most == math.inf else f"from {least:,} to {most:,}"
    expected = f"{name} = {shown(value)}: expected an integer {bounds}"
    if isinstance(value, bool | np.bool_):
        raise InputError(expected)
    try:
        found = operator.index(value)
    except TypeError as error:
        raise InputError(expected) from error
    if not least <= found <= most:
        raise InputError(expected)
    return found


def number(name: str, value: Any) -> float:
    """``value`` as a finite float."""
    try:
        found = math.nan if isinstance(value, bool | str) else float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} = {shown(value)}: expected a number") from error
    if not math.isfinite(found):
        raise InputError(f"{name} = {shown(value)}: expected a finite number")
    return found


def kind(name: str, value: Any, expected: type, example: str) -> None:
    """Raise InputError unless ``value`` is an instance of ``expected``."""
    if not isinstance(value, expected):
        raise InputError(f"{name} = {shown(value)}: expected {example}")


def observables(record: Any) -> dict[str, Callable[[np.ndarray], Any]]:
    """``record`` of simulate() as a dictionary of functions."""
    if record is None:
        return {}
    if not isinstance(record, Mapping):
        raise InputError(f"record = {shown(record)}: expected a dictionary such as {{'r2': lambda x: (x**2).sum(axis=1)}}")
    for name, function in record.items():
        if not isinstance(name, str):
            raise InputError(f"record: the key {shown(name)}: expected text")
        if not callable(function):
            raise InputError(f"record[{name!r}] = {shown(function)}: expected a function of x [walkers, dim]")
    return dict(record)


def pair(potential: Any, dynamics: Any) -> None:
    """Raise InputError unless these are a potential, with parts that fit together, and a dynamics."""
    kind("potential", potential, Potential, "a potential, for instance ls.potentials.twowell(dim=2)")
    kind("dynamics", dynamics, Dynamics, "a dynamics, for instance ls.GDL(step_size=0.02, temperature=1.0)")
    form.check(potential, dynamics.temperature or 1.0)


def shown(value: Any) -> str:
    """A value as text for a message, cut if it is long."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
