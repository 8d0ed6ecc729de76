"""Packages that only users of the torch plugin need."""

from importlib import import_module
from typing import Any

from langevin_sim.errors import InputError


def optional(module: str, package: str) -> Any:
    """Import a module; InputError with the remedy if its package is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(f'{package} is not installed: pip install "langevin-sim[torch]"') from error
