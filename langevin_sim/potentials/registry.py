"""Potentials by name: built in, from plugins, from a user's file, or an expression."""

import inspect
import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from langevin_sim import plugins
from langevin_sim.dynamics.domain import Domain
from langevin_sim.errors import InputError, LangevinSimError, PluginError, UnknownNameError
from langevin_sim.potentials.ackley import ackley
from langevin_sim.potentials.asymmetric import asymmetric
from langevin_sim.potentials.banana import banana
from langevin_sim.potentials.boxes import boxes
from langevin_sim.potentials.custom.make import MAX_REGIONS
from langevin_sim.potentials.doublewell import doublewell
from langevin_sim.potentials.entropicswitch import entropicswitch
from langevin_sim.potentials.fatskinny import fatskinny
from langevin_sim.potentials.funnel import funnel
from langevin_sim.potentials.gaussiangrid import gaussiangrid
from langevin_sim.potentials.gaussians import gaussians
from langevin_sim.potentials.himmelblau import himmelblau
from langevin_sim.potentials.illconditioned import illconditioned
from langevin_sim.potentials.muellerbrown import muellerbrown
from langevin_sim.potentials.multiplicative import multiplicative
from langevin_sim.potentials.potential import Potential, rebuildable
from langevin_sim.potentials.prinz import prinz
from langevin_sim.potentials.quadratic import quadratic
from langevin_sim.potentials.quadruple import quadruple
from langevin_sim.potentials.rastrigin import rastrigin
from langevin_sim.potentials.rbf import rbf
from langevin_sim.potentials.regression import regression
from langevin_sim.potentials.rosenbrock import rosenbrock
from langevin_sim.potentials.studentt import studentt
from langevin_sim.potentials.styblinskitang import styblinskitang
from langevin_sim.potentials.twochannels import twochannels
from langevin_sim.potentials.twowell import twowell
from langevin_sim.potentials.valley import valley
from langevin_sim.potentials.washboard import washboard
from langevin_sim.potentials.wedge import wedge

EXPRESSION, SUM = "expr:", "sum:"
DATA = "data"  # name of a factory's argument for the columns of a file
GROUPS = ("memo", "textbook", "degenerate", "rugged", "heavy tails", "finite sums", "own")  # in the order of ``potentials list``
_SPACE = Domain()
_CAP = "a file's function passes max_regions to potentials.make"


class _Entry(NamedTuple):
    """One registration: the factory, its group, its least and largest dimension (None: no limit)."""

    factory: Callable[..., Potential]
    group: str
    dimensions: tuple[int, int | None] = (1, None)


_BUILT_IN: dict[str, _Entry] = {
    "boxes": _Entry(boxes, "memo"),
    "gaussians": _Entry(gaussians, "memo"),
    "rbf": _Entry(rbf, "memo", (2, 2)),
    "twowell": _Entry(twowell, "memo"),
    "wedge": _Entry(wedge, "memo", (2, None)),
    "asymmetric": _Entry(asymmetric, "textbook", (2, 2)),
    "doublewell": _Entry(doublewell, "textbook"),
    "entropicswitch": _Entry(entropicswitch, "textbook", (2, 2)),
    "muellerbrown": _Entry(muellerbrown, "textbook", (2, 2)),
    "prinz": _Entry(prinz, "textbook", (1, 1)),
    "quadratic": _Entry(quadratic, "textbook"),
    "quadruple": _Entry(quadruple, "textbook", (2, None)),
    "regression": _Entry(regression, "finite sums"),
    "twochannels": _Entry(twochannels, "textbook", (2, 2)),
    "washboard": _Entry(washboard, "textbook", (1, 1)),
    "banana": _Entry(banana, "degenerate", (2, None)),
    "fatskinny": _Entry(fatskinny, "degenerate", (1, 1)),
    "illconditioned": _Entry(illconditioned, "degenerate"),
    "rosenbrock": _Entry(rosenbrock, "degenerate"),
    "valley": _Entry(valley, "degenerate", (2, None)),
    "ackley": _Entry(ackley, "rugged"),
    "gaussiangrid": _Entry(gaussiangrid, "rugged", (1, 2)),
    "himmelblau": _Entry(himmelblau, "rugged", (2, 2)),
    "rastrigin": _Entry(rastrigin, "rugged"),
    "styblinskitang": _Entry(styblinskitang, "rugged"),
    "funnel": _Entry(funnel, "heavy tails", (2, 100)),
    "multiplicative": _Entry(multiplicative, "heavy tails", (1, 1)),
    "studentt": _Entry(studentt, "heavy tails"),
}


