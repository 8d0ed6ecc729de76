"""Dynamics by name: built in, from plugins, or from a user's file."""

from typing import Any, TypeVar

from langevin_sim import plugins
from langevin_sim.dynamics.dynamics import Dynamics
from langevin_sim.errors import InputError, PluginError, UnknownNameError

KINDS: dict[str, type[Dynamics]] = {}  # the built-in ones; filled as their files are imported
Kind = TypeVar("Kind", bound=type[Dynamics])
_OF_BATCHES = ("batch_size", "replacement")  # settings that are offered to every dynamics, but that only some have


def built_in(record: Kind) -> Kind:
    """Register a record of this package under its name."""
    KINDS[record.name] = record
    return record


def names() -> list[str]:
    """The names of the known dynamics: built in or from plugins, including broken plugins."""
    return sorted({*KINDS, *plugins.installed(plugins.DYNAMICS)})


def check_name(text: str) -> None:
    """Raise UnknownNameError unless the text can name a dynamics; nothing is loaded."""
    if text not in names() and not plugins.names_a_file(text):
        raise UnknownNameError("dynamics", text, names())


def kind(text: str) -> type[Dynamics]:
    """The record with this name: built in, a plugin's, or FILE.py:NAME."""
    check_name(text)
    if text in KINDS:
        return KINDS[text]
    found = (
        plugins.load(text, "dynamics") if plugins.names_a_file(text) else plugins.load_plugin(plugins.DYNAMICS, text, "dynamics")
    )
    if not (isinstance(found, type) and issubclass(found, Dynamics) and found is not Dynamics):
        raise InputError(f"dynamics {text}: expected a subclass of langevin_sim.Dynamics, not {found!r}")
    if found.name in KINDS:
        raise InputError(f"dynamics {text} has the name of a built-in one, {found.name!r}; give it another name")
    return found


def make(text: str, step_size: float, temperature: float, **settings: Any) -> Dynamics:
    """Make the dynamics with this name and these settings; settings of batches are left out if it draws no batches, and
    the temperature if it adds no noise."""
    record = kind(text)
    own = record.own_settings()
    known = {*own, "step_schedule", "noise_schedule"}
    for key in settings:
        if key not in known and key not in _OF_BATCHES:
            raise UnknownNameError(f"setting of {record.name}", key, list(own))
    taken = {key: _like_default(record, key, value) if key in own else value for key, value in settings.items() if key in known}
    try:
        return record(step_size, temperature if record.noisy else 0.0, **taken)
    except InputError:
        raise
    except Exception as error:  # a user's code may raise anything
        if text in KINDS:
            raise
        raise PluginError(f"dynamics {text} failed: {type(error).__name__}: {error}") from error


def _like_default(record: type[Dynamics], key: str, value: float) -> Any:
    """Convert a number to the type of the field's default, which may be an integer or a truth value."""
    default = record.__dataclass_fields__[key].default
    if isinstance(default, bool | int) and (value not in (0, 1) if isinstance(default, bool) else value != int(value)):
        expected = "0 or 1" if isinstance(default, bool) else "an integer"
        raise InputError(f"{record.name}: {key} = {value:g}: expected {expected}")
    return bool(value) if isinstance(default, bool) else int(value) if isinstance(default, int) else value
