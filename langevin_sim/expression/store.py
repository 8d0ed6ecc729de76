"""Generated code on disk, so that numba keeps the machine code beside it for other processes."""

import atexit
import hashlib
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType

SETTING = "LANGEVIN_SIM_CACHE"


def folder() -> Path:
    """Where code is kept: $LANGEVIN_SIM_CACHE, or expressions/ in the user's cache; if that cannot be written, a passing one."""
    base = os.environ.get(SETTING)
    if base:
        return _usable(base)
    user = os.environ.get("XDG_CACHE_HOME", "")
    home = user if os.path.isabs(user) else os.path.join(os.path.expanduser("~"), ".cache")
    return _usable(os.path.join(home, "langevin-sim", "expressions"))


@cache
def _usable(wanted: str) -> Path:
    path = Path(wanted).absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError:
        return _passing()


@cache
def _passing() -> Path:
    """A folder of this process alone, which nobody else can write, removed at its end."""
    path = Path(tempfile.mkdtemp(prefix="langevin-sim-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def load(source: str) -> ModuleType:
    """The module with this source, which stands in a file named by its hash. The same source is the same module."""
    content = source.encode()
    name = f"{hashlib.sha256(content).hexdigest()}.py"
    path = folder() / name
    try:
        _write(path, content)
    except OSError:
        path = _passing() / name
        _write(path, content)
    return _module(source, path)


def _write(path: Path, content: bytes) -> None:
    """Write the file, unless it stands there as it should."""
    if path.is_file() and path.read_bytes() == content:
        return
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        raise


@cache
def _module(source: str, path: Path) -> ModuleType:
    # what is executed is the source that was just made: the file is for numba, which asks for its time and size
    module = ModuleType(f"langevin_sim_expression_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    exec(compile(source, str(path), "exec"), module.__dict__)
    return module
