"""Which compiled function moves a dynamics: a stepper is registered on the class of its record."""

from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, ClassVar, NamedTuple, get_origin

import numba

from langevin_sim.dynamics import Dynamics
from langevin_sim.engine.block import STEP, first_class
from langevin_sim.errors import InputError

_NOISE_OF_NUMBA = ("Failed in", "During:", "File ", "Invalid use of", "-")


class Stepper(NamedTuple):
    """block: the function that moves a block, of signature block.STEP. trial(dynamics, dim): runs a user's function once."""

    block: Any
    trial: Callable[[Dynamics, int], None] | None = None


def block_stepper(*records: type[Dynamics]) -> Callable[[Any], Any]:
    """A decorator: the function moves a block of walkers of these dynamics, with the arguments of ``block.STEP``.

    It changes X in place, projects it (``projections.project``) and draws from ``stream`` (``normals.fill_normals``). It is
    compiled by numba if it is a plain function. ``engine.stepper`` is the form for a function of one walker.
    """

    def decorate(function: Any) -> Any:
        dispatcher = function if hasattr(function, "py_func") else numba.njit(error_model="numpy", nogil=True)(function)
        register(Stepper(dispatcher), records)
        return function

    return decorate


def register(stepper: Stepper, records: tuple[type[Dynamics], ...]) -> None:
    """Register a stepper for these dynamics; InputError for anything that is not a dynamics record."""
    for record in records:
        check_record(record)
        record.stepper = stepper


def compiled_stepper(dynamics: Dynamics, dim: int) -> Any:
    """The compiled function that the engine calls; InputError if a dynamics has no stepper, or it cannot be compiled."""
    stepper = type(dynamics).stepper
    if stepper is None:
        raise InputError(f"{dynamics.name} has no stepper; register one with langevin_sim.stepper({type(dynamics).__name__})")
    if stepper.trial is not None:
        stepper.trial(dynamics, dim)
    try:
        return first_class(stepper.block, STEP)
    except Exception as error:  # numba may raise anything
        raise InputError(f"{dynamics.name}: its stepper cannot be compiled: {reason(error)}") from error


def reason(error: BaseException) -> str:
    """The line of a message that says what is wrong; numba puts other lines before it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(_NOISE_OF_NUMBA)]
    return (told or lines or [type(error).__name__])[0]


def check_record(record: type[Dynamics]) -> None:
    """InputError unless this is a subclass of Dynamics, a frozen dataclass whose own fields are numbers with defaults."""
    if not (isinstance(record, type) and issubclass(record, Dynamics)):
        raise InputError(f"a stepper needs a subclass of Dynamics, not {record!r}")
    written = [key for key, kind in vars(record).get("__annotations__", {}).items() if not _of_class(kind)]
    if "__dataclass_fields__" not in vars(record) and written:
        raise InputError(f"{record.__name__}: write @dataclass(frozen=True) above the class; it has the field {written[0]}")
    for field in fields(record):
        if field.name in Dynamics.__dataclass_fields__:
            continue
        if field.default is MISSING or not isinstance(field.default, int | float):
            raise InputError(f"{record.__name__}.{field.name}: give this field a number as its default")


def _of_class(kind: Any) -> bool:
    return "ClassVar" in kind if isinstance(kind, str) else get_origin(kind) is ClassVar or kind is ClassVar
