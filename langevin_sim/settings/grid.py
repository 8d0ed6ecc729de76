"""A grid of settings: its axes, and its points, one for every combination of their values."""

import hashlib
import itertools
import json
import math
import re
from typing import Any, NamedTuple

import numpy as np

from langevin_sim import dynamics, potentials
from langevin_sim.errors import InputError, UnknownNameError
from langevin_sim.plugins import names_a_file
from langevin_sim.settings.network import TrainSpec
from langevin_sim.settings.run import RunSpec, make_spec, split
from langevin_sim.settings.spec import Spec, parse

KINDS: dict[str, type[Spec]] = {"run": RunSpec, "train": TrainSpec}
MOST_POINTS = 100_000
_LONGEST_NAME = 120
_NUMBER = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_RANGE = re.compile(rf"({_NUMBER}):({_NUMBER}):([0-9]{{1,6}})(:log)?")
_WHOLE = re.compile(r"([0-9]{1,9})\.\.([0-9]{1,9})")


class Axis(NamedTuple):
    """A setting, or a parameter of the potential, with its values."""

    name: str
    values: list[Any]

    @property
    def numeric(self) -> bool:
        """Whether all values are numbers."""
        return all(isinstance(value, int | float) and not isinstance(value, bool) for value in self.values)


class Point(NamedTuple):
    """One run of a sweep: the name of its folder, its value on every axis, and its settings."""

    name: str
    where: dict[str, Any]
    spec: Spec


class Sweep(NamedTuple):
    """Everything that determines a sweep. kind: "run" or "train"; base: the settings that all points share."""

    kind: str
    base: dict[str, Any]
    axes: list[Axis]
    seed: int


def axis(text: str) -> Axis:
    """KEY=a:b:n (n equally spaced values), a:b:n:log (in the logarithm), i..j, or u,v,w (u;v;w if they hold commas)."""
    name, equals, values = text.partition("=")
    name = name.strip().replace("-", "_")
    expected = f"--grid {text}: expected KEY=a:b:n, KEY=a:b:n:log, KEY=i..j or KEY=u,v,w"
    if not equals or not name or not values.strip():
        raise InputError(expected)
    found: list[Any]
    if match := _RANGE.fullmatch(values.strip()):
        low, high, count = float(match[1]), float(match[2]), int(match[3])
        if not (1 <= count <= MOST_POINTS and math.isfinite(low) and math.isfinite(high)):
            raise InputError(f"--grid {text}: expected finite ends and 1 to {MOST_POINTS:,} values")
        if match[4] and not (low > 0 and high > 0):
            raise InputError(f"--grid {text}: expected ends above 0 for :log")
        found = [_value(f"{x:.12g}") for x in (np.geomspace if match[4] else np.linspace)(low, high, count)]
    elif match := _WHOLE.fullmatch(values.strip()):
        if not 0 <= int(match[2]) - int(match[1]) < MOST_POINTS:
            raise InputError(f"--grid {text}: expected ascending whole numbers, at most {MOST_POINTS:,}")
        found = list(range(int(match[1]), int(match[2]) + 1))
    else:
        found = [_value(part.strip()) for part in values.split(";" if ";" in values else ",")]
    if len(set(map(repr, found))) != len(found):
        raise InputError(f"--grid {text}: expected different values")
    return Axis(name, found)


def axes_of(table: Any) -> list[Axis]:
    """The axes in the [grid] table of a TOML file: for each key a list of values, or text that ``axis`` reads."""
    if not isinstance(table, dict):
        raise InputError(f"grid = {table!r}: expected a table, [grid], with lines such as temperature = [0.8, 1.2]")
    found = []
    for key, values in table.items():
        if isinstance(values, str):
            found.append(axis(f"{key}={values}"))
        elif isinstance(values, list) and values and len(set(map(repr, values))) == len(values):
            found.append(Axis(key.replace("-", "_"), values))
        else:
            raise InputError(f'[grid] {key} = {values!r}: expected a list of different values, or text such as "0.5:1.5:5"')
    return found


