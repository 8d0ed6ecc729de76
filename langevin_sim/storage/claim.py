"""Claiming a folder for a run: made new, by one process alone, or refused."""

import contextlib
import os
from pathlib import Path

from langevin_sim.errors import FolderError


def claim(path: Path) -> Path:
    """Create the folder; FolderError if it already exists or cannot be made, and then nothing that was tried is left."""
    absent = absent_parents(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir()
    except OSError as error:
        remove_empty(absent)
        if os.path.lexists(path):
            raise FolderError(f"{path} already exists; choose another --out") from error
        raise FolderError(f"cannot make the output folder {path}: {error.strerror}; choose another --out") from error
    return path


def claimable(path: Path) -> None:
    """FolderError if ``claim`` would raise one: asked before a long computation whose results go there."""
    absent = absent_parents(path)
    remove_empty([claim(path), *absent])


def absent_parents(path: Path) -> list[Path]:
    """The folders that must be made for it, the innermost first."""
    return [parent for parent in path.parents if not os.path.lexists(parent)]


def remove_empty(folders: list[Path]) -> None:
    """Remove those of them that exist and hold nothing."""
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()
