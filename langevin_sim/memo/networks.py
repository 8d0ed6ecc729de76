"""The memo's network figures and its table: what is trained and measured for each, at three scales."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from langevin_sim.errors import InputError, UnknownNameError
from langevin_sim.plugins import backend
from langevin_sim.settings.network import FlatnessSpec, NoiseSpec, PlaneSpec, TrainSpec
from langevin_sim.settings.settings import parse
from langevin_sim.storage import folder as disk

FIGURES = ("fig1", "fig2", "fig7", "fig8", "table1")
SCALES = ("quick", "laptop", "memo")
Progress = Callable[[str, int, int], None]


class Scale(NamedTuple):
    """What is trained in the place of the memo's MNIST and CIFAR-10, and how finely is measured."""

    mnist: dict[str, Any]
    cifar: dict[str, Any]
    more_epochs: dict[str, int]  # of random labels, which take longer
    compare: dict[str, Any]  # over the settings of cifar
    noise: dict[str, Any]
    plane: dict[str, Any]
    flatness: dict[str, Any]


_QUICK = {
    "data": "digits",
    "train_size": 600,
    "step_size": 0.1,
    "batch_size": 32,
    "stop_loss": 0.02,
    "epochs": 200,
    "replicas": 3,
    "evaluate_every": 5,
    "seed": 1,
}
_LAPTOP = {"step_size": 0.05, "batch_size": 64, "stop_loss": 0.01, "epochs": 300, "replicas": 3, "seed": 1}
_MEMO = {"step_size": 0.01, "replicas": 3, "seed": 1}  # the re-run's: the memo's own are not in its text

SETTINGS = {
    "quick": Scale(
        {**_QUICK, "model": "mlp"},
        {**_QUICK, "model": "conv"},
        {},
        {"stop_loss": None, "epochs": 20, "evaluate_every": 1},
        {"batch_sizes": [8, 32, 128], "batches": 300, "seed": 1},
        {"divisions": 8},
        {"directions": 5, "images": 300, "seed": 1},
    ),
    "laptop": Scale(
        {**_LAPTOP, "data": "mnist", "train_size": 10_000, "model": "mlp"},
        {**_LAPTOP, "data": "cifar10", "model": "conv"},
        {},
        {"stop_loss": None, "epochs": 30},
        {"seed": 1},
        {"images": 2000},
        {"batch_norm": ["fixed", "recomputed"], "images": 2000, "seed": 1},
    ),
    "memo": Scale(
        {**_MEMO, "data": "mnist", "model": "mlp", "batch_size": 64, "epochs": 30},
        {**_MEMO, "data": "cifar10", "model": "vgg16-bn", "batch_size": 128, "epochs": 150},
        {"mnist": 150, "cifar10": 150},
        {},
        {"batches": 5000, "seed": 1},
        {"divisions": 20},
        {"directions": 100, "batch_norm": ["fixed", "recomputed"], "seed": 1},
    ),
}


def trainings(name: str, scale: str, data_dir: Path | None = None) -> list[TrainSpec]:
    """The trainings that a figure stands on."""
    if name not in FIGURES:
        raise UnknownNameError("figure", name, list(FIGURES))
    if scale not in SCALES:
        raise UnknownNameError("scale", scale, list(SCALES))
    settings = SETTINGS[scale]

    def spec(of: dict[str, Any], **more: Any) -> TrainSpec:
        if more.get("labels") == "random" and of["data"] in settings.more_epochs:
            more["epochs"] = settings.more_epochs[of["data"]]
        return parse(TrainSpec, {**of, **more, "data_dir": _folder(of["data"], data_dir)})

    labels: list[dict[str, Any]] = [{"labels": "natural"}, {"labels": "random"}]
    if name == "fig1":
        return [spec(settings.mnist, **labels[0])]
    if name == "fig2":
        return [spec(settings.cifar, **settings.compare, dynamics=dynamics) for dynamics in ("sgd", "sgdl")]
    sets = {"fig7": [settings.cifar], "fig8": [settings.mnist], "table1": [settings.mnist, settings.cifar]}[name]
    return [spec(of, **which) for of in sets for which in labels]


def execute(
    name: str, scale: str, data_dir: Path | None, out: Path | None, device: str, threads: int, progress: Progress
) -> tuple[Path, dict[str, Any]]:
    """Train what is not in the store yet, measure, and draw; returns the folder and its summary."""
    specs = trainings(name, scale, data_dir)
    check_data_dir(scale, data_dir)
    network = backend()
    network.use_threads(threads)
    if out is not None:
        disk.claimable(out)  # before hours of training
    minima = [network.trained(spec, network.STORE, progress, device, threads) for spec in specs]
    settings = SETTINGS[scale]
    out = out or Path("outputs") / f"{name}-{scale}-{time.strftime('%Y%m%d-%H%M%S')}-{specs[0].seed}"
    command = f"langevin-sim reproduce {name} --scale {scale}" + (" --data-dir DIR" if data_dir else "")
    if name == "fig1":
        return network.noise(minima[0], parse(NoiseSpec, settings.noise), out, progress, command)
    if name == "fig2":
        return network.compare(minima, out, command)
    if name == "table1":
        return network.flatness(minima, parse(FlatnessSpec, settings.flatness), out, progress, command)
    return network.plane(minima, parse(PlaneSpec, settings.plane), out, progress, command)


def check_data_dir(scale: str, data_dir: Path | None) -> None:
    """InputError for a folder of data where none are read."""
    if data_dir is not None and scale == "quick":
        raise InputError("--data-dir: the scale quick has digits, which need none; expected --scale laptop or memo with it")


def _folder(data: str, data_dir: Path | None) -> str | None:
    """Where a data set's files lie: in a subfolder of its name, or in the folder itself."""
    if data_dir is None or data == "digits":
        return None
    inside = data_dir / data
    return str(inside if inside.is_dir() else data_dir)