def make(kind: str, values: dict[str, Any], axes: list[Axis], seed: int) -> Sweep:
    """Make a sweep from raw settings and axes; InputError if any of its points is invalid."""
    earlier = KINDS[kind].earlier_names
    values = {earlier.get(key, key): value for key, value in values.items()}
    axes = [one._replace(name=earlier.get(one.name, one.name)) for one in axes]
    names = [one.name for one in axes]
    if len(set(names)) != len(names):
        raise InputError(f"--grid: expected different keys, got {', '.join(names)}")
    first = {**values, **{one.name: one.values[0] for one in axes if one.name in KINDS[kind].model_fields}}
    known = list(KINDS[kind].model_fields)
    if kind == "run":
        known += [*_parameters(first), *_dynamics_settings(first)]
        dims = make_spec({key: value for key, value in first.items() if key in RunSpec.model_fields}).dims
        axes = [*axes, Axis("dim", dims)]
        known = [name for name in known if name not in ("dims", "parameters", "dynamics_settings", "data")]
    for name in names:
        if name not in known:
            raise UnknownNameError("key of --grid", name, known)
    if math.prod(len(one.values) for one in axes) > MOST_POINTS:
        raise InputError(f"the grid has {math.prod(len(one.values) for one in axes):,} points: expected at most {MOST_POINTS:,}")
    base = {key: value for key, value in values.items() if key not in (*names, "dims", "seed")}
    sweep = Sweep(kind, base, axes, seed)
    spec = points(sweep)[0].spec
    dropped = {one.name for one in axes} | {"dims", "seed"}
    base = {key: value for key, value in spec.model_dump(mode="json").items() if key not in dropped}
    if kind == "run":
        for table in ("parameters", "dynamics_settings"):
            base[table] = {key: value for key, value in base[table].items() if key not in dropped}
    return sweep._replace(base=base)


def _parameters(values: dict[str, Any]) -> list[str]:
    """The parameters of the potential in raw settings."""
    return list(potentials.defaults(str(values.get("potential", RunSpec().potential))))


def _dynamics_settings(values: dict[str, Any]) -> list[str]:
    """The extra settings of the dynamics in raw settings: KEY, unless the potential has a parameter KEY, and NAME.KEY."""
    kinds = [dynamics.kind(text) for text in split(values.get("dynamics", RunSpec().dynamics))]
    pairs = [(found.name, key) for found in kinds for key in found.own_settings()]
    taken = _parameters(values) if pairs else []
    return list(dict.fromkeys([*(key for _, key in pairs if key not in taken), *(f"{name}.{key}" for name, key in pairs)]))


def points(sweep: Sweep) -> list[Point]:
    """Every point of the grid, the last axis varying fastest; InputError if the settings of one are invalid."""
    found = []
    for values in itertools.product(*(one.values for one in sweep.axes)):
        where = dict(zip((one.name for one in sweep.axes), values, strict=True))
        found.append(Point(_name(where), where, _spec(sweep, where)))
    return found


def own_files(sweep: Sweep) -> list[str]:
    """The settings that name a file of the user's, of all points; nothing is run."""
    found: list[str] = []
    for name in ("potential", "dynamics", "model", *(["data"] if sweep.kind == "run" else [])):
        values = [sweep.base.get(name), *(value for one in sweep.axes if one.name == name for value in one.values)]
        for value in values:
            texts = [text for text in (value if isinstance(value, list) else split(value) or []) if isinstance(text, str)]
            texts = [value] if name in ("data", "potential", "model") and isinstance(value, str) else texts
            found += [text for text in texts if name == "data" or names_a_file(text) or (name == "model" and ":" in text)]
    return list(dict.fromkeys(found))


def _spec(sweep: Sweep, where: dict[str, Any]) -> Spec:
    """The settings of a point. Its seed depends only on the sweep's seed and its place; a larger grid does not change it."""
    fields = {*KINDS[sweep.kind].model_fields, *KINDS[sweep.kind].earlier_names}
    values = {**sweep.base, **{key: value for key, value in where.items() if key in fields}}
    if "dim" in where:
        values["dims"] = [where["dim"]]
    own = {key: value for key, value in where.items() if key not in fields and key != "dim"}
    if own:
        moving = _dynamics_settings(values)
        for table, more in (
            ("parameters", {key: value for key, value in own.items() if key not in moving}),
            ("dynamics_settings", {key: value for key, value in own.items() if key in moving}),
        ):
            values[table] = {**values.get(table, {}), **more}
    if "seed" not in where:
        text = json.dumps([sweep.seed, sweep.kind, where], sort_keys=True)
        values["seed"] = int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])
    try:
        return parse(KINDS[sweep.kind], values)
    except InputError as error:
        raise InputError(f"at {_name(where)}: {error}") from error


def _name(where: dict[str, Any]) -> str:
    """'temperature=0.2,step_size=0.01,dim=3', made safe for use as a folder's name."""
    text = ",".join(f"{key}={value}" for key, value in where.items())
    name = re.sub(r"[^A-Za-z0-9_.,=+-]+", "-", text)[:_LONGEST_NAME]
    return name if name == text else f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _value(text: str) -> Any:
    """Convert text to a truth value or a number (an integer if possible); otherwise return it."""
    if text in ("true", "false"):
        return text == "true"
    if not re.fullmatch(_NUMBER, text):
        return text
    number = float(text)
    if not math.isfinite(number):
        raise InputError(f"--grid: {text}: expected a finite number")
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
