"""The task of a worker: one run, in its folder."""

import time
from pathlib import Path
from typing import Any

from langevin_sim.errors import BusyError
from langevin_sim.plugins import backend
from langevin_sim.runs.execution import Execution
from langevin_sim.runs.resume import resume
from langevin_sim.runs.run import run_spec
from langevin_sim.settings.network import TrainSpec
from langevin_sim.settings.run import RunSpec
from langevin_sim.settings.spec import parse
from langevin_sim.simulation.simulate import available_threads
from langevin_sim.simulation.workers import Worker
from langevin_sim.storage import folder as disk

_PATIENCE = 60.0  # seconds for which a worker that was taken as lost may still write to the folder


def run_point(kind: str, spec: dict[str, Any], folder: str, checkpoint_seconds: float, worker: Worker) -> None:
    """Do the run, or the rest of it if another worker was lost."""
    give_up = time.monotonic() + _PATIENCE
    while True:
        try:
            _run(kind, spec, Path(folder), checkpoint_seconds, worker)
            return
        except BusyError:
            if time.monotonic() > give_up:
                raise
            time.sleep(1.0)


def finished(folder: Path) -> bool:
    """Whether a run is complete."""
    return (folder / "manifest.json").exists() and disk.read_manifest(folder)["status"] == "COMPLETED"


def _run(kind: str, spec: dict[str, Any], folder: Path, checkpoint_seconds: float, worker: Worker) -> None:
    threads, device = min(worker.threads, available_threads()), f"auto:{worker.number}"
    if finished(folder):
        return
    if (folder / "manifest.json").exists():
        resume(folder, Execution(threads=threads, device=device, checkpoint_seconds=checkpoint_seconds))
        return
    disk.remove_empty([folder])  # from a worker that was lost before it wrote anything
    if kind == "run":
        run_spec(parse(RunSpec, spec), folder, threads, _silent, checkpoint_seconds=checkpoint_seconds)
        return
    network = backend()
    network.train(network.prepare(parse(TrainSpec, spec), device), folder, _silent, threads, checkpoint_seconds)


def _silent(*progress: Any) -> None:
    """Show nothing: the progress is that of the sweep."""
