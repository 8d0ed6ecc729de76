"""Make a figure of ensembles: from its settings to a folder with data, figure and text."""

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from langevin_sim.errors import FolderError, InputError, UnknownNameError
from langevin_sim.memo import registry
from langevin_sim.memo.experiment import Arm, Experiment
from langevin_sim.memo.measures import arrays, fitted_law, numbers
from langevin_sim.memo.passages import Looks, walker_shares
from langevin_sim.report.write import write as write_report
from langevin_sim.settings.run import MAX_STEPS, MAX_WALKERS
from langevin_sim.simulation.references import reference_laws
from langevin_sim.simulation.simulate import available_threads, placed, run_ensemble
from langevin_sim.simulation.summary import summarise
from langevin_sim.storage import folder as disk
from langevin_sim.storage.checkpoint import SECONDS, Checkpoint

Progress = Callable[[str, int, int], None]


def experiment(name: str, literal: bool, replicas: int | None = None, steps: int | None = None) -> Experiment:
    """The settings of a figure; replicas and steps replace its own numbers of walkers and steps."""
    figures = registry.ensemble_figures()
    if name not in figures:
        raise UnknownNameError("figure", name, list(figures))
    for option, value, least, most in (("replicas", replicas, 2, MAX_WALKERS), ("steps", steps, 1, MAX_STEPS)):
        if value is not None and not least <= value <= most:
            raise InputError(f"--{option} {value}: expected at least {least} and at most {most:,}")
    return figures[name].experiment(literal).resized(replicas, steps)


def reproduce_ensembles(
    settings: Experiment,
    seed: int | None,
    out: Path | None,
    threads: int,
    progress: Progress,
    checkpoint_seconds: float = SECONDS,
) -> tuple[Path, dict[str, Any]]:
    """Simulate every arm, and write the folder; returns it with the summary."""
    limit = available_threads()
    if not 0 <= threads <= limit:
        raise InputError(f"threads {threads}: expected 1 to {limit} on this machine, or 0 for all")
    seed = secrets.randbits(32) if seed is None else seed
    if not 0 <= seed < 2**128:
        raise InputError(f"seed {seed}: expected 0 to 2^128 - 1")
    name = f"{settings.figure}-{settings.mode}"
    folder = out or Path("outputs") / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}-{seed}"
    manifest = disk.new_manifest(_spec(settings, seed), threads or limit) | {"kind": "figure"}
    disk.begin(folder, manifest)
    with disk.recorded(folder, manifest, write_report, registry.ensemble_figures()[settings.figure].draw):
        checkpoint = Checkpoint(folder, _identity(settings, seed), checkpoint_seconds)
        return folder, _run(folder, settings, seed, threads, progress, checkpoint)


def resume_ensembles(
    folder: Path,
    threads: int,
    progress: Progress,
    checkpoint_seconds: float = SECONDS,
    notify: Callable[[str], None] = lambda notice: None,
) -> tuple[Path, dict[str, Any]]:
    """Resume an interrupted figure; it ends with the bits of an uninterrupted one."""
    manifest = disk.read_manifest(folder)
    if manifest["status"] == "COMPLETED":
        raise FolderError(f"{folder} is complete; there is nothing to resume")
    settings, seed = experiment_of(manifest), manifest["seed"]
    manifest = disk.continued(manifest, {}, notify)
    with disk.recorded(folder, manifest, write_report, registry.ensemble_figures()[settings.figure].draw):
        checkpoint = Checkpoint(folder, _identity(settings, seed), checkpoint_seconds)
        checkpoint.load()
        return folder, _run(folder, settings, seed, threads, progress, checkpoint)


