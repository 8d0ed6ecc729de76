"""The hashes of the code that this user has run on this machine before: one SHA-256 a line, in the user's data folder."""

import os
import warnings
from collections.abc import Iterable
from pathlib import Path


def path() -> Path:
    """The file: $XDG_DATA_HOME (Windows: %LOCALAPPDATA%; otherwise ~/.local/share) / langevin-sim / known-code.txt."""
    home = os.environ.get("XDG_DATA_HOME") or os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/.local/share")
    return Path(home) / "langevin-sim" / "known-code.txt"


def known() -> frozenset[str]:
    """The hashes; none if the file does not exist or cannot be read."""
    try:
        return frozenset(path().read_text(encoding="utf-8", errors="replace").split())
    except OSError:
        return frozenset()


def remember(hashes: Iterable[str]) -> None:
    """Add hashes. If that is impossible, warn, and go on without: these files will then need --trust."""
    new = sorted(set(hashes) - known())
    if not new:
        return
    try:
        path().parent.mkdir(parents=True, exist_ok=True)
        with open(path(), "a", encoding="utf-8") as stream:
            stream.write("".join(f"{one}\n" for one in new))
    except OSError as error:
        warnings.warn(
            f"cannot write {path()} ({error.strerror or error}): resume and rerun will ask for --trust to run your code again",
            stacklevel=1,  # the same place for every caller: one notice
        )
