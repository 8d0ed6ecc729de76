"""Options that several commands share."""

import math
from collections.abc import Callable
from typing import Any

import click

from langevin_sim.errors import InputError
from langevin_sim.runs.settings import Settings


def from_settings(kind: type[Settings], without: tuple[str, ...] = ()) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator: an option for every field of a spec, with its description and default; what is not given is None."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for name, field in reversed(list(kind.model_fields.items())):
            if name in without:
                continue
            flag = f"--{name.replace('_', '-')}"
            if field.annotation is bool:
                on = "on" if field.default else "off"
                option = click.option(f"{flag}/--no-{flag[2:]}", name, default=None, help=f"{field.description}  [default: {on}]")
            else:
                tail = "" if field.default is None else f"  [default: {_shown(field.default)}]"
                option = click.option(flag, name, help=f"{field.description}{tail}", metavar="X")
            function = option(function)
        return function

    return decorate


def given(options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in options.items() if value is not None}


def parameters(pairs: tuple[str, ...]) -> dict[str, float]:
    """What --set KEY=NUMBER pairs say; InputError for anything else."""
    values = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not equals or not math.isfinite(value):
            raise InputError(f"--set {pair}: expected KEY=NUMBER")
        values[key.strip()] = value
    return values


def _shown(default: Any) -> str:
    return ",".join(str(item) for item in default) if isinstance(default, list) else str(default)
