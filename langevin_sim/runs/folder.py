"""The run folder: claimed atomically, never reused, every file written whole or not at all."""

import contextlib
import csv
import hashlib
import io
import json
import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from langevin_sim.errors import FolderError, LangevinSimError

SCHEMA = 1  # of manifest.json and summary.json


def claim(path: Path) -> Path:
    """Create the folder; FolderError if it is there already or cannot be made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir()
    except FileExistsError as error:
        raise FolderError(f"{path} is there already and is left as it is: choose another --out") from error
    except OSError as error:
        raise FolderError(f"cannot make the output folder {path}: {error.strerror}; choose another --out") from error
    return path


def other_schema(folder: Path, schema: Any) -> FolderError:
    """What is said of a folder that another version of this program wrote."""
    return FolderError(f"{folder} has schema {schema!r}, this program reads {SCHEMA}: use the version that made it")


def write_whole(path: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Write to a temporary name beside ``path``, then rename: a crash leaves the old file or the new."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise FolderError(f"cannot write {path}: {error.strerror}") from error


def write_json(path: Path, value: Any) -> None:
    """Indented JSON."""
    write_whole(path, lambda stream: stream.write((json.dumps(value, indent=1) + "\n").encode()))


def write_csv(path: Path, summary: dict[str, Any]) -> None:
    """One row for every dimension, dynamics and region."""
    text = io.StringIO()
    columns = ["dim", "dynamics", "step_size", "temperature", "walkers", "steps", "region", "mass", "stderr",
               "boltzmann", "chain", "extrapolated", "extrapolated_stderr", "rhat", "diverged", "verdict"]  # fmt: skip
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for result in summary["results"]:
        for region in result["regions"]:
            writer.writerow({**result, **region, "region": region["name"]})
    write_whole(path, lambda stream: stream.write(text.getvalue().encode()))


def new_manifest(spec: dict[str, Any], threads: int, packages: tuple[str, ...] = ()) -> dict[str, Any]:
    """What is needed to have the run again, and where it was made; ``packages``: what it stands on besides the usual ones."""
    packages = ("langevin-sim", "numpy", "numba", "llvmlite", "scipy", "matplotlib", *packages)
    return {
        "schema": SCHEMA,
        "status": "RUNNING",
        "spec": spec,
        "seed": spec["seed"],
        "threads": threads,
        "versions": {name: version(name) for name in packages} | {"python": platform.python_version()},
        "git_commit": _git_commit(),
        "host": {"machine": platform.machine(), "system": platform.system(), "cpus": os.cpu_count()},
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "finished": None,
        "outputs": {},
    }


def finish_manifest(folder: Path, manifest: dict[str, Any], status: str, error: str | None = None) -> None:
    """Write the manifest with its final status and the hashes of all other files."""
    hashes = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())
              if p.is_file() and p.name != "manifest.json"}  # fmt: skip
    finished = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    write_json(folder / "manifest.json", {**manifest, "status": status, "error": error, "finished": finished, "outputs": hashes})


@contextlib.contextmanager
def recorded(folder: Path, manifest: dict[str, Any]) -> Iterator[None]:
    """Write the manifest, status RUNNING; when the block ends, its final status: COMPLETED, INTERRUPTED or FAILED."""
    write_json(folder / "manifest.json", manifest)
    try:
        yield
    except KeyboardInterrupt:
        finish_manifest(folder, manifest, "INTERRUPTED")
        raise
    except LangevinSimError as error:
        finish_manifest(folder, manifest, "FAILED", str(error))
        raise
    finish_manifest(folder, manifest, "COMPLETED")


def _git_commit() -> str | None:
    try:
        answer = subprocess.run(["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True,
                                text=True, timeout=5, check=False)  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None
