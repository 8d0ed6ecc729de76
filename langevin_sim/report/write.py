"""Write report.html of a folder of any kind."""

from pathlib import Path
from typing import Any

from langevin_sim.errors import FolderError, LangevinSimError
from langevin_sim.report import document, run, sweep
from langevin_sim.report.page import NAME as NAME
from langevin_sim.report.page import Page, render
from langevin_sim.report.page import write as write_page
from langevin_sim.storage import folder as disk
from langevin_sim.storage.verify import require
from langevin_sim.storage.way import way_on


def page_of(folder: Path, manifest: dict[str, Any]) -> Page | None:
    """The page of a completed folder: runs and sweeps have their own form; others are built from their figure.md."""
    pages = {"run": run.page, "sweep": sweep.page}
    kind = manifest.get("kind", "run")
    if kind in pages:
        return pages[kind](folder, manifest)
    return document.page(folder, manifest) if (folder / "figure.md").exists() else None


def write(folder: Path) -> None:
    """Write the page of a completed folder from its files, if its kind has a page."""
    page = page_of(folder, disk.read_manifest(folder))
    if page is not None:
        write_page(folder, page)


def write_again(folder: Path) -> Path:
    """The same for a folder given by the user; FolderError if it is not complete, or its data are unusable."""
    manifest = disk.read_manifest(folder)
    kind, status = manifest.get("kind", "run"), manifest["status"]
    if status != "COMPLETED":
        reason = f" (its error: {manifest['error']})" if manifest.get("error") else ""
        raise FolderError(f"{folder} is {status}: only a complete folder has a report; {way_on(folder, manifest)}{reason}")
    require(folder, manifest, (NAME,))
    try:
        page = page_of(folder, manifest)
        if page is not None:
            render(page)
    except LangevinSimError:
        raise
    except Exception as error:  # a damaged file may raise anything
        reason = f"{type(error).__name__}: {error}" if not isinstance(error, OSError) else f"{error.strerror}: {error.filename}"
        raise FolderError(
            f"{folder}: its files lack data for the page ({reason}); repeat the run with langevin-sim rerun"
        ) from error
    if page is None:
        raise FolderError(f"{folder} is of kind {kind}, which has no report")
    with disk.locked(folder):
        path = write_page(folder, page)
        disk.rehash(folder, manifest, NAME)
    return path
