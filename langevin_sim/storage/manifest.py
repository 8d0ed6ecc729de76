"""manifest.json: everything needed to repeat a run, its host, how it ended, and the hashes of its files."""

import hashlib
import os
import platform
import re
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from llvmlite.binding import get_host_cpu_name

from langevin_sim.engine.block import ENGINE
from langevin_sim.errors import FolderError
from langevin_sim.storage.atomic import write_json
from langevin_sim.storage.commit import git_commit
from langevin_sim.storage.read import read_json

SCHEMA = 2  # of manifest.json and summary.json
READ = (1, 2)  # schema 1 has "biased" for "finite-step", and no tests
_NAME = "manifest.json"
_PACKAGES = ("langevin-sim", "numpy", "numba", "llvmlite", "scipy", "matplotlib")


def now() -> str:
    """The current time, in the format of manifests."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def new_manifest(spec: dict[str, Any], threads: int, packages: tuple[str, ...] = ()) -> dict[str, Any]:
    """The manifest of a new run; ``packages``: packages that it depends on besides the usual ones."""
    return {
        "schema": SCHEMA,
        "status": "RUNNING",
        "spec": spec,
        "seed": spec["seed"],
        "threads": threads,
        "versions": versions((*_PACKAGES, *packages)),
        "git_commit": git_commit(),
        "host": host(),
        "started": now(),
        "finished": None,
        "outputs": {},
    }


def continued(manifest: dict[str, Any], sources: dict[str, Any], notify: Callable[[str], None]) -> dict[str, Any]:
    """The manifest of a run that goes on: with the time, and a warning that names other versions and another processor.

    sources: the manifest's part on the user's files, from ``sources.check``.
    """
    warnings = list(manifest.get("warnings", []))
    if unlike := differences(manifest, versions(tuple(manifest["versions"])), host()):
        warnings.append(f"continued with {'; '.join(unlike)}: the bits may differ from those of an uninterrupted run")
        notify(f"note: {warnings[-1]}")
    known = {entry.get("accepted") for entry in manifest.get("sources", [])}
    for entry in sources.get("sources", []):
        if entry.get("accepted") not in known:
            warnings.append(f"{entry['file']} changed before the run was continued, and the change was accepted")
    resumed = [*manifest.get("resumed", []), now()]
    return manifest | sources | {"status": "RUNNING", "resumed": resumed, "warnings": list(dict.fromkeys(warnings))}


def differences(manifest: dict[str, Any], packages: dict[str, str | None], machine: dict[str, Any]) -> list[str]:
    """What may change the bits: packages and a machine that are not those of a manifest."""
    recorded = {"engine": "1"} | manifest["versions"]  # the first engine did not record its version
    found = [
        f"{name} {before} then, {packages.get(name)} now" for name, before in recorded.items() if packages.get(name) != before
    ]
    for name in ("processor", "machine", "system"):
        before, here = manifest["host"].get(name), machine.get(name)
        if before != here:
            found.append(f"{name} {before} then, {here} now")
    return found


def versions(packages: tuple[str, ...] = _PACKAGES) -> dict[str, str | None]:
    """The versions of these packages, of Python and of the engine; None for one that is not installed."""
    found: dict[str, str | None] = {}
    for name in packages:
        try:
            found[name] = platform.python_version() if name == "python" else version(name)
        except PackageNotFoundError:
            found[name] = None
    return found | {"python": platform.python_version(), "engine": str(ENGINE)}


def host() -> dict[str, Any]:
    """This machine, as far as it may change the bits."""
    return {
        "machine": platform.machine(),
        "processor": get_host_cpu_name(),
        "system": platform.system(),
        "cpus": os.cpu_count(),
    }


def finish_manifest(folder: Path, manifest: dict[str, Any], status: str, error: str | None = None) -> None:
    """Write the manifest with its final status and the hashes of all other files, except the log and hidden files."""
    hashes = {
        path.name: _hash(path)
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name not in (_NAME, "run.log") and not path.name.startswith(".")
    }
    last = {"status": status, "error": error, "finished": manifest["finished"] or now(), "outputs": hashes}
    write_json(folder / _NAME, {**manifest, **last})


def rehash(folder: Path, manifest: dict[str, Any], *names: str) -> None:
    """Write the manifest with new hashes of files that were rewritten after the run."""
    outputs = manifest["outputs"] | {name: _hash(folder / name) for name in names if (folder / name).exists()}
    new = manifest | {"outputs": outputs} | ({"drawn": True} if "drawn" in manifest else {})
    if manifest != new:
        write_json(folder / _NAME, new)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a run folder; FolderError if it is missing or unreadable."""
    if not os.path.isdir(folder):  # False, too, for a name that is too long
        raise FolderError(f"{folder} is not a run folder: there is no such folder")
    if nothing_yet(folder):
        raise FolderError(
            f"{folder} holds no run: it was stopped before its manifest.json was written; repeat its command with --out {folder}"
        )
    try:
        manifest = read_json(folder / _NAME)
    except FolderError as error:
        raise FolderError(f"{folder} is not a run folder: {error}") from error
    if not isinstance(manifest, dict) or not {"spec", "status"} <= manifest.keys():
        raise FolderError(f"{folder} is not a run folder: its manifest.json is not a manifest")
    if manifest.get("schema") not in READ:
        raise other_schema(folder, manifest.get("schema"))
    from langevin_sim.storage.schema import fault  # pydantic is slow to import

    if wrong := fault(manifest):
        raise FolderError(f"{folder}: its manifest.json is damaged: {wrong}")
    return manifest


def nothing_yet(folder: Path) -> bool:
    """Whether an existing folder is empty, but for what a killed process left before it wrote a manifest."""
    return all(path.name == ".lock" or re.fullmatch(r"\..+\.\d+", path.name) for path in folder.iterdir())


def other_schema(folder: Path, schema: Any) -> FolderError:
    """The error for a folder that another version of this program wrote."""
    return FolderError(
        f"{folder} has schema {schema!r}, but this program reads {' and '.join(map(str, READ))}; use the version that made it"
    )


def _hash(path: Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
