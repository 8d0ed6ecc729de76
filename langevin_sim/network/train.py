"""deep train: train replicas into a run folder; an interrupted training resumes to the same bits."""

import csv
import io
import math
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from langevin_sim.errors import CheckpointError, DivergenceError, FolderError
from langevin_sim.network import tensors
from langevin_sim.network.data import load
from langevin_sim.network.device import choose, torch_threads
from langevin_sim.network.models import build
from langevin_sim.network.objective import LOSSES
from langevin_sim.network.training import Images, Trainer, evaluate, steps_per_epoch
from langevin_sim.network.walker import Walker
from langevin_sim.report.write import write as write_report
from langevin_sim.runs import network_folder
from langevin_sim.settings.network import TrainSpec
from langevin_sim.settings.spec import parse, to_toml
from langevin_sim.storage import folder as disk
from langevin_sim.storage import sources
from langevin_sim.storage.log import log

PACKAGES = ("torch", "safetensors")
COLUMNS = (
    "replica",
    "epoch",
    "step",
    "step_size",
    "noise",
    "running_loss",
    "running_accuracy",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
)
CHECKPOINT_SECONDS = 30.0
_STATE = Path("checkpoint") / "state.safetensors"
Progress = Callable[..., None]  # (name, step, total, note)


@dataclass
class Setup:
    """What a training needs: the spec, and the data on their device."""

    spec: TrainSpec
    described: dict[str, Any]
    training: Images
    validation: Images
    shape: tuple[int, int, int]
    classes: int
    device: torch.device

    @property
    def dtype(self) -> torch.dtype:
        """Type of weights and images."""
        return torch.float64 if self.spec.precision == "float64" else torch.float32

    def network(self, replica: int) -> torch.nn.Module:
        """The network with the initial weights of a replica."""
        assert self.spec.seed is not None
        return build(self.spec.model, self.shape, self.classes, self.device, self.dtype, self.spec.seed, replica)


@dataclass
class Rows:
    """The history so far, and the results of finished replicas."""

    history: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)


def prepare(spec: TrainSpec, device: str) -> Setup:
    """Load the data and check that the network fits them; raises InputError before anything is written."""
    spec = spec.resolved()
    place = choose(device)
    data = load(spec)
    dtype = torch.float64 if spec.precision == "float64" else torch.float32

    def on_device(images: np.ndarray, labels: np.ndarray) -> Images:
        return Images(torch.from_numpy(images).to(place, dtype), torch.from_numpy(labels).to(place))

    shape = tuple(int(n) for n in data.images.shape[1:])
    described = {
        "name": data.name,
        "source": data.source,
        "digest": data.digest,
        "note": data.note,
        "training": len(data.labels),
        "validation": len(data.validation_labels),
        "shape": list(shape),
        "classes": data.classes,
        "replaced": data.replaced,
    }
    setup = Setup(
        spec,
        described,
        on_device(data.images, data.labels),
        on_device(data.validation_images, data.validation_labels),
        shape,  # type: ignore[arg-type]
        data.classes,
        place,
    )
    setup.network(0)
    return setup


def train(
    setup: Setup,
    out: Path | None,
    progress: Progress,
    threads: int = 0,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
    origin: dict[str, Any] | None = None,
) -> tuple[Path, dict[str, Any]]:
    """Train all replicas in a new folder; returns the folder and the summary.

    origin: the manifest's part on the folder that is repeated.
    """
    spec = setup.spec
    name = f"{spec.data}-{spec.model.replace(':', '.').replace('/', '.')}-{spec.dynamics}"
    folder = out or Path("outputs") / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}-{spec.seed}"
    with torch_threads(threads) as used:
        manifest = disk.new_manifest(spec.model_dump(mode="json"), used, PACKAGES)
        files = sources.record(spec.own_files())
        identity = spec.identity(setup.described["digest"])
        identity = sources.identity(identity, files) if files else identity
        manifest |= {"kind": "train", "data": setup.described, "hash": identity} | files | (origin or {})
        disk.begin(folder, manifest)
        return folder, _train(setup, folder, manifest, progress, checkpoint_seconds)


