"""A network figure of the memo: its trainings, from the store or new, and the measurements at their minima."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from langevin_sim.errors import InputError, UnknownNameError
from langevin_sim.memo import registry
from langevin_sim.memo.figure import NetworkFigure
from langevin_sim.memo.scales import SCALES
from langevin_sim.plugins import backend
from langevin_sim.settings.network import TrainSpec
from langevin_sim.settings.spec import parse
from langevin_sim.storage import folder as disk

Progress = Callable[[str, int, int], None]


def trainings(figure: NetworkFigure, scale: str, data_dir: Path | None = None) -> list[TrainSpec]:
    """The trainings that a figure is based on."""
    if scale not in SCALES:
        raise UnknownNameError("scale", scale, list(SCALES))
    settings = figure.trainings(SCALES[scale])
    return [parse(TrainSpec, {**values, "data_dir": _data_folder(values["data"], data_dir)}) for values in settings]


def reproduce_networks(
    name: str, scale: str, data_dir: Path | None, out: Path | None, device: str, threads: int, progress: Progress
) -> tuple[Path, dict[str, Any]]:
    """Train what is missing from the store, measure, and draw; returns the folder and its summary."""
    figure = registry.network_figures()[name]
    specs = trainings(figure, scale, data_dir)
    check_data_dir(scale, data_dir)
    network = backend()
    if out is not None:
        disk.claimable(out)  # checked before hours of training
    out = out or Path("outputs") / f"{name}-{scale}-{time.strftime('%Y%m%d-%H%M%S')}-{specs[0].seed}"
    command = f"langevin-sim reproduce {name} --scale {scale}" + (" --data-dir DIR" if data_dir else "")
    settings = SCALES[scale].measured.get(figure.kind, {})
    with network.torch_threads(threads):
        minima = [network.trained(spec, network.STORE, progress, device, threads) for spec in specs]
        folder, summary = network.measure(figure.kind, minima, settings, out, progress, command)
    return folder, summary


def check_data_dir(scale: str, data_dir: Path | None) -> None:
    """Raise InputError for a folder of data at the scale that needs none."""
    if data_dir is not None and scale == "quick":
        raise InputError("--data-dir: the scale quick uses digits, which need no files; use it with --scale laptop or memo")


def _data_folder(data: str, data_dir: Path | None) -> str | None:
    """The folder of a data set's files: a subfolder with its name, or the folder itself."""
    if data_dir is None or data == "digits":
        return None
    inside = data_dir / data
    return str(inside if inside.is_dir() else data_dir)
