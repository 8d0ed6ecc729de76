"""Run folders from Python: make a run folder or a sweep, or open one."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from langevin_sim.errors import InputError, LangevinSimError
from langevin_sim.runs.run import run_spec
from langevin_sim.runs.sweep.sweep import run_sweep
from langevin_sim.settings.grid import Axis, make
from langevin_sim.settings.run import make_spec
from langevin_sim.simulation.workers import TaskResult, Worker
from langevin_sim.storage.folder import read_manifest
from langevin_sim.storage.read import read_arrays
from langevin_sim.storage.summary import read_summary
from langevin_sim.storage.way import way_on


class RunFolder(NamedTuple):
    """The folder of a run or a sweep: its path, its manifest and its summary (see the guide, under run folders)."""

    path: Path
    manifest: dict[str, Any]
    summary: dict[str, Any]

    def arrays(self, name: str = "histograms.npz") -> dict[str, np.ndarray]:
        """Read the arrays of one of its files."""
        return read_arrays(self.path / name)

    def __repr__(self) -> str:
        return f"<RunFolder {self.path}: {self.manifest.get('kind', 'run')}, {self.manifest['status']}>"


def run(out: str | Path | None = None, *, threads: int = 0, keep_states: bool = False, **settings: Any) -> RunFolder:
    """Make a run folder like ``langevin-sim run``, with its options as keywords (see RunSpec), ``parameters`` for --set.

    out: the new folder; chosen if left out. Raises InputError for invalid settings.
    """
    path, _ = run_spec(make_spec(settings), None if out is None else Path(out), threads, _quiet, keep_states=keep_states)
    return open_run(path)


def sweep(
    grid: Mapping[str, Sequence[Any]],
    out: str | Path | None = None,
    *,
    seed: int | None = None,
    threads: int = 0,
    **settings: Any,
) -> RunFolder:
    """Make a sweep, one run after another in this process; an existing folder of it is continued.

    grid: setting or parameter of the potential -> its values. The command line does the same on many cores or machines.
    """
    axes = [Axis(name, list(values)) for name, values in grid.items()]
    chosen = secrets.randbits(32) if seed is None else seed
    made = make("run", settings, axes, chosen)
    path, _ = run_sweep(made, None if out is None else Path(out), lambda tasks: nullcontext(_Here(threads)), _quiet)
    return open_run(path)


def open_run(folder: str | Path) -> RunFolder:
    """Open an existing folder; FolderError if it is not a run folder, InputError if it has no summary yet."""
    path = Path(folder)
    manifest = read_manifest(path)
    if not (path / "summary.json").exists():
        raise InputError(f"{path} has no summary.json: the run is {manifest['status']}; {way_on(path, manifest)}")
    return RunFolder(path, manifest, read_summary(path))


class _Here:
    """This process as the only worker."""

    def __init__(self, threads: int) -> None:
        self._worker = Worker(threads or 2**31, 0)

    def count(self) -> int:
        return 1

    def describe(self) -> str:
        return ""

    def see(self, path: str) -> None:
        """This process sees every file."""

    def run(self, function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> Iterator[TaskResult]:
        for number, task in enumerate(tasks):
            try:
                yield TaskResult(number, function(*task, self._worker), None)
            except LangevinSimError as error:
                yield TaskResult(number, None, error)


def _quiet(*told: Any) -> None:
    """Show no progress."""