def names() -> list[str]:
    """The names of the known potentials: built in or from plugins, including broken plugins."""
    return sorted({*_BUILT_IN, *plugins.installed(plugins.POTENTIALS)})


def own(name: str) -> bool:
    """Whether a potential is user-defined: an expression, or from a file or a plugin."""
    return name not in _BUILT_IN


def group(name: str) -> str:
    """The group under which a built-in potential is listed; "own" for a user-defined one."""
    return _BUILT_IN[name].group if name in _BUILT_IN else "own"


def dimensions(name: str) -> tuple[int, int | None]:
    """The least and the largest dimension of a potential (None: no limit)."""
    if name.startswith((EXPRESSION, SUM)):
        return max([1, *(int(number) for number in re.findall(r"\bx([1-9][0-9]{0,5})\b", name))]), None
    if name in _BUILT_IN:
        return _BUILT_IN[name].dimensions
    limits: tuple[int, int | None] = getattr(factory(name), "dimensions", (1, None))
    return limits


def factory(name: str) -> Callable[..., Potential]:
    """The factory of a potential from dim and its parameters; UnknownNameError for an unknown name."""
    if name in _BUILT_IN:
        return _BUILT_IN[name].factory
    if name.startswith(EXPRESSION):
        return partial(_expression, name)
    if name.startswith(SUM):
        return partial(_sum, name)
    if plugins.names_a_file(name):
        return _callable(plugins.load(name, "potential"), name)
    if name in plugins.installed(plugins.POTENTIALS):
        return _callable(plugins.load_plugin(plugins.POTENTIALS, name, "potential"), name)
    raise UnknownNameError("potential", name, names())


def defaults(name: str, columns: Collection[str] = ()) -> dict[str, Any]:
    """The parameters of a potential, with their defaults (None if there is none).

    columns: of the data of a finite sum; in its expression their names are not parameters.
    """
    if name.startswith((EXPRESSION, SUM)):
        from langevin_sim.expression import parameter_names

        return {key: None for key in parameter_names(_text(name)) if key not in columns}
    named = [p for p in _signature(name) if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return {p.name: None if p.default is p.empty else p.default for p in named if p.name not in ("dim", DATA)}


def _signature(name: str) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(factory(name)).parameters.values())
    except ValueError as error:  # some built-in callables have none
        raise InputError(f"potential {name}: expected a function whose parameters can be told") from error


