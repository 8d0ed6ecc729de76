"""A whole run: every dimension and dynamics of a spec, into one folder."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from langevin_sim.errors import InputError
from langevin_sim.figures import concentration
from langevin_sim.runs import folder as disk
from langevin_sim.runs import plan
from langevin_sim.runs.cases import Case, build, halved
from langevin_sim.runs.laws import Laws, laws
from langevin_sim.runs.simulate import Run, available_threads, check_batch, simulate, starting_points
from langevin_sim.runs.spec import RunSpec
from langevin_sim.runs.summary import marginal, summarise

Progress = Callable[[str, int, int], None]


class Prepared(NamedTuple):
    """What is known before a run: the spec with all settings resolved, cases, laws, and notices to show."""

    spec: RunSpec
    cases: list[Case]
    laws: list[Laws]
    notices: list[str]


def check(spec: RunSpec, threads: int) -> list[Case]:
    """The cases of a spec; InputError for whatever can be seen to be wrong at once."""
    cases = build(spec)
    for potential, dynamics in cases:
        check_batch(potential, dynamics)
        starting_points(potential, 2, spec.start, temperature=max(dynamics.temperature, spec.temperature))
    limit = available_threads()
    if not 0 <= threads <= limit:
        raise InputError(f"threads {threads}: expected 1 to {limit} on this machine, or 0 for all")
    return cases


def prepare(spec: RunSpec, cases: list[Case]) -> Prepared:
    """Compute the laws, and settle how long the run is."""
    known = [laws(potential, dynamics, spec.chain) for potential, dynamics in cases]
    if spec.steps == "auto":
        burn_in, steps = plan.needed(known, spec.every)
        if not steps:
            reason = next((law.chain_reason for law in known if law.chain_reason), "nothing moves between wells")
            raise InputError(f"--steps auto: no relaxation time can be predicted ({reason}): give a number of steps")
        spec = spec.model_copy(update={"steps": steps, "burn_in": max(burn_in, spec.burn_in)})
    notices = [text for case in cases for text in plan.warnings(*case)]
    notices += [plan.notice(*case, law, spec.burn_in, _number(spec)) for case, law in zip(cases, known, strict=True)]
    return Prepared(spec, cases, known, list(dict.fromkeys(filter(None, notices))))


def execute(
    spec: RunSpec, out: Path | None, threads: int, progress: Progress, tell: Callable[[str], None] = lambda notice: None
) -> tuple[Path, dict[str, Any]]:
    """Simulate, compare, and write the run folder; returns it with the summary. ``tell`` gets notices before the run."""
    spec = spec.resolved()
    cases = check(spec, threads)
    path = out or Path("outputs") / f"{spec.potential}-{time.strftime('%Y%m%d-%H%M%S')}-{spec.seed}"
    parent_was_there = path.parent.exists()
    folder = disk.claim(path)
    try:
        prepared = prepare(spec, cases)
    except BaseException:
        folder.rmdir()  # nothing is in it yet
        if not parent_was_there:
            folder.parent.rmdir()
        raise
    spec = prepared.spec
    for notice in prepared.notices:
        tell(notice)
    manifest = disk.new_manifest(spec.model_dump(), threads or available_threads())
    # masses of all regions but one (they sum to 1), and the mean energy
    tests = sum(len(potential.regions) for potential, _ in prepared.cases)
    results: list[dict[str, Any]] = []
    arrays: dict[str, Any] = {}
    with disk.recorded(folder, manifest):
        for case, law in zip(prepared.cases, prepared.laws, strict=True):
            run = _simulate(spec, case, law, threads, progress, 1)
            half = _simulate(spec, halved(case), law, threads, progress, 2) if _extrapolates(spec, case) else None
            results.append(summarise(run, law, tests, half))
            arrays |= _arrays(run, law)
        summary = {"schema": disk.SCHEMA, "potential": spec.potential, "parameters": dict(prepared.cases[0][0].parameters),
                   "domain": str(prepared.cases[0][0].domain), "seed": spec.seed, "notices": prepared.notices,
                   "results": results}  # fmt: skip
        disk.write_json(folder / "summary.json", summary)
        disk.write_csv(folder / "summary.csv", summary)
        disk.write_whole(folder / "histograms.npz", lambda stream: np.savez_compressed(stream, **arrays))
        concentration.draw(folder)
    return folder, summary


def _number(spec: RunSpec) -> int:
    assert spec.steps != "auto", "prepare() settles the number of steps"
    return spec.steps


def _extrapolates(spec: RunSpec, case: Case) -> bool:
    return spec.extrapolate and case[1].stationary and not case[1].metropolis


def _simulate(spec: RunSpec, case: Case, law: Laws, threads: int, progress: Progress, finer: int) -> Run:
    """One ensemble; ``finer`` times as many steps, for a step that is so much smaller."""
    potential, dynamics = case
    assert spec.seed is not None
    burn_in, steps = finer * spec.burn_in, finer * _number(spec)
    label = f"{potential.name} d={potential.dim} {dynamics.name}" + (f" eta/{finer}" if finer > 1 else "")
    return simulate(
        potential, dynamics, walkers=spec.walkers, steps=steps, burn_in=burn_in, every=finer * spec.every, start=spec.start,
        seed=spec.seed, threads=threads, extent_temperature=law.temperature or spec.temperature,
        progress=partial(_tell, progress, label, burn_in + steps),
    )  # fmt: skip


def _tell(progress: Progress, name: str, total: int, step: int) -> None:
    progress(name, step, total)


def _arrays(run: Run, law: Laws) -> dict[str, Any]:
    """What histograms.npz keeps of one ensemble."""
    bins = marginal(run, law)
    key = f"d{run.potential.dim}_{run.dynamics.name}"
    arrays = {f"{key}_edges": bins.edges, f"{key}_mass": bins.mass, f"{key}_stderr": bins.stderr,
              f"{key}_counts": run.coordinate_counts, f"{key}_plane": run.plane}  # fmt: skip
    for name, exact in (("boltzmann", bins.boltzmann), ("chain", bins.chain)):
        if exact is not None:
            arrays[f"{key}_{name}"] = exact
    return arrays