def experiment_of(manifest: dict[str, Any]) -> Experiment:
    """The experiment of a folder's manifest; FolderError if this version has other settings for it."""
    spec = manifest["spec"]
    if not {"figure", "mode", "replicas", "steps"} <= spec.keys() or spec["figure"] not in registry.ensemble_figures():
        raise FolderError("the folder's manifest.json is damaged: its spec names no figure")
    settings = experiment(spec["figure"], spec["mode"] == "literal", spec["replicas"], spec["steps"])
    if _spec(settings, manifest["seed"]) != spec:
        raise FolderError(f"{spec['figure']} has other settings in this version; use the version that made the folder")
    return settings


def _spec(settings: Experiment, seed: int) -> dict[str, Any]:
    arms = [arm.described() for arm in settings.arms]
    return {
        "figure": settings.figure,
        "mode": settings.mode,
        "seed": seed,
        "replicas": settings.replicas,
        "steps": settings.steps,
        "arms": arms,
    }


def _identity(settings: Experiment, seed: int) -> str:
    return hashlib.sha256(json.dumps(_spec(settings, seed), sort_keys=True).encode()).hexdigest()


def _run(
    folder: Path, settings: Experiment, seed: int, threads: int, progress: Progress, checkpoint: Checkpoint
) -> dict[str, Any]:
    """Simulate the missing arms, and write everything."""
    figure = registry.ensemble_figures()[settings.figure]
    began = time.perf_counter()
    results: list[dict[str, Any]] = []
    for k, arm in enumerate(settings.arms):
        entry = checkpoint.finished(arm.key, arm.steps)
        if entry is None:
            # neighbouring seeds give independent streams, so arms share no noise
            entry, histograms = _measured(arm, seed + k, threads, len(settings.arms), progress, checkpoint)
            checkpoint.add(arm.key, arm.steps, entry, histograms)
        results.append(entry)
    summary = {
        "schema": disk.SCHEMA,
        "figure": settings.figure,
        "mode": settings.mode,
        "command": settings.command(seed),
        "potential": settings.arms[0].potential.name,
        "seed": seed,
        "results": results,
        "seconds": time.perf_counter() - began,
    }
    disk.write_json(folder / "summary.json", summary)
    disk.write_csv(folder / "summary.csv", summary)
    disk.write_whole(folder / "histograms.npz", lambda stream: np.savez_compressed(stream, **checkpoint.arrays))
    text = figure.text(summary)
    disk.write_whole(folder / "figure.md", lambda stream: stream.write(text.encode()))
    checkpoint.remove()
    return summary


def _measured(
    arm: Arm, seed: int, threads: int, ensembles: int, progress: Progress, checkpoint: Checkpoint
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Simulate one arm; returns its entry of ``results``, and its arrays."""
    label = f"{arm.potential.name} d={arm.potential.dim} {arm.dynamics.name} ({arm.group})"
    total = arm.burn_in + arm.steps
    references = reference_laws(arm.potential, arm.dynamics, arm.chain)
    with np.errstate(invalid="ignore"):  # if all walkers have the same energy, as in the pits of boxes, its R-hat is 0/0: nan
        ensemble, where = placed(
            arm.potential,
            arm.dynamics,
            walkers=arm.walkers,
            burn_in=arm.burn_in,
            every=arm.every,
            start=arm.start,
            seed=seed,
            threads=threads,
            walker_histograms=bool(arm.look),
        )
        looks = Looks(arm, where) if arm.look else None
        run = run_ensemble(
            ensemble,
            arm.potential,
            where,
            arm.steps,
            seed=seed,
            observers=[looks] if looks else [],
            progress=lambda step: progress(label, step, total),
            keeper=checkpoint.keeper(arm.key),
        )
    seen = looks.seen() if looks else None
    fitted = fitted_law(run) if arm.fit else None
    entry = {
        **arm.described(),
        "seed": seed,
        **summarise(run, references, ensembles),
        **numbers(arm, run, references, seen, fitted),
    }
    shares = walker_shares(ensemble) if arm.look else None
    return entry, arrays(arm, run, references, seen, shares, fitted)
