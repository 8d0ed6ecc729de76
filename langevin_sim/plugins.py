"""Parts that are installed apart, found through entry points; a broken one harms nothing else."""

from importlib.metadata import entry_points
from typing import Any

from langevin_sim.errors import InputError, PluginError

BACKENDS = "langevin_sim.backends"
_REMEDY = "pip install 'langevin-sim[torch]'"


def backend(name: str = "torch") -> Any:
    """The module behind the network commands; InputError if what it stands on is not installed, PluginError if it is broken."""
    found = entry_points(group=BACKENDS, name=name)
    if not found:
        raise InputError(f"no backend {name!r} is installed: {_REMEDY}")
    try:
        return next(iter(found)).load()
    except ModuleNotFoundError as error:
        missing = error.name or str(error)
        if missing.partition(".")[0] == "langevin_sim":
            raise PluginError(f"backend {name!r} is broken: {error}") from error
        raise InputError(f"langevin-sim deep needs {missing}, which is not installed: {_REMEDY}") from error
    except Exception as error:  # whatever a broken installation raises while it is imported
        raise PluginError(f"backend {name!r} is broken: {type(error).__name__}: {error}") from error
