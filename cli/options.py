"""Options that several commands share."""

import functools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from langevin_sim.errors import InputError, did_you_mean
from langevin_sim.settings.spec import Spec
from langevin_sim.storage.sources import Consent


class _Path(click.Path):
    """A path that the system accepts."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if "\0" in str(value):
            self.fail(f"{value!r}: expected a path without NUL characters", param, ctx)
        return super().convert(value, param, ctx)


class _Seconds(click.FloatRange):
    """Seconds, at least 0; inf: never."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        seconds = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value!r}: expected a number of at least 0", param, ctx)
        return seconds


class Choice(click.Choice):  # type: ignore[type-arg]
    """One of several words; for any other, the nearest is suggested."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The word."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            self.fail(f"{did_you_mean(str(value), [str(choice) for choice in self.choices])}{error.message}", param, ctx)


PATH = _Path(path_type=Path)
SECONDS = _Seconds(min=0)
THREADS = click.IntRange(0, 4096)
SET_DYNAMICS = click.option(
    "--set-dynamics",
    "of_dynamics",
    multiple=True,
    metavar="KEY=VALUE",
    help="An extra setting of a dynamics; NAME.KEY=VALUE for one of several dynamics; repeatable.",
)
DEVICE = Choice(("auto", "cpu", "cuda", "mps"))


def consent(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate with --trust and --accept-changes, as one argument ``consent``."""

    @click.option("--trust", is_flag=True, help="Run the code that the folder names, even if it has not been run here before.")
    @click.option(
        "--accept-changes", is_flag=True, help="Go on with files of yours that have changed since; the manifest says so."
    )
    @functools.wraps(function)
    def with_consent(trust: bool, accept_changes: bool, **others: Any) -> Any:
        return function(consent=Consent(trust, accept_changes), **others)

    return with_consent


def options_from(kind: type[Spec], without: tuple[str, ...] = ()) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate with an option for every field of a spec, with its description and default; None if it is not given."""

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
        for name in kind.earlier_names:
            function = click.option(f"--{name.replace('_', '-')}", name, hidden=True)(function)
        return function

    return decorate


def given(options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in options.items() if value is not None}


def temperature_of(noise: float, step_size: float) -> float:
    """The temperature that --noise, gamma' = sqrt(2 eta T), stands for; InputError if it does not exist."""
    temperature = noise * noise / (2.0 * step_size)
    if not (noise >= 0 and math.isfinite(temperature)):
        raise InputError(f"--noise {noise}: expected a number of at least 0, and a temperature gamma'^2/(2 eta) that is finite")
    return temperature


def parameters(pairs: tuple[str, ...], option: str = "--set") -> dict[str, float]:
    """Parse KEY=NUMBER pairs; InputError for anything else."""
    values = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not equals or not math.isfinite(value):
            raise InputError(f"{option} {pair}: expected KEY=NUMBER")
        values[key.strip()] = value
    return values


def _shown(default: Any) -> str:
    return ",".join(str(item) for item in default) if isinstance(default, list) else str(default)
