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
            pass
    except OSError:
        path = Path(tempfile.mkdtemp(prefix="langevin-sim-"))  # nobody else can write there
        atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@cache
def _module(source: str, path: Path) -> ModuleType:
    # what is executed is the source that was just made: the file is for numba, which asks for its time and size
    module = ModuleType(f"langevin_sim_expression_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    exec(compile(source, str(path), "exec"), module.__dict__)
    return module


def load(source: str) -> ModuleType:
    """The module with this source, which stands in a file named by its hash. The same source is the same module."""
    path = folder() / f"{hashlib.sha256(source.encode()).hexdigest()}.py"
    try:
        current = path.read_bytes()
    except OSError:
        current = b""
    if current != source.encode():
        _replace(path, source.encode())
    return _module(source, path)


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        raise
