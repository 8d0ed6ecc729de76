"""The run folder, from its first file to its last; this module also gathers the functions of the files beside it."""

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
from langevin_sim.storage.manifest import (
    READ,
    SCHEMA,
    continued,
    differences,
    finish_manifest,
    new_manifest,
    now,
    other_schema,
    read_manifest,
    rehash,
)
from langevin_sim.storage.signals import deferred
from langevin_sim.storage.sources import keep
from langevin_sim.storage.table import write_csv

__all__ = [
    "READ",
    "SCHEMA",
    "absent_parents",
    "attempt",
    "claim",
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
        write_json(folder / "manifest.json", manifest)
        keep(folder, manifest)
        log.info("started: %s", json.dumps(manifest["spec"]))
        try:
            yield
        except BaseException as error:
            _record_end(folder, manifest, error)
            if isinstance(error, OSError):  # raised by a writer other than write_whole
                raise FolderError(f"cannot write to {folder}: {error.strerror or error}") from error
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
