"""Whether a folder still holds what its manifest says: the hash of every file on disk."""

import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from langevin_sim.errors import FolderError
from langevin_sim.storage.manifest import read_manifest
from langevin_sim.storage.sources import FOLDER
from langevin_sim.storage.way import way_on

_NEVER_HASHED = ("manifest.json", "run.log")
PICTURES = ("figure.png", "figure.pdf", "report.html")


class Verified(NamedTuple):
    """A folder, the number of files that its manifest names, and what is wrong with them; note: something that is not wrong."""

    folder: Path
    files: int
    faults: list[str]
    note: str = ""

    def __str__(self) -> str:
        return f"{self.folder}: {'; '.join(self.faults) or f'{self.files} files as recorded'}{self.note}"


def verify(folder: Path) -> Iterator[Verified]:
    """Compare a folder with its manifest, then the folders of runs in it: the points of a sweep, the figures of ``all``."""
    try:
        manifest = read_manifest(folder)
    except FolderError as error:
        yield Verified(folder, 0, [str(error).removeprefix(f"{folder}: ")])
        return
    running = manifest["status"] == "RUNNING"  # or killed: the hashes are recorded at the end
    damaged = [] if running else changed(folder, manifest)
    damaged += [] if running else [f"{name} is unknown" for name in _unknown(folder, manifest)]
    if manifest["status"] == "COMPLETED" and not manifest.get("drawn", True):
        damaged.append(f"figure and page are missing: langevin-sim report {folder} makes them")
    note = "" if manifest["status"] == "COMPLETED" else f" ({manifest['status']}: {way_on(folder, manifest)})"
    yield Verified(folder, 0 if running else len(_recorded(manifest)), damaged, note)
    for inner in _inner(folder, manifest):
        yield from verify(inner)


def changed(folder: Path, manifest: dict[str, Any], without: Collection[str] = ()) -> list[str]:
    """The recorded files that are missing, unreadable, or have changed, each with this word; ``without``: not these files."""
    found = []
    for name, sha256 in _recorded(manifest).items():
        if name in without:
            continue
        try:
            with open(folder / name, "rb") as stream:
                same = hashlib.file_digest(stream, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            found.append(f"{name} is missing")
        except OSError as error:
            found.append(f"{name} is unreadable ({error.strerror or error})")
        else:
            found += [] if same else [f"{name} has changed"]
    return found


def require(folder: Path, manifest: dict[str, Any], without: Collection[str] = ()) -> None:
    """FolderError unless all recorded files, except ``without``, are as they were when the run ended."""
    if faults := changed(folder, manifest, without):
        more = f" (and {len(faults) - 3} more)" if len(faults) > 3 else ""
        raise FolderError(
            f"{folder}: {', '.join(faults[:3])}{more} since the run ended; restore it, or repeat the run by "
            f"langevin-sim rerun {folder} --accept-changes"
        )


def _recorded(manifest: dict[str, Any]) -> dict[str, str]:
    """Every file with a hash, by its name in the folder."""
    copies = {entry["kept"]: entry["sha256"] for entry in manifest.get("sources", []) if entry["kept"]}
    return manifest["outputs"] | copies


def _unknown(folder: Path, manifest: dict[str, Any]) -> list[str]:
    """The files and folders that the manifest does not name, without hidden ones."""
    known = {*_recorded(manifest), *_NEVER_HASHED, FOLDER, "checkpoint"}
    known |= {inner.relative_to(folder).parts[0] for inner in _inner(folder, manifest)}
    present = [*folder.iterdir(), *(folder / FOLDER).glob("*")]
    return sorted(
        name for path in present if not path.name.startswith(".") and (name := path.relative_to(folder).as_posix()) not in known
    )


def _inner(folder: Path, manifest: dict[str, Any]) -> list[Path]:
    """The folders of runs inside a sweep, or inside a folder of figures."""
    places = {"sweep": "points/*", "all": "*"}
    kind = manifest.get("kind", "run")
    if kind not in places:
        return []
    return sorted(path for path in folder.glob(places[kind]) if path.is_dir() and path.name != "checkpoint")
