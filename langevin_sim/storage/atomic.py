"""Atomic writes: a file is written completely or not at all."""

import contextlib
import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from langevin_sim.errors import FolderError
from langevin_sim.storage.log import log

_WINDOWS = os.name == "nt"
_PATIENCE = 1.0  # seconds to wait, on Windows, for a reader that prevents the replacement of a file


def write_whole(path: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, then rename it: a crash leaves the old file or the new one.

    FolderError if it cannot be written; the old file then remains, and no part of the new one.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        _replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if not isinstance(error, OSError):
            raise
        raise FolderError(f"cannot write {path}: {error.strerror or error}") from error


def write_json(path: Path, value: Any) -> None:
    """Write the value atomically as indented JSON."""
    write_whole(path, lambda stream: stream.write((json.dumps(value, indent=1) + "\n").encode()))


def remove_partial(folder: Path) -> None:
    """Remove the temporary files of a killed process. Call it only under the lock, when no other process is writing."""
    for place in (folder, folder / "checkpoint"):
        for path in place.glob(".*"):
            if re.fullmatch(r"\..+\.\d+", path.name):
                with contextlib.suppress(OSError):
                    path.unlink()
                    log.info("removed %s, which a killed process had left half written", path.name)


def _replace(temporary: Path, path: Path) -> None:
    """Rename; on Windows, a file that is being read, by a virus scanner for example, can be replaced only afterwards."""
    give_up = time.monotonic() + _PATIENCE
    while True:
        try:
            os.replace(temporary, path)
            return
        except PermissionError:
            if not _WINDOWS or time.monotonic() > give_up:
                raise
            time.sleep(0.05)
