"""A figure of the memo, from its settings to a folder with data, figure and text."""

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from langevin_sim.errors import FolderError, InputError, UnknownNameError
from langevin_sim.memo import fig3, fig4, fig5, fig6
from langevin_sim.memo.experiment import Arm, Experiment
from langevin_sim.memo.measures import arrays, fitted_law, numbers
from langevin_sim.memo.passages import passages
from langevin_sim.memo.plots import fig3 as draw3
from langevin_sim.memo.plots import fig4 as draw4
from langevin_sim.memo.plots import fig5 as draw5
from langevin_sim.memo.plots import fig6 as draw6
from langevin_sim.report.write import write as report
from langevin_sim.settings.run import MAX_STEPS, MAX_WALKERS
from langevin_sim.simulation.references import Laws, laws
from langevin_sim.simulation.simulate import available_threads, simulate
from langevin_sim.simulation.summary import summarise
from langevin_sim.storage import folder as disk
from langevin_sim.storage.checkpoint import SECONDS, Checkpoint

FIGURES: dict[str, tuple[Any, Any]] = {
    "fig3": (fig3, draw3),
    "fig4": (fig4, draw4),
    "fig5": (fig5, draw5),
    "fig6": (fig6, draw6),
}
Progress = Callable[[str, int, int], None]


def experiment(name: str, literal: bool, replicas: int | None = None, steps: int | None = None) -> Experiment:
    """The settings of a figure; replicas and steps stand in for its own numbers of walkers and steps."""
    if name not in FIGURES:
        raise UnknownNameError("figure", name, list(FIGURES))
    for option, value, least, most in (("replicas", replicas, 2, MAX_WALKERS), ("steps", steps, 1, MAX_STEPS)):
        if value is not None and not least <= value <= most:
            raise InputError(f"--{option} {value}: expected at least {least} and at most {most:,}")
    made: Experiment = FIGURES[name][0].experiment(literal)
    return made.resized(replicas, steps)


def execute(
    made: Experiment, seed: int | None, out: Path | None, threads: int, progress: Progress, checkpoint_seconds: float = SECONDS
) -> tuple[Path, dict[str, Any]]:
    """Simulate every arm, and write the folder; returns it with the summary."""
    limit = available_threads()
    if not 0 <= threads <= limit:
        raise InputError(f"threads {threads}: expected 1 to {limit} on this machine, or 0 for all")
    seed = secrets.randbits(32) if seed is None else seed
    if not 0 <= seed < 2**128:
        raise InputError(f"seed {seed}: expected 0 to 2^128 - 1")
    name = f"{made.figure}-{made.mode}"
    folder = disk.claim(out or Path("outputs") / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}-{seed}")
    manifest = disk.new_manifest(_spec(made, seed), threads or limit) | {"kind": "figure"}
    with disk.recorded(folder, manifest, report, FIGURES[made.figure][1].draw):
        return folder, _run(folder, made, seed, threads, progress, Checkpoint(folder, _identity(made, seed), checkpoint_seconds))


def resume(folder: Path, threads: int, progress: Progress, checkpoint_seconds: float = SECONDS) -> tuple[Path, dict[str, Any]]:
    """Go on with a figure that was stopped: the bits of one that was not."""
    manifest = disk.read_manifest(folder)
    if manifest["status"] == "COMPLETED":
        raise FolderError(f"{folder} is complete: there is nothing to resume")
    made, seed = experiment_of(manifest), manifest["seed"]
    manifest |= {"status": "RUNNING", "resumed": [*manifest.get("resumed", []), disk.now()]}
    with disk.recorded(folder, manifest, report, FIGURES[made.figure][1].draw):
        kept = Checkpoint(folder, _identity(made, seed), checkpoint_seconds)
        kept.load()
        return folder, _run(folder, made, seed, threads, progress, kept)


def experiment_of(manifest: dict[str, Any]) -> Experiment:
    """The experiment of a folder's manifest; FolderError if this version makes another one of it."""
    spec = manifest["spec"]
    if not {"figure", "mode", "replicas", "steps"} <= spec.keys() or spec["figure"] not in FIGURES:
        raise FolderError("the folder's manifest.json is damaged: its spec names no figure")
    made = experiment(spec["figure"], spec["mode"] == "literal", spec["replicas"], spec["steps"])
    if _spec(made, manifest["seed"]) != spec:
        raise FolderError(f"{spec['figure']} has other settings in this version: use the one that made the folder")
    return made


def _spec(made: Experiment, seed: int) -> dict[str, Any]:
    arms = [arm.described() for arm in made.arms]
    return {"figure": made.figure, "mode": made.mode, "seed": seed, "replicas": made.replicas, "steps": made.steps, "arms": arms}


def _identity(made: Experiment, seed: int) -> str:
    return hashlib.sha256(json.dumps(_spec(made, seed), sort_keys=True).encode()).hexdigest()


def _run(folder: Path, made: Experiment, seed: int, threads: int, progress: Progress, kept: Checkpoint) -> dict[str, Any]:
    """Simulate the arms that are not done yet, and write everything."""
    settings, _ = FIGURES[made.figure]
    began = time.perf_counter()
    tests = sum(len(arm.potential.regions) for arm in made.arms)
    results: list[dict[str, Any]] = []
    for k, arm in enumerate(made.arms):
        entry = kept.finished(arm.key, arm.steps)
        if entry is None:
            # neighbouring seeds are unrelated streams: arms share no noise
            entry, histograms = _measured(arm, seed + k, threads, tests, progress, kept)
            kept.add(arm.key, arm.steps, entry, histograms)
        results.append(entry)
    summary = {
        "schema": disk.SCHEMA,
        "figure": made.figure,
        "mode": made.mode,
        "command": made.command(seed),
        "potential": made.arms[0].potential.name,
        "seed": seed,
        "results": results,
        "seconds": time.perf_counter() - began,
    }
    disk.write_json(folder / "summary.json", summary)
    disk.write_csv(folder / "summary.csv", summary)
    disk.write_whole(folder / "histograms.npz", lambda stream: np.savez_compressed(stream, **kept.arrays))
    text = settings.text(summary)
    disk.write_whole(folder / "figure.md", lambda stream: stream.write(text.encode()))
    kept.remove()
    return summary


def _measured(
    arm: Arm, seed: int, threads: int, tests: int, progress: Progress, kept: Checkpoint
) -> tuple[dict[str, Any], dict[str, Any]]:
    """One arm: its entry of ``results``, and its arrays."""
    label = f"{arm.potential.name} d={arm.potential.dim} {arm.dynamics.name} ({arm.group})"
    total = arm.burn_in + arm.steps
    law: Laws = laws(arm.potential, arm.dynamics, arm.chain)
    with np.errstate(invalid="ignore"):  # where all walkers have one energy, as in the pits of boxes, its R-hat is 0/0: nan
        run = simulate(
            arm.potential,
            arm.dynamics,
            walkers=arm.walkers,
            steps=arm.steps,
            burn_in=arm.burn_in,
            every=arm.every,
            start=arm.start,
            seed=seed,
            threads=threads,
            progress=lambda step: progress(label, step, total),
            keeper=kept.keeper(arm.key),
        )
    seen = None
    if arm.look:
        seen = passages(arm, seed, threads, lambda step: progress(f"{label}: passages", step, total))
    fitted = fitted_law(run) if arm.fit else None
    entry = {**arm.described(), "seed": seed, **summarise(run, law, tests), **numbers(arm, run, law, seen, fitted)}
    return entry, arrays(arm, run, law, seen, fitted)
