"""Keep generated code on disk, so that numba stores the machine code beside it for other processes."""

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
    """The folder for code: $LANGEVIN_SIM_CACHE, or expressions/ in the user's cache; if not writable, a temporary folder."""
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
        return _temporary()


@cache
def _temporary() -> Path:
    """A folder of this process, not writable by other users, that is removed when the process ends."""
    path = Path(tempfile.mkdtemp(prefix="langevin-sim-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def load(source: str) -> ModuleType:
    """The module with this source, which is kept in a file named by its hash. The same source gives the same module."""
    content = source.encode()
    name = f"{hashlib.sha256(content).hexdigest()}.py"
    path = folder() / name
    try:
        _write(path, content)
    except OSError:
        path = _temporary() / name
        _write(path, content)
    return _module(source, path)


def _write(path: Path, content: bytes) -> None:
    """Write the file, unless it already has this content."""
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
    # the source in memory is executed; the file is only for numba, which reads its time and size
    module = ModuleType(f"langevin_sim_expression_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    exec(compile(source, str(path), "exec"), module.__dict__)
    return module