@rebuildable
def get(
    name: str,
    dim: int,
    *,
    domain: Domain | None = None,
    temperature: float = 1.0,
    data: Mapping[str, np.ndarray] | None = None,
    max_regions: int | None = None,
    **parameters: float,
) -> Potential:
    """Make the potential with this name in dim dimensions; UnknownNameError for an unknown name or parameter.

    domain: another one than its own. temperature: of what is to be found out about an expression. data: the columns of a
    finite sum, as from ``read_columns``, for "sum: ..." and for a factory of a user's own that takes ``data``.
    max_regions: how many wells of an expression or a sum become regions, where it is not as in ``make``.
    """
    make = factory(name)
    known = defaults(name, data or ())
    takes_all = not name.startswith((EXPRESSION, SUM)) and any(p.kind is p.VAR_KEYWORD for p in _signature(name))
    given = _data(name, make, data)
    for key in parameters:
        if key in (data or {}) and name.startswith(SUM):
            raise InputError(f"{name}: {key!r} is both a column of the data and a parameter: expected one of the two")
        if key not in known and not takes_all:
            raise UnknownNameError(f"parameter of {name}", key, list(known))
    missing = [key for key, value in known.items() if value is None and key not in parameters]
    if missing:
        column = f", or a column of that name beside {', '.join(data)}" if data and name.startswith(SUM) else ""
        raise InputError(f"{name}: {missing[0]} has no value: expected --set {missing[0]}=NUMBER{column}")
    if name.startswith((EXPRESSION, SUM)):
        cap = {} if max_regions is None else {"max_regions": max_regions}
        return make(dim, domain=domain or _SPACE, temperature=temperature, **cap, **given, **parameters)
    if max_regions is not None:
        raise InputError(f"{name}: max_regions {max_regions}: only the wells of 'expr: ...' and 'sum: ...' are counted; {_CAP}")
    try:
        potential = make(dim, **given, **parameters)
    except LangevinSimError:
        raise
    except Exception as error:  # a user's code may raise anything
        if not own(name) and isinstance(error, ArithmeticError | MemoryError):
            raise _not_moderate(name, parameters) from error
        if not own(name):
            raise
        raise PluginError(f"potential {name} failed: {type(error).__name__}: {error}") from error
    if not isinstance(potential, Potential):
        raise PluginError(f"potential {name} made a {type(potential).__name__}: expected a Potential, as from potentials.make")
    if own(name) and potential.dim != dim:
        raise PluginError(f"potential {name} made one of dimension {potential.dim}: expected {dim}, as it was asked for")
    if not (own(name) or (np.isfinite(potential.constants).all() and np.isfinite(potential.extent(1.0)).all())):
        raise _not_moderate(name, parameters)
    return potential if domain is None else potential.on(domain)


def _data(name: str, make: Callable[..., Potential], data: Mapping[str, np.ndarray] | None) -> dict[str, Any]:
    """The data as an argument of what takes them; InputError where they are needed and missing, or given and not taken."""
    parameter = None if name.startswith(EXPRESSION) else inspect.signature(make).parameters.get(DATA)
    if data is None and parameter is not None and parameter.default is inspect.Parameter.empty:
        raise InputError(f"{name}: expected --data FILE.csv, whose columns are the numbers of the terms")
    if data is not None and parameter is None:
        raise InputError(f"{name} takes no data: expected 'sum: ...', FILE.py:FUNCTION that takes data, or regression")
    return {} if data is None else {DATA: dict(data)}


def _callable(found: Any, name: str) -> Callable[..., Potential]:
    if not callable(found):
        raise InputError(f"potential {name}: expected a function that takes dim, not a {type(found).__name__}")
    made: Callable[..., Potential] = found
    return made


def _not_moderate(name: str, parameters: dict[str, float]) -> InputError:
    shown = ", ".join(f"{key} = {value:g}" for key, value in parameters.items())
    return InputError(f"{name}: {shown}: too large or too small to compute with: expected moderate numbers")


def _text(name: str) -> str:
    return name.removeprefix(EXPRESSION).removeprefix(SUM).strip()


def _expression(
    name: str,
    dim: int,
    domain: Domain = _SPACE,
    temperature: float = 1.0,
    max_regions: int = MAX_REGIONS,
    **parameters: float,
) -> Potential:
    from langevin_sim.potentials.custom import make

    settings: dict[str, Any] = {"domain": domain, "temperature": temperature, "max_regions": max_regions}
    return make(_text(name), dim, parameters=parameters, name=name, **settings)


def _sum(
    name: str,
    dim: int,
    data: Mapping[str, np.ndarray],
    domain: Domain = _SPACE,
    temperature: float = 1.0,
    max_regions: int = MAX_REGIONS,
    **parameters: float,
) -> Potential:
    from langevin_sim.potentials.custom import finite_sum

    settings: dict[str, Any] = {"domain": domain, "temperature": temperature, "max_regions": max_regions}
    return finite_sum(_text(name), dim, data, parameters=parameters, name=name, **settings)
