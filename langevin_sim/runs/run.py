"""A whole run: every dimension and dynamics of a spec, into one folder."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from langevin_sim import potentials
from langevin_sim.dynamics import make
from langevin_sim.errors import InputError, LangevinSimError
from langevin_sim.figures import concentration
from langevin_sim.runs import folder as disk
from langevin_sim.runs.simulate import available_threads, simulate, starting_points
from langevin_sim.runs.spec import RunSpec
from langevin_sim.runs.summary import SCHEMA, marginal, reference, summarise

Progress = Callable[[str, int, int], None]


def _tell(progress: Progress, name: str, total: int, step: int) -> None:
    progress(name, step, total)


def execute(spec: RunSpec, out: Path | None, threads: int, progress: Progress) -> tuple[Path, dict[str, Any]]:
    """Simulate, compare, and write the run folder; returns it with the summary.

    All of the input is checked before the folder is made.
    """
    spec = spec.resolved()
    assert spec.seed is not None
    cases = [
        (potentials.get(spec.potential, dim, **spec.parameters), make(name, spec.step_size, spec.temperature))
        for dim in spec.dims
        for name in spec.dynamics
    ]
    for potential, _ in cases:
        starting_points(potential, 2, spec.start)
    limit = available_threads()
    if not 0 <= threads <= limit:
        raise InputError(f"threads {threads}: expected 1 to {limit} on this machine, or 0 for all")
    stamp = time.strftime("%Y%m%d-%H%M%S")
    folder = disk.claim(out or Path("outputs") / f"{spec.potential}-{stamp}-{spec.seed}")
    manifest = disk.new_manifest(spec.model_dump(), threads or limit)
    disk.write_json(folder / "manifest.json", manifest)
    total = spec.burn_in + spec.steps
    # masses of all regions but one (they sum to 1), and the mean energy
    tests = sum(len(potential.regions) for potential, _ in cases)
    results: list[dict[str, Any]] = []
    arrays: dict[str, Any] = {}
    try:
        for potential, dynamics in cases:
            told = partial(_tell, progress, f"{potential.name} d={potential.dim} {dynamics.name}", total)
            run = simulate(
                potential, dynamics, walkers=spec.walkers, steps=spec.steps, burn_in=spec.burn_in,
                every=spec.every, start=spec.start, seed=spec.seed, threads=threads,
                progress=told,
            )  # fmt: skip
            law, reason = reference(run)
            results.append(summarise(run, law, reason, tests))
            bins = marginal(run, law)
            key = f"d{potential.dim}_{dynamics.name}"
            arrays |= {f"{key}_edges": bins.edges, f"{key}_mass": bins.mass, f"{key}_stderr": bins.stderr,
                       f"{key}_counts": run.coordinate_counts, f"{key}_plane": run.plane}  # fmt: skip
            if bins.boltzmann is not None:
                arrays[f"{key}_boltzmann"] = bins.boltzmann
        summary = {"schema": SCHEMA, "potential": spec.potential, "parameters": dict(cases[0][0].parameters),
                   "seed": spec.seed, "results": results}  # fmt: skip
        disk.write_json(folder / "summary.json", summary)
        disk.write_csv(folder / "summary.csv", summary)
        disk.write_whole(folder / "histograms.npz", lambda stream: np.savez_compressed(stream, **arrays))
        concentration.draw(folder)
    except KeyboardInterrupt:
        disk.finish_manifest(folder, manifest, "INTERRUPTED")
        raise
    except LangevinSimError as error:
        disk.finish_manifest(folder, manifest, "FAILED", str(error))
        raise
    disk.finish_manifest(folder, manifest, "COMPLETED")
    return folder, summary
