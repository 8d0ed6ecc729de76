"""The run folder, from its first file to its last; and what the files beside this one offer for it, under one name."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from langevin_sim.errors import FolderError, LangevinSimError
from langevin_sim.storage.atomic import remove_partial, write_json, write_whole
from langevin_sim.storage.claim import absent_parents, claim, claimable, remove_empty
from langevin_sim.storage.lock import locked
from langevin_sim.storage.log import kept, log
from langevin_sim.storage.manifest import SCHEMA, finish_manifest, new_manifest, now, other_schema, read_manifest, rehash
from langevin_sim.storage.signals import deferred
from langevin_sim.storage.table import write_csv

__all__ = [
    "SCHEMA",
    "absent_parents",
    "attempt",
    "claim",
    "claimable",
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


@contextlib.contextmanager
def recorded(folder: Path, manifest: dict[str, Any], report: Page | None = None, draw: Page | None = None) -> Iterator[None]:
    """Lock the folder, keep its log, and write the manifest: RUNNING, and in the end COMPLETED, INTERRUPTED or FAILED.

    draw, report: make the figure, then the page, from the files of the folder once the run is COMPLETED. If one fails, the run
    has a warning that names it and is as complete as before. Signals are deferred within it: see signals.py.
    """
    with locked(folder) as alone, deferred(), kept(folder, manifest):
        if alone:
            remove_partial(folder)
        manifest["finished"] = None  # of a run that is resumed
        write_json(folder / "manifest.json", manifest)
        log.info("started: %s", json.dumps(manifest["spec"]))
        try:
            yield
        except BaseException as error:
            _record_end(folder, manifest, error)
            if isinstance(error, OSError):  # of what is not written by write_whole
                raise FolderError(f"cannot write into {folder}: {error.strerror or error}") from error
            raise
        log.info("completed")
        manifest["finished"] = now()
        finish_manifest(folder, manifest, "COMPLETED")
        for name, make in (("the figure", draw), ("report.html", report)):
            if make is not None:
                attempt(name, make, folder)
                finish_manifest(folder, manifest, "COMPLETED")  # the page shows the warning about the figure


def _record_end(folder: Path, manifest: dict[str, Any], error: BaseException) -> None:
    """Record in log and manifest what ended the run before its time."""
    if isinstance(error, KeyboardInterrupt):
        status, message = "INTERRUPTED", None
        log.error("interrupted")
    else:
        status = "FAILED"
        message = str(error) if isinstance(error, LangevinSimError) else f"{type(error).__name__}: {error}"
        log.error("failed: %s", message)
    with contextlib.suppress(FolderError):  # on a full disk: its files are kept as they are, and the first error is raised
        finish_manifest(folder, manifest, status, message)


def attempt(name: str, make: Page, folder: Path) -> None:
    """Make a figure or a page of a folder; if that fails, its name and the reason are logged as a warning."""
    try:
        make(folder)
    except Exception as error:  # whatever it is: the numbers are safe, and worth more than a picture of them
        reason = str(error) if isinstance(error, LangevinSimError) else f"{type(error).__name__}: {error}"
        log.warning("%s could not be made: %s", name, reason)
        log.debug("%s", name, exc_info=True)
