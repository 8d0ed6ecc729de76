"""Claim a folder for a run: one process alone creates it, or it is refused."""

import contextlib
import os
from pathlib import Path

from langevin_sim.errors import FolderError


def claim(path: Path) -> Path:
    """Create the folder; FolderError, with nothing left behind, if it already exists or cannot be created."""
    absent = absent_parents(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir()
    except OSError as error:
        remove_empty(absent)
        if os.path.lexists(path):
            raise FolderError(f"{path} already exists; choose another --out") from error
        raise FolderError(f"cannot create the output folder {path}: {error.strerror}; choose another --out") from error
    return path


def claimable(path: Path) -> None:
    """Raise FolderError if ``claim`` would; called before a long computation whose results go there."""
    absent = absent_parents(path)
    remove_empty([claim(path), *absent])


def absent_parents(path: Path) -> list[Path]:
    """The parent folders that must be created for it, innermost first."""
    return [parent for parent in path.parents if not os.path.lexists(parent)]


def remove_empty(folders: list[Path]) -> None:
    """Remove those folders that exist and are empty."""
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()
