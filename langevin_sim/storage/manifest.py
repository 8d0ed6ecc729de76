"""manifest.json: everything needed to repeat a run, its host, how it ended, and the hashes of its files."""

import hashlib
import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from llvmlite.binding import get_host_cpu_name

from langevin_sim.errors import FolderError
from langevin_sim.storage.atomic import write_json
from langevin_sim.storage.commit import git_commit

SCHEMA = 2  # of manifest.json and summary.json
READ = (1, 2)  # schema 1 has "biased" for "finite-step", and no tests
_NAME = "manifest.json"
_PACKAGES = ("langevin-sim", "numpy", "numba", "llvmlite", "scipy", "matplotlib")
_PARTS = (("spec", dict), ("status", str), ("versions", dict), ("host", dict), ("outputs", dict))


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
        "versions": {name: version(name) for name in (*_PACKAGES, *packages)} | {"python": platform.python_version()},
        "git_commit": git_commit(),
        "host": {
            "machine": platform.machine(),
            "processor": get_host_cpu_name(),
            "system": platform.system(),
            "cpus": os.cpu_count(),
        },
        "started": now(),
        "finished": None,
        "outputs": {},
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
    outputs = manifest["outputs"] | {name: _hash(folder / name) for name in names}
    if manifest["outputs"] != outputs:
        write_json(folder / _NAME, manifest | {"outputs": outputs})


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a run folder; FolderError if it is missing or unreadable."""
    try:
        manifest = json.loads((folder / _NAME).read_text(encoding="utf-8"))
        if not isinstance(manifest, dict) or not {"spec", "status"} <= manifest.keys():
            raise ValueError("it is not a manifest")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise FolderError(f"{folder} is not a run folder: its manifest.json cannot be read ({reason})") from error
    if manifest.get("schema") not in READ:
        raise other_schema(folder, manifest.get("schema"))
    for key, kind in _PARTS:
        if not isinstance(manifest.get(key), kind):
            raise FolderError(f"{folder}: its manifest.json is damaged: expected a {kind.__name__} as its {key}")
    return manifest


def other_schema(folder: Path, schema: Any) -> FolderError:
    """The error for a folder that another version of this program wrote."""
    return FolderError(
        f"{folder} has schema {schema!r}, but this program reads {' and '.join(map(str, READ))}; use the version that made it"
    )


def _hash(path: Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
