"""Where machine code is kept: in the package, the user's cache, or a private temporary folder; else only in memory."""

import os
import stat
import tempfile
import warnings
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any

from numba.core import config


def keep_machine_code(dispatcher: Any) -> None:
    """Keep the machine code of ``dispatcher`` in the first folder that can be written.

    numba tries NUMBA_CACHE_DIR, the package and the user's cache; a private temporary folder comes next. Where none can be
    written, now or when the code is saved (a full disk), the code stays in memory and one warning says so.
    """
    try:
        _enable_caching(dispatcher)
    except (RuntimeError, OSError):  # numba finds no folder, or there is no temporary one
        _warn_once()
        return
    dispatcher._cache.save_overload = _or_in_memory(dispatcher._cache.save_overload)


def _enable_caching(dispatcher: Any) -> None:
    try:
        dispatcher.enable_caching()
    except RuntimeError:
        before = config.CACHE_DIR  # type: ignore[attr-defined]
        config.CACHE_DIR = str(_private_temporary_folder())  # type: ignore[attr-defined]
        try:
            dispatcher.enable_caching()
        finally:
            config.CACHE_DIR = before  # type: ignore[attr-defined]


def _private_temporary_folder() -> Path:
    """A folder that only this user can write: who writes into it can run code as its reader (the files are pickles)."""
    user = os.getuid() if hasattr(os, "getuid") else None
    folder = Path(tempfile.gettempdir()) / f"langevin-sim-{'cache' if user is None else user}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or (user is not None and (found.st_uid != user or found.st_mode & 0o022)):
        raise PermissionError(f"{folder} is not a folder that only this user can write")
    return folder


def _or_in_memory(save: Callable[..., None]) -> Callable[..., None]:
    @wraps(save)
    def tried(*args: Any) -> None:
        try:
            save(*args)
        except OSError:
            _warn_once()

    return tried


@cache
def _warn_once() -> None:
    warnings.warn(
        "no folder for machine code can be written, so every process compiles anew; set NUMBA_CACHE_DIR to a private folder",
        stacklevel=2,
    )
