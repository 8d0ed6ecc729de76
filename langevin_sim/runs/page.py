"""Write the page of a folder again, and before it the figure if a process was killed before it had drawn it."""

from pathlib import Path
from typing import Any

from langevin_sim.errors import FolderError, LangevinSimError
from langevin_sim.plugins import names_a_file
from langevin_sim.report import write
from langevin_sim.runs.kinds import kind_of
from langevin_sim.storage import folder as disk
from langevin_sim.storage import sources
from langevin_sim.storage.summary import read_summary
from langevin_sim.storage.verify import PICTURES, require


def write_again(folder: Path, consent: sources.Consent = sources.ASK) -> Path:
    """Returns the path of report.html; FolderError if the folder is not complete, or its data are unusable."""
    manifest = disk.read_manifest(folder)
    pictures = [name for name in PICTURES if name != write.NAME]
    recorded = [name for name in pictures if name in manifest["outputs"]]
    lost = not manifest.get("drawn", True) or any(not (folder / name).exists() for name in recorded)
    draw = kind_of(folder, manifest).draw
    if manifest["status"] == "COMPLETED" and lost and draw is not None:
        require(folder, manifest, PICTURES)
        sources.check(folder, manifest, _landscapes(read_summary(folder)), consent, disk.now)
        with disk.locked(folder):
            try:
                draw(folder)
            except LangevinSimError:
                raise
            except Exception as error:  # a damaged file may raise anything
                raise FolderError(f"{folder}: its figure cannot be drawn ({type(error).__name__}: {error})") from error
            disk.rehash(folder, manifest, *pictures)
    return write.write_again(folder)


def _landscapes(summary: dict[str, Any]) -> list[str]:
    """The user's own potentials of a summary: a figure that shows one runs its code."""
    results = summary.get("results")
    entries = [summary, *(entry for entry in results if isinstance(entry, dict))] if isinstance(results, list) else [summary]
    return list(dict.fromkeys(text for entry in entries if names_a_file(text := str(entry.get("potential")))))