def resume(
    folder: Path,
    progress: Progress,
    device: str = "auto",
    threads: int = 0,
    data_dir: str | None = None,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
    notify: Callable[[str], None] = lambda notice: None,
    consent: sources.Consent = sources.ASK,
) -> tuple[Path, dict[str, Any]]:
    """Resume an interrupted or killed training; on the CPU it ends with the bits of an uninterrupted one.

    threads 0: as many as before, because the order of torch's sums, and so the bits, depend on them.
    """
    manifest = read_manifest(folder)
    if manifest["status"] == "COMPLETED":
        raise FolderError(f"{folder} is complete; there is nothing to resume")
    spec = spec_of(manifest, data_dir)
    manifest = disk.continued(manifest, sources.check(folder, manifest, spec.own_files(), consent, disk.now), notify)
    setup = prepare(spec, device)
    if setup.described["digest"] != manifest["data"]["digest"]:
        raise FolderError(
            f"{folder} was trained on other data (digest {manifest['data']['digest'][:12]}, "
            f"here {setup.described['digest'][:12]}); give its --data-dir"
        )
    with torch_threads(threads or manifest["threads"]):
        return folder, _train(setup, folder, manifest, progress, checkpoint_seconds)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a training; FolderError if the folder holds none."""
    manifest = disk.read_manifest(folder)
    if manifest.get("kind") != "train":
        raise FolderError(f"{folder} holds no trained network: expected a folder of langevin-sim deep train")
    return manifest


def spec_of(manifest: dict[str, Any], data_dir: str | None = None) -> TrainSpec:
    """The spec of a training; data_dir: the folder that holds the data now."""
    return parse(TrainSpec, manifest["spec"] | ({} if data_dir is None else {"data_dir": data_dir}))


def _train(setup: Setup, folder: Path, manifest: dict[str, Any], progress: Progress, checkpoint_seconds: float) -> dict[str, Any]:
    began, spec = time.perf_counter(), setup.spec
    with disk.recorded(folder, manifest, write_report, network_folder.draw):
        rows, state = _reached(setup, folder, manifest["hash"])
        toml = to_toml(spec).encode()
        disk.write_whole(folder / "spec.toml", lambda stream: stream.write(toml))
        for replica in range(len(rows.results), spec.replicas):
            _replica(setup, folder, manifest["hash"], replica, rows, state, progress, checkpoint_seconds)
            state = None
        run = {
            "name": spec.title,
            "folder": str(folder),
            "hash": manifest["hash"],
            "spec": manifest["spec"],
            "data": setup.described,
            "parameters": sum(p.numel() for p in setup.network(0).parameters()),
            "device": str(setup.device),
            "results": rows.results,
        }
        summary = {
            "schema": disk.SCHEMA,
            "kind": "train",
            "command": f"langevin-sim deep train --config {folder / 'spec.toml'}",
            "seed": spec.seed,
            "seconds": time.perf_counter() - began,
            "runs": [run],
            "settings": manifest["spec"],
            "results": [],
        }
        _write_history(folder, rows)
        arrays = {name: np.array([np.nan if row[name] is None else row[name] for row in rows.history]) for name in COLUMNS}
        network_folder.write(folder, summary, arrays)
        shutil.rmtree(folder / _STATE.parent, ignore_errors=True)
    return summary


def _reached(setup: Setup, folder: Path, identity: str) -> tuple[Rows, dict[str, torch.Tensor] | None]:
    """What an earlier process has written, if anything."""
    if not (folder / _STATE).exists():
        return Rows(), None
    held, notes = tensors.read(folder / _STATE, setup.device, sealed=True)
    if notes.get("hash") != identity:
        raise CheckpointError(f"{folder / _STATE} is the checkpoint of another run; it has not been changed")
    history, results = notes.get("history"), notes.get("results")
    if not (isinstance(history, list) and isinstance(results, list)):
        raise CheckpointError(f"{folder / _STATE} is damaged: it holds no history; it has not been changed")
    log.info("continues after %d replicas and %d lines of history", len(results), len(history))
    return Rows(history, results), held or None


def _replica(
    setup: Setup,
    folder: Path,
    identity: str,
    replica: int,
    rows: Rows,
    state: dict[str, torch.Tensor] | None,
    progress: Progress,
    checkpoint_seconds: float,
) -> None:
    """Train one replica, from its beginning or from a checkpoint's state, and write its weights."""
    spec, loss = setup.spec, LOSSES[setup.spec.loss]
    walker = Walker(setup.network(replica))
    trainer = Trainer(walker, setup.training, loss, spec, replica)
    began, saved, last = time.perf_counter(), time.monotonic(), None
    if state is not None:
        velocity = state.pop("velocity", None)
        tensors.restore(walker.network, state, folder / _STATE)
        if trainer.velocity is not None and velocity is not None:
            trainer.velocity.copy_(velocity)
        last = rows.history[-1] if rows.history and rows.history[-1]["replica"] == replica else None
    if last is None:
        last = _row(setup, walker, trainer, replica, 0, None)
        rows.history.append(last)
    good = (len(rows.history), _state(walker, trainer))  # one name: the two stay together whenever a second signal comes
    try:
        while not _finished(spec, last):
            epoch = last["epoch"] + 1
            running = trainer.epoch(epoch - 1)
            if not (math.isfinite(running[0]) and bool(torch.isfinite(walker.weights).all())):
                raise DivergenceError(
                    f"the training diverged (loss {running[0]}) in epoch {epoch} of replica {replica} at step size "
                    f"{trainer.dynamics.step_sizes((epoch - 1) * steps_per_epoch(spec, len(setup.training)), 1)[0]:g}; "
                    f"try a smaller --step-size; the weights of epoch {epoch - 1} are kept in {folder / _STATE}"
                )
            last = _row(setup, walker, trainer, replica, epoch, running)
            rows.history.append(last)
            good = (len(rows.history), _state(walker, trainer))
            progress(f"{spec.title}, replica {replica}", epoch, spec.epochs, f"loss {running[0]:.4f}")
            if time.monotonic() - saved > checkpoint_seconds:
                _try_save(folder, identity, good[1], rows)
                saved = time.monotonic()
    except BaseException:  # KeyboardInterrupt too: keep what has been done
        _try_save(folder, identity, good[1], Rows(rows.history[: good[0]], rows.results))
        raise
    if last["train_loss"] is None:  # the last epoch is always evaluated
        running = (last["running_loss"], last["running_accuracy"])
        rows.history[-1] = last = _row(setup, walker, trainer, replica, last["epoch"], running, True)
    tensors.write(folder / f"replica-{replica}.safetensors", tensors.snapshot(walker.network), {"replica": replica})
    seconds = time.perf_counter() - began
    rows.results.append(
        {"replica": replica, "epochs": last["epoch"], "steps": last["step"]}
        | {name: last[name] for name in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")}
        | {"weight_norm": float(walker.weights.double().norm()), "stopped": _stopped(spec, last), "seconds": seconds}
    )
    if replica + 1 < spec.replicas:
        _try_save(folder, identity, {}, rows)


def _row(
    setup: Setup,
    walker: Walker,
    trainer: Trainer,
    replica: int,
    epoch: int,
    running: tuple[float, float] | None,
    evaluated: bool = False,
) -> dict[str, Any]:
    """One line of the history, after ``epoch`` epochs."""
    spec, step = setup.spec, epoch * steps_per_epoch(setup.spec, len(setup.training))
    values: dict[str, Any] = {
        "replica": replica,
        "epoch": epoch,
        "step": step,
        "step_size": float(trainer.dynamics.step_sizes(step, 1)[0]),
        "noise": float(trainer.dynamics.noises(step, 1)[0]),
    }
    values["running_loss"], values["running_accuracy"] = running or (None, None)
    looked: tuple[float | None, ...] = (None, None, None, None)
    if evaluated or epoch % spec.evaluate_every == 0 or epoch == spec.epochs:
        loss = LOSSES[spec.loss]
        looked = (
            *evaluate(walker.network, setup.training, loss, spec.chunk),
            *evaluate(walker.network, setup.validation, loss, spec.chunk),
        )
    values |= zip(("train_loss", "train_accuracy", "validation_loss", "validation_accuracy"), looked, strict=True)
    return values


def _stopped(spec: TrainSpec, row: dict[str, Any]) -> bool:
    return spec.stop_loss is not None and row["train_loss"] is not None and row["train_loss"] < spec.stop_loss


def _finished(spec: TrainSpec, row: dict[str, Any]) -> bool:
    return row["epoch"] >= spec.epochs or _stopped(spec, row)


def _state(walker: Walker, trainer: Trainer) -> dict[str, torch.Tensor]:
    held = tensors.snapshot(walker.network)
    return held if trainer.velocity is None else held | {"velocity": trainer.velocity.clone()}


def _try_save(folder: Path, identity: str, state: dict[str, torch.Tensor], rows: Rows) -> None:
    """Write the checkpoint; a disk that is full for a moment costs the checkpoint, not the run."""
    try:
        (folder / _STATE.parent).mkdir(exist_ok=True)
        tensors.write(folder / _STATE, state, {"hash": identity, "history": rows.history, "results": rows.results}, sealed=True)
        _write_history(folder, rows)
    except (OSError, FolderError) as error:
        log.warning("could not write a checkpoint: %s", error)


def _write_history(folder: Path, rows: Rows) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows.history)
    disk.write_whole(folder / "history.csv", lambda stream: stream.write(text.getvalue().encode()))
