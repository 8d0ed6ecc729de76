"""Experiments at minima, each written into its own run folder."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from langevin_sim.memo.fig2 import compare as compare_histories
from langevin_sim.memo.table1.ratios import ratios
from langevin_sim.network import flatness as radii
from langevin_sim.network import gradient_noise
from langevin_sim.network import plane as planes
from langevin_sim.network.minima import Minima
from langevin_sim.network.train import PACKAGES, Progress
from langevin_sim.report.write import write as write_report
from langevin_sim.runs import network_folder
from langevin_sim.settings.network import FlatnessSpec, NoiseSpec, PlaneSpec
from langevin_sim.settings.spec import Spec, flags, parse
from langevin_sim.storage import folder as disk

Outcome = tuple[Path, dict[str, Any]]
Measured = tuple[list[dict[str, Any]], dict[str, Any], dict[str, np.ndarray]]


def measure(
    kind: str, minima: list[Minima], settings: dict[str, Any], out: Path | None, progress: Progress, command: str = ""
) -> Outcome:
    """Run the experiment of this kind; ``settings`` are the raw values of its spec."""
    function, spec = _MEASUREMENTS[kind]
    values = {key: value for key, value in settings.items() if key in spec.model_fields}  # every manifest has a seed
    return function(minima, parse(spec, values), out, progress, command)


def noise(minima: list[Minima], spec: NoiseSpec, out: Path | None, progress: Progress, command: str = "") -> Outcome:
    """Fig. 1: the law of the minibatch gradient's components, at the minima of one training."""
    (trained,) = minima
    spec = spec.resolved()
    gradient_noise.check(trained, spec)

    def measured() -> Measured:
        results, arrays = gradient_noise.measure(trained, spec, progress)
        return results, {}, arrays

    return _experiment("noise", [trained], spec, spec.seed, out, command, measured)


def plane(minima: list[Minima], spec: PlaneSpec, out: Path | None, progress: Progress, command: str = "") -> Outcome:
    """Figs. 7 and 8: loss and accuracy on the plane through three minima."""
    planes.check(minima, spec)

    def measured() -> Measured:
        results, arrays = planes.measure(minima, spec, progress)
        return results, {}, arrays

    return _experiment("plane", minima, spec, minima[0].setup.spec.seed, out, command, measured)


def flatness(minima: list[Minima], spec: FlatnessSpec, out: Path | None, progress: Progress, command: str = "") -> Outcome:
    """Eq. 11 at all minima of some trainings; for natural and random labels also their ratios, as in Table 1."""
    spec = spec.resolved()
    kind = "table1" if len({trained.setup.spec.labels for trained in minima}) > 1 else "flatness"

    def measured() -> Measured:
        results, arrays = radii.measure(minima, spec, progress)
        more = {"ratios": ratios([trained.run for trained in minima], results)} if kind == "table1" else {}
        return results, more, arrays

    return _experiment(kind, minima, spec, spec.seed, out, command, measured)


def compare(minima: list[Minima], spec: Spec, out: Path | None, progress: Progress, command: str = "") -> Outcome:
    """Fig. 2: the histories of trainings side by side."""

    def measured() -> Measured:
        results, differences, arrays = compare_histories([trained.folder for trained in minima])
        return results, {"differences": differences}, arrays

    return _experiment("compare", minima, spec, minima[0].setup.spec.seed, out, command, measured)


_MEASUREMENTS: dict[str, tuple[Callable[..., Outcome], type[Spec]]] = {
    "noise": (noise, NoiseSpec),
    "compare": (compare, Spec),
    "plane": (plane, PlaneSpec),
    "flatness": (flatness, FlatnessSpec),
    "table1": (flatness, FlatnessSpec),
}


def _experiment(
    kind: str,
    minima: list[Minima],
    spec: Spec,
    seed: int | None,
    out: Path | None,
    command: str,
    measured: Callable[[], Measured],
) -> Outcome:
    """Claim a folder, measure, and write the results; ``command`` repeats the experiment, by default langevin-sim deep."""
    folder = out or Path("outputs") / f"{kind}-{minima[0].setup.spec.data}-{time.strftime('%Y%m%d-%H%M%S')}-{seed}"
    settings = spec.model_dump(mode="json")
    manifest = disk.new_manifest({"seed": seed, **settings}, torch.get_num_threads(), PACKAGES)
    manifest |= {"kind": kind, "runs": [{"folder": str(m.folder), "hash": m.run["hash"], "spec": m.run["spec"]} for m in minima]}
    manifest["command"] = command
    disk.begin(folder, manifest, anew=True)
    began = time.perf_counter()
    with disk.recorded(folder, manifest, write_report, network_folder.draw):
        results, more, arrays = measured()
        where = " ".join(str(trained.folder) for trained in minima)
        command = command or f"langevin-sim deep {kind} {where} {flags(spec)}".strip()
        summary = {
            "schema": disk.SCHEMA,
            "kind": kind,
            "command": command,
            "seed": seed,
            "seconds": time.perf_counter() - began,
            "runs": [trained.run for trained in minima],
            "settings": settings,
            "results": results,
            **more,
        }
        network_folder.write(folder, summary, arrays)
    return folder, summary
