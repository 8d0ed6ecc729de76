"""Trained networks, read back from their folders, and a store in which every training is done only once."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from langevin_sim.errors import FolderError, InputError
from langevin_sim.network import tensors
from langevin_sim.network.objective import LOSSES, Loss
from langevin_sim.network.train import (
    Progress,
    Setup,
    prepare,
    read_manifest,
    resume,
    spec_of,
    train,
)
from langevin_sim.network.walker import Walker
from langevin_sim.runs import network_folder
from langevin_sim.settings.network import TrainSpec
from langevin_sim.storage import folder as disk
from langevin_sim.storage import sources

STORE = Path("outputs") / "minima"


@dataclass
class Minima:
    """The minima of a completed training, and the training data."""

    folder: Path
    setup: Setup
    run: dict[str, Any]

    @property
    def loss(self) -> Loss:
        """The loss of one image."""
        return LOSSES[self.setup.spec.loss]

    @cached_property
    def walker(self) -> Walker:
        """A walker of this network, at the initial weights of replica 0 until a minimum is loaded."""
        return Walker(self.setup.network(0))

    def load(self, replica: int) -> Walker:
        """Move the walker to the minimum that a replica found; returns the same object at every call."""
        path = self.folder / f"replica-{replica}.safetensors"
        if replica >= len(self.run["results"]) or not path.exists():
            raise InputError(f"{self.folder} has {len(self.run['results'])} minima; there is no replica {replica}")
        held, _ = tensors.read(path, self.setup.device)
        tensors.restore(self.walker.network, held, path)
        return self.walker


def open_minima(
    folder: Path, device: str = "auto", data_dir: str | None = None, consent: sources.Consent = sources.ASK
) -> Minima:
    """Open the minima in a folder of ``train``; FolderError if it is not complete, or the data or the model have changed."""
    manifest = read_manifest(folder)
    if manifest["status"] != "COMPLETED":
        raise FolderError(f"{folder} is {manifest['status']}: continue it with langevin-sim resume {folder}")
    spec = spec_of(manifest, data_dir)
    sources.check(folder, manifest, spec.own_files(), consent, disk.now)
    setup = prepare(spec, device)
    if setup.described["digest"] != manifest["data"]["digest"]:
        raise FolderError(f"{folder} was not trained on the data in {setup.described['source']}; give its --data-dir")
    return Minima(folder, setup, network_folder.read(folder)["runs"][0])


def trained(spec: TrainSpec, store: Path, progress: Progress, device: str = "auto", threads: int = 0) -> Minima:
    """The minima of a spec with a seed, taken from the store; trained, or training resumed, only if they are missing."""
    if spec.seed is None:
        raise InputError("a training that is shared needs a seed")
    setup = prepare(spec, device)
    identity = spec.identity(setup.described["digest"])
    folder = store / f"{spec.data}-{spec.model.replace(':', '.').replace('/', '.')}-{spec.dynamics}-{identity[:12]}"
    if not (folder / "manifest.json").exists():
        train(setup, folder, progress, threads)
    elif read_manifest(folder)["status"] != "COMPLETED":
        resume(folder, progress, device, threads, spec.data_dir)
    return Minima(folder, setup, network_folder.read(folder)["runs"][0])
