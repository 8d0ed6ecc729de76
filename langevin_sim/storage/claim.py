"""Claim a folder for a run: one process alone creates it, or it is refused."""

import contextlib
import os
from pathlib import Path

from langevin_sim.errors import FolderError
from langevin_sim.storage.manifest import nothing_yet, read_manifest
from langevin_sim.storage.way import way_on


def claim(path: Path) -> Path:
    """Create the folder, or take an empty one; FolderError, with nothing left behind, if that is impossible.

    An empty folder may be another process's, which has not written its manifest yet; ``folder.begin`` decides under a lock.
    """
    absent = absent_parents(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir()
    except OSError as error:
        remove_empty(absent)
        if path.name and os.path.isdir(path) and nothing_yet(path):  # the current folder, or "", is not taken
            return path
        if os.path.lexists(path):
            raise taken(path) from error
        raise FolderError(f"cannot create the output folder {path}: {error.strerror}; choose another --out") from error
    return path


def claimable(path: Path) -> None:
    """Raise FolderError if ``claim`` would; called before a long computation whose results go there."""
    absent = absent_parents(path) if os.path.exists(path) else [path, *absent_parents(path)]
    claim(path)
    remove_empty(absent)


def taken(path: Path) -> FolderError:
    """The error for a folder that exists, with the command that goes on if it holds an unfinished run."""
    try:
        manifest = read_manifest(path)
    except FolderError:
        return FolderError(f"{path} already exists; choose another --out")
    if manifest["status"] == "COMPLETED":
        return FolderError(f"{path} already exists; choose another --out")
    return FolderError(f"{path} already exists, and is {manifest['status']}: {way_on(path, manifest)}; or choose another --out")


def absent_parents(path: Path) -> list[Path]:
    """The parent folders that must be created for it, innermost first."""
    return [parent for parent in path.parents if not os.path.lexists(parent)]


def remove_empty(folders: list[Path]) -> None:
    """Remove those folders that exist and are empty."""
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()
