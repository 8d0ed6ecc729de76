"""Plugins: installed packages, found through entry points, and single files. A broken one does not affect anything else."""

import hashlib
import importlib
import importlib.machinery
import linecache
import sys
import traceback
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from langevin_sim.errors import InputError, PluginError, did_you_mean

BACKENDS, DYNAMICS, POTENTIALS = "langevin_sim.backends", "langevin_sim.dynamics", "langevin_sim.potentials"
PLOTS = "langevin_sim.plots"
_REMEDY = "pip install 'langevin-sim[torch]'"


def backend(name: str = "torch") -> Any:
    """The module behind the network commands; InputError if a package that it needs is missing, PluginError if it is broken."""
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
    except Exception as error:  # a broken installation may raise anything while it is imported
        raise PluginError(f"backend {name!r} is broken: {type(error).__name__}: {error}") from error


@cache
def installed(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group by name, without importing them."""
    return {point.name: point for point in entry_points(group=group)}


def load_plugin(group: str, name: str, what: str) -> Any:
    """Load an installed entry point; PluginError if importing it fails. ``what``: its kind in messages, such as 'potential'."""
    try:
        return installed(group)[name].load()
    except Exception as error:  # a broken plugin may raise anything while it is imported
        raise PluginError(f"{what} plugin {name!r} is broken: {type(error).__name__}: {error}") from error


def names_a_file(text: str) -> bool:
    """Whether a text has the form FILE.py:NAME."""
    return text.rpartition(":")[0].endswith(".py")


def is_code(text: str) -> bool:
    """Whether a text has the form FILE.py:NAME or MODULE:NAME."""
    where, colon, name = text.rpartition(":")
    return bool(colon) and name.isidentifier() and (where.endswith(".py") or all(map(str.isidentifier, where.split("."))))


def file_of(text: str) -> Path | None:
    """The file, with its absolute path, that FILE.py:NAME, MODULE:NAME or FILE names; nothing is run.

    None for a module that is missing, or has no source.
    """
    if not is_code(text):
        return Path(text).absolute()
    where = text.rpartition(":")[0]
    if where.endswith(".py"):
        return Path(where).absolute()
    places: list[str] | None = [str(Path.cwd()), *sys.path]
    found = None
    for part in where.split("."):  # importlib.util.find_spec would run the packages around the module
        found = importlib.machinery.PathFinder.find_spec(part, places)
        if found is None:
            return None
        places = None if found.submodule_search_locations is None else list(found.submodule_search_locations)
    return Path(found.origin).absolute() if found is not None and found.has_location and found.origin else None


_STAND_INS: dict[Path, Path] = {}  # by the absolute path of the missing file


def stand_in(text: str, copy: Path) -> None:
    """Read ``copy`` wherever the file that the text names is missing."""
    where = text.rpartition(":")[0] if is_code(text) else text
    _STAND_INS[Path(where).absolute()] = copy.absolute()


def located(file: Path) -> Path:
    """The file, or what stands in for it while it is missing."""
    return file if file.exists() else _STAND_INS.get(file.absolute(), file)


def load(text: str, what: str) -> Any:
    """Load the object that FILE.py:NAME or MODULE:NAME names. This runs the user's code.

    A file is run once, and once more after a change; a relative path is relative to the working directory.
    InputError for a missing file, module or name, PluginError for code that fails; messages begin with ``what``.
    """
    where, colon, name = text.rpartition(":")
    if not (where and colon and name):
        raise InputError(f"{what} {text}: write FILE.py:NAME")
    here = located(Path(where))  # a module too may have a stand-in
    of_file = where.endswith(".py") or here.suffix == ".py"
    module = _run(here, f"{what} {text}") if of_file else _imported(where, f"{what} {text}")
    if not hasattr(module, name):
        known = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise InputError(f"{what} {text}: {did_you_mean(name, known)}{where} does not define {name!r}")
    return getattr(module, name)


_MODULE = "langevin_sim_file_"  # followed by a hash of the path: the key of a file's module in sys.modules
_SOURCE = "__langevin_sim_source__"


def _run(path: Path, what: str) -> ModuleType:
    """Run a file as a module, and add it to sys.modules, where dataclasses and pickle look for it."""
    try:
        source = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{what}: there is no file {path}") from error
    except OSError as error:
        raise InputError(f"{what}: cannot read {path}: {error.strerror or error}") from error
    whole = path.resolve()
    key = f"{_MODULE}{path.stem}_{hashlib.sha256(str(whole).encode()).hexdigest()[:16]}"
    known = sys.modules.get(key)
    if known is not None and getattr(known, _SOURCE) == source:
        return known
    module = ModuleType(key)
    module.__file__ = str(whole)
    setattr(module, _SOURCE, source)
    linecache.checkcache(str(whole))  # otherwise a traceback would show lines of an earlier version
    sys.modules[key] = module
    try:
        exec(compile(source, str(whole), "exec"), module.__dict__)
    except (Exception, SystemExit) as error:  # a user's code may raise anything
        if known is None:
            del sys.modules[key]
        else:
            sys.modules[key] = known
        raise PluginError(f"{what}: {_place(error, whole)}{type(error).__name__}: {_first_line(error)}") from error
    return module


def _imported(name: str, what: str) -> ModuleType:
    """Import a module; the working directory is searched too."""
    here = str(Path.cwd())
    if "" not in sys.path and here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise InputError(f"{what}: {error}; write FILE.py:NAME or MODULE:NAME") from error
    except (Exception, SystemExit) as error:
        raise PluginError(f"{what}: {type(error).__name__}: {_first_line(error)}") from error


def _place(error: BaseException, path: Path) -> str:
    """'line 3: ' if the error arose in this line of the file."""
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: " if error.lineno else ""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"line {lines[-1]}: " if lines else ""


def _first_line(error: BaseException) -> str:
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return text.strip().splitlines()[0] if text.strip() else ""


def plotter(name: str = "run") -> Any:
    """The drawing function called ``name``. Plots stand above what they draw, so lower rooms find them only through this."""
    found = entry_points(group=PLOTS, name=name)
    if not found:
        raise PluginError(f"no entry point {name!r} of {PLOTS} is installed; reinstall langevin-sim")
    return next(iter(found)).load()
