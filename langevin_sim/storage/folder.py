"""The run folder, from its first file to its last; this module also gathers the functions of the files beside it."""

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from langevin_sim.errors import FolderError, LangevinSimError, SchedulerLost
from langevin_sim.storage.atomic import remove_partial, write_json, write_whole
from langevin_sim.storage.claim import absent_parents, claim, claimable, remove_empty, taken
from langevin_sim.storage.lock import locked
from langevin_sim.storage.log import kept, log
from langevin_sim.storage.manifest import (
    READ,
    SCHEMA,
    continued,
    differences,
    finish_manifest,
    new_manifest,
    nothing_yet,
    now,
    other_schema,
    read_manifest,
    rehash,
)
from langevin_sim.storage.signals import deferred
from langevin_sim.storage.sources import keep
from langevin_sim.storage.table import write_csv
from langevin_sim.storage.way import command, way_on

__all__ = [
    "READ",
    "SCHEMA",
    "abandon",
    "absent_parents",
    "attempt",
    "begin",
    "claimable",
    "continued",
    "differences",
    "finish_manifest",
    "locked",
    "new_manifest",
    "now",
    "other_schema",
    "read_manifest",
    "recorded",
    "rehash",
    "remove_empty",
    "write_csv",
    "write_json",
    "write_whole",
]

Page = Callable[[Path], Any]
_NAME = "manifest.json"


def begin(path: Path, manifest: dict[str, Any], anew: bool = False) -> Path:
    """Claim a folder for a run, and write its manifest before anything else, so that a killed run can always go on.

    anew: a folder that holds the same work, unfinished, is taken too: it has no checkpoint, and begins again. FolderError,
    with nothing left behind, if the folder exists or cannot be written.
    """
    new = [path, *absent_parents(path)] if not os.path.exists(path) else []
    if anew and os.path.exists(path / _NAME):
        before = read_manifest(path)
        if before["status"] == "COMPLETED" or any(before.get(key) != manifest.get(key) for key in ("kind", "spec", "runs")):
            raise taken(path)
        manifest |= {"resumed": [*before.get("resumed", []), now()]}
    else:
        claim(path)
    try:
        with locked(path) as alone:
            if not anew and not nothing_yet(path):  # another process was quicker
                raise taken(path)
            if alone:
                remove_partial(path)
            write_json(path / _NAME, manifest)
    except BaseException:
        remove_empty(new)
        raise
    return path


def abandon(folder: Path, absent: list[Path]) -> None:
    """Remove a folder in which nothing but the manifest has been written, and those of its parents that were absent."""
    with contextlib.suppress(OSError):
        (folder / _NAME).unlink()
    remove_empty([folder, *absent])


@contextlib.contextmanager
def recorded(folder: Path, manifest: dict[str, Any], report: Page | None = None, draw: Page | None = None) -> Iterator[None]:
    """Lock the folder, keep its log, and write the manifest: RUNNING, and in the end COMPLETED, INTERRUPTED or FAILED.

    draw, report: make the figure, then the page, from the files of the folder once the run is COMPLETED. If one fails, the
    run gets a warning that names it, and stays complete. Signals are deferred inside this context, see signals.py.
    """
    with locked(folder) as alone, deferred(), kept(folder, manifest):
        if alone:
            remove_partial(folder)
        manifest["finished"] = None  # present if the run is resumed
        write_json(folder / _NAME, manifest)
        keep(folder, manifest)
        log.info("started: %s", json.dumps(manifest["spec"]))
        try:
            yield
        except BaseException as error:
            _record_end(folder, manifest, error)
            if isinstance(error, OSError):  # raised by a writer other than write_whole
                raise FolderError(f"cannot write to {folder}: {error.strerror or error}") from error
            if isinstance(error, SchedulerLost):
                go_on = f"once a scheduler is running again, {command(folder, manifest)} --scheduler ADDRESS goes on"
                raise SchedulerLost(f"{error}; {go_on}") from error
            if isinstance(error, KeyboardInterrupt):
                raise KeyboardInterrupt(way_on(folder, manifest)) from error
            raise
        log.info("completed")
        manifest |= {"finished": now(), "drawn": draw is None and report is None}
        finish_manifest(folder, manifest, "COMPLETED")
        for name, make in (("the figure", draw), ("report.html", report)):
            if make is not None:
                attempt(name, make, folder)
                manifest["drawn"] = make is report or report is None
                finish_manifest(folder, manifest, "COMPLETED")  # the page shows the warning about the figure


def _record_end(folder: Path, manifest: dict[str, Any], error: BaseException) -> None:
    """Record in log and manifest what stopped the run early."""
    if isinstance(error, KeyboardInterrupt):
        status, message = "INTERRUPTED", None
        log.error("interrupted")
    else:
        status = "FAILED"
        message = str(error) if isinstance(error, LangevinSimError) else f"{type(error).__name__}: {error}"
        log.error("failed: %s", message)
    with contextlib.suppress(FolderError):  # on a full disk: leave its files unchanged, and raise the first error
        finish_manifest(folder, manifest, status, message)


def attempt(name: str, make: Page, folder: Path) -> None:
    """Make a figure or a page of a folder; if that fails, log its name and the reason as a warning."""
    try:
        make(folder)
    except Exception as error:  # any error: the numbers are safe, and worth more than a picture of them
        reason = str(error) if isinstance(error, LangevinSimError) else f"{type(error).__name__}: {error}"
        log.warning("%s could not be made: %s", name, reason)
        log.debug("%s", name, exc_info=True)
