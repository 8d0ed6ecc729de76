"""The task of a worker: one run, in its folder."""

import time
from pathlib import Path
from typing import Any

from langevin_sim.errors import BusyError
from langevin_sim.plugins import backend
from langevin_sim.runs.execution import Execution
from langevin_sim.runs.resume import resume
from langevin_sim.runs.run import run_spec
from langevin_sim.settings.grid import KINDS
from langevin_sim.settings.run import RunSpec
from langevin_sim.settings.spec import parse
from langevin_sim.simulation.simulate import available_threads
from langevin_sim.simulation.workers import Worker
from langevin_sim.storage import folder as disk
from langevin_sim.storage import sources
from langevin_sim.storage.sources import Consent

_PATIENCE = 60.0  # seconds for which a worker that was taken as lost may still write to the folder


def run_point(kind: str, spec: dict[str, Any], folder: str, checkpoint_seconds: float, accept: bool, worker: Worker) -> None:
    """Do the run, or the rest of it if another worker was lost; accept: go on with files of the user's that have changed.

    Whoever starts the tasks has asked for the consent to run the user's code.
    """
    give_up = time.monotonic() + _PATIENCE
    while True:
        try:
            _run(kind, spec, Path(folder), checkpoint_seconds, Consent(True, accept), worker)
            return
        except BusyError:
            if time.monotonic() > give_up:
                raise
            time.sleep(1.0)


def finished(folder: Path) -> bool:
    """Whether a run is complete."""
    return (folder / "manifest.json").exists() and disk.read_manifest(folder)["status"] == "COMPLETED"


def _run(kind: str, spec: dict[str, Any], folder: Path, checkpoint_seconds: float, consent: Consent, worker: Worker) -> None:
    threads, device = min(worker.threads, available_threads()), f"auto:{worker.number}"
    if finished(folder):
        return
    if (folder / "manifest.json").exists():
        resume(folder, Execution(threads=threads, device=device, checkpoint_seconds=checkpoint_seconds, consent=consent))
        return
    disk.remove_empty([folder])  # from a worker that was lost before it wrote anything
    settings = parse(KINDS[kind], spec)
    if names := settings.own_files():  # the sweep's copies serve for files that are missing here
        whole = folder.parent.parent
        sources.check(whole, disk.read_manifest(whole), names, Consent(True, True), disk.now)
    if isinstance(settings, RunSpec):
        run_spec(settings, folder, threads, _silent, checkpoint_seconds=checkpoint_seconds)
        return
    network = backend()
    network.train(network.prepare(settings, device), folder, _silent, threads, checkpoint_seconds)


def _silent(*progress: Any) -> None:
    """Show nothing: the progress is that of the sweep."""
