"""What all specs have in common: parsing of raw values, TOML, and error messages."""

import re
import shlex
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import tomli_w
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from langevin_sim.errors import InputError, UnknownNameError, did_you_mean

_MEANT = {  # words of the command line that are no settings: the setting, and what to write
    "noise": ("temperature", "write temperature = gamma'^2 / (2 step_size); --noise is an option of the command line only"),
    "set": ("parameters", "the parameters of the potential are the table [parameters]"),
    "set-dynamics": ("dynamics_settings", "extra settings of the dynamics are the table [dynamics_settings]"),
    "dim": ("dims", "write dims, such as dims = 2 or dims = [1, 2]"),
}
_OF_TABLES = {"parameters": "set", "dynamics_settings": "set-dynamics"}  # options that each take one KEY=VALUE of a table


class Spec(BaseModel):
    """A frozen record of settings; an unknown key is refused.

    earlier_names: names of fields in earlier versions, which are still read: earlier name -> present name.
    """

    earlier_names: ClassVar[dict[str, str]] = {}
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def own_files(self) -> list[str]:
        """The settings that name a file of the user's which determines the result."""
        return []

    @model_validator(mode="before")
    @classmethod
    def _no_odd_values(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Refuse Booleans as numbers, and NUL, which no system allows in a path."""
        for name, value in values.items():
            field = cls.model_fields.get(name)
            inside = [value, *(value if isinstance(value, list) else value.values() if isinstance(value, dict) else ())]
            if field is not None and field.annotation is not bool and any(isinstance(part, bool) for part in inside):
                raise ValueError(f"{name.replace('_', '-')} = {value!r}: true and false are not allowed here")
            if any(isinstance(part, str) and "\0" in part for part in inside):
                raise ValueError(f"{name.replace('_', '-')} = {value!r}: expected text without NUL characters")
        return values


SpecT = TypeVar("SpecT", bound=Spec)


def parse(kind: type[SpecT], values: dict[str, Any]) -> SpecT:
    """Parse raw values; InputError in one line that says what was given and what was expected."""
    for then, now in kind.earlier_names.items():
        if then in values and now in values:
            raise InputError(f"{then} and {now} are the same setting: give only one")
    values = {kind.earlier_names.get(key, key): value for key, value in values.items()}
    for key in values:
        if key not in kind.model_fields:
            if (meant := _MEANT.get(key.replace("_", "-"))) and meant[0] in kind.model_fields:
                raise InputError(f"unknown setting {key!r}: {meant[1]}")
            raise UnknownNameError("setting", key, list(kind.model_fields))
    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        message = first["msg"].removeprefix("Value error, ")
        if first["type"] == "value_error":
            raise InputError(message) from error
        where = ".".join(str(part) for part in first["loc"] if part not in ("constrained-int", "literal['auto']"))
        where = where.replace("_", "-")
        message = message[0].lower() + message[1:]
        hint = ""
        if first["type"] == "literal_error" and isinstance(first["input"], str):
            where = where.partition(".")[0]  # in a list, the input itself shows which item is wrong
            hint = did_you_mean(first["input"], re.findall("'([^']+)'", first["ctx"]["expected"]))
        raise InputError(f"{where} = {first['input']!r}: {hint}{message}") from error


def read_config(path: Path) -> dict[str, Any]:
    """Read settings from a TOML file."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))  # with or without a byte-order mark
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the configuration {path}: {error}: expected a TOML file in UTF-8") from error
    except (ValueError, RecursionError) as error:  # ValueError: an integer of thousands of digits
        raise InputError(f"{path} is not TOML: {error}: expected lines such as walkers = 1000") from error


def to_toml(settings: Spec) -> str:
    """Write settings as TOML that read_config reads."""
    values = settings.model_dump(mode="json", exclude_none=True)
    return tomli_w.dumps({key: value for key, value in values.items() if value != {}}, indent=1)


def flags(settings: Spec, written: Mapping[str, str] | None = None) -> str:
    """The command-line options that differ from their defaults, for a shell; ``written``: how to write some of the values."""
    words = []
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if value == field.get_default(call_default_factory=True):
            continue
        option = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{option}" if value else f"--no-{option}")
        elif isinstance(value, dict):
            words += [f"--{_OF_TABLES[name]} {shlex.quote(f'{key}={item}')}" for key, item in value.items()]
        else:
            text = ",".join(str(item) for item in value) if isinstance(value, list) else str(value)
            words.append(f"--{option} {shlex.quote((written or {}).get(name, text))}")
    return " ".join(words)
