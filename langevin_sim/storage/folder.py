"""The run folder: claimed atomically, never reused, every file written whole or not at all."""

import contextlib
import csv
import fcntl
import hashlib
import io
import json
import os
import platform
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from llvmlite.binding import get_host_cpu_name

from langevin_sim.errors import BusyError, FolderError, LangevinSimError
from langevin_sim.storage.log import kept, log
from langevin_sim.storage.signals import deferred

SCHEMA = 1  # of manifest.json and summary.json


def claim(path: Path) -> Path:
    """Create the folder; FolderError if it is there already or cannot be made, and then nothing is left of what was tried."""
    absent = absent_parents(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir()
    except OSError as error:
        remove_empty(absent)
        if os.path.lexists(path):
            raise FolderError(f"{path} is there already and is left as it is: choose another --out") from error
        raise FolderError(f"cannot make the output folder {path}: {error.strerror}; choose another --out") from error
    return path


def claimable(path: Path) -> None:
    """FolderError if ``claim`` would raise one: asked before a long computation whose results go there."""
    absent = absent_parents(path)
    remove_empty([claim(path), *absent])


def absent_parents(path: Path) -> list[Path]:
    """The folders that must be made for it, the innermost first."""
    return [parent for parent in path.parents if not os.path.lexists(parent)]


def remove_empty(folders: list[Path]) -> None:
    """Those of them that are there and hold nothing."""
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()


def now() -> str:
    """The time, as manifests have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


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
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if not isinstance(error, OSError):
            raise
        raise FolderError(f"cannot write {path}: {error.strerror}") from error


def _sweep(folder: Path) -> None:
    """Remove what a killed process left half written. Only under the lock: no other process is writing then."""
    for place in (folder, folder / "checkpoint"):
        for path in place.glob(".*"):
            if re.fullmatch(r"\..+\.\d+", path.name):
                with contextlib.suppress(OSError):
                    path.unlink()
                    log.info("removed %s, which a process that was killed had left half written", path.name)


def write_json(path: Path, value: Any) -> None:
    """Indented JSON."""
    write_whole(path, lambda stream: stream.write((json.dumps(value, indent=1) + "\n").encode()))


def write_csv(path: Path, summary: dict[str, Any]) -> None:
    """One row for every dimension, dynamics and region."""
    text = io.StringIO()
    columns = [
        "dim",
        "dynamics",
        "step_size",
        "temperature",
        "walkers",
        "steps",
        "region",
        "mass",
        "stderr",
        "boltzmann",
        "chain",
        "extrapolated",
        "extrapolated_stderr",
        "rhat",
        "diverged",
        "verdict",
    ]
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
    """Write the manifest with its final status and the hashes of all other files."""
    hashes = {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.iterdir())
        if p.is_file() and p.name not in ("manifest.json", "run.log") and not p.name.startswith(".")
    }
    last = {"status": status, "error": error, "finished": manifest["finished"] or now(), "outputs": hashes}
    write_json(folder / "manifest.json", {**manifest, **last})


def rehash(folder: Path, manifest: dict[str, Any], *names: str) -> None:
    """Files were written again after the run: their hashes in the manifest are the new ones."""
    outputs = manifest["outputs"] | {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    if manifest["outputs"] != outputs:
        write_json(folder / "manifest.json", manifest | {"outputs": outputs})


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Within it no other process writes into the folder; FolderError if one does. A killed process holds no lock.

    False where the file system has no locks.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise FolderError(f"cannot open {folder}: {error.strerror}") from error
    held = True
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(f"another process is writing into {folder}: wait for it, or stop it") from error
        except OSError as error:  # a file system without locks
            log.warning("%s cannot be locked (%s): let no other process write into it", folder, error.strerror)
            held = False
        yield held
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def recorded(folder: Path, manifest: dict[str, Any], report: Callable[[Path], None] = lambda folder: None) -> Iterator[None]:
    """Lock the folder, keep its log, and write the manifest: RUNNING, and in the end COMPLETED, INTERRUPTED or FAILED.

    Signals are deferred within it: see interruption.py. report: writes a page of the folder once all else is there, from
    what is on the disk; what cannot be written of it costs the page, not the run.
    """
    with locked(folder) as alone, deferred(), kept(folder, manifest):
        if alone:
            _sweep(folder)
        manifest["finished"] = None  # of a run that is gone on with
        write_json(folder / "manifest.json", manifest)
        log.info("started: %s", json.dumps(manifest["spec"]))
        try:
            yield
        except BaseException as error:
            interrupted = isinstance(error, KeyboardInterrupt)
            told = error if isinstance(error, LangevinSimError) else f"{type(error).__name__}: {error}"
            log.error("interrupted" if interrupted else "failed: %s", *([] if interrupted else [told]))
            with contextlib.suppress(FolderError):  # where the disk is full, what is there is kept, and the first error told
                finish_manifest(folder, manifest, "INTERRUPTED" if interrupted else "FAILED", None if interrupted else str(told))
            if isinstance(error, OSError):  # figures are not written by write_whole
                raise FolderError(f"cannot write into {folder}: {error.strerror or error}") from error
            raise
        log.info("completed")
        manifest["finished"] = now()
        finish_manifest(folder, manifest, "COMPLETED")
        try:
            report(folder)
        except (LangevinSimError, OSError) as error:
            log.warning("no report could be written: %s", error)
        finish_manifest(folder, manifest, "COMPLETED")


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run folder; FolderError if there is none, or this program cannot read it."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
        if not isinstance(manifest, dict) or not {"spec", "status"} <= manifest.keys():
            raise ValueError("it is no manifest")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise FolderError(f"{folder} is no run folder: its manifest.json cannot be read ({reason})") from error
    if manifest.get("schema") != SCHEMA:
        raise other_schema(folder, manifest.get("schema"))
    for key, kind in (("spec", dict), ("status", str), ("versions", dict), ("host", dict), ("outputs", dict)):
        if not isinstance(manifest.get(key), kind):
            raise FolderError(f"{folder}: its manifest.json is damaged: expected a {kind.__name__} as its {key}")
    return manifest


def _git_commit() -> str | None:
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None
