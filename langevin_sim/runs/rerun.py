"""langevin-sim rerun: repeat a run from its manifest, and compare the bits."""

from pathlib import Path
from typing import Any, NamedTuple

from langevin_sim.errors import FolderError
from langevin_sim.runs.execution import Execution
from langevin_sim.runs.kinds import KINDS, kind_of
from langevin_sim.storage import folder as disk
from langevin_sim.storage.verify import PICTURES, require
from langevin_sim.storage.way import way_on

_COMPARED = (".csv", ".npz", ".safetensors")


class Comparison(NamedTuple):
    """How a repeated run compares: files with the same bits, files that differ, and other differences between the two."""

    same: list[str]
    different: list[str]
    reasons: list[str]


def rerun(folder: Path, out: Path | None, execution: Execution) -> tuple[Path, Comparison]:
    """Repeat a folder's run in a new folder, and compare the bits of the results."""
    manifest = disk.read_manifest(folder)
    if manifest["status"] != "COMPLETED":
        raise FolderError(f"{folder} is {manifest['status']}: there is nothing to compare with; {way_on(folder, manifest)}")
    if not execution.consent.accept:
        require(folder, manifest, PICTURES)
    whole = folder if folder.name not in ("", "..") else folder.resolve()  # "." has no name
    out = out or whole.with_name(f"{whole.name}-rerun")
    kind_of(folder, manifest).rerun(folder, manifest, out, execution)
    return out, compare(manifest, disk.read_manifest(out))


def compare(first: dict[str, Any], second: dict[str, Any]) -> Comparison:
    """Compare two manifests of one kind: the hashes of their data files, then versions and processor."""
    timed = KINDS[first.get("kind", "run")].timed
    other_words = {"summary.csv"} if first["schema"] != second["schema"] else set()  # the verdicts of schema 1 have other words
    names = [name for name in first["outputs"] if name.endswith(_COMPARED) and name not in {*timed, *other_words}]
    same = [name for name in names if second["outputs"].get(name) == first["outputs"][name]]
    reasons = disk.differences(first, second["versions"], second["host"])
    if other_words:
        reasons.append(f"schema {first['schema']} then, {second['schema']} now")
    if first.get("git_commit") != second.get("git_commit"):
        reasons.append(f"commit {first.get('git_commit')} then, {second.get('git_commit')} now")
    reasons += [f"{file} has changed" for file in second.get("repeats", {}).get("accepted_changes", [])]
    return Comparison(same, [name for name in names if name not in same], reasons)
