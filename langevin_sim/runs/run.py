"""A complete run: every dimension and dynamics of a spec, in one folder."""

import re
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from langevin_sim.dynamics import Dynamics
from langevin_sim.engine.ensemble import Ensemble
from langevin_sim.errors import FolderError, InputError
from langevin_sim.plots import concentration
from langevin_sim.potentials.potential import Potential
from langevin_sim.potentials.rows import digest
from langevin_sim.report.write import write as write_report
from langevin_sim.settings.run import RunSpec
from langevin_sim.settings.spec import parse
from langevin_sim.settings.systems import System, build, halved, unextrapolated
from langevin_sim.simulation import plan
from langevin_sim.simulation.film import BLOCKS, Film
from langevin_sim.simulation.references import References, reference_laws
from langevin_sim.simulation.run import Run
from langevin_sim.simulation.shards import Shard, Sharding
from langevin_sim.simulation.simulate import advance, available_threads, check_dynamics, placed, run_ensemble
from langevin_sim.simulation.starts import starting_points
from langevin_sim.simulation.summary import marginal, summarise
from langevin_sim.simulation.workers import Workers
from langevin_sim.storage import folder as disk
from langevin_sim.storage import sources
from langevin_sim.storage.checkpoint import SECONDS, Checkpoint
from langevin_sim.storage.export import CHAINS, FINAL_NUMBERS, KEPT, POSITIONS
from langevin_sim.storage.log import log

Progress = Callable[[str, int, int], None]


class Prepared(NamedTuple):
    """A run before it starts: the spec with all settings resolved, systems, references, and notices to show."""

    spec: RunSpec
    systems: list[System]
    references: list[References]
    notices: list[str]


def check(spec: RunSpec, threads: int) -> list[System]:
    """The systems of a spec; InputError for errors that can be detected at once."""
    systems = build(spec)
    for potential, dynamics in systems:
        check_dynamics(potential, dynamics)
        starting_points(potential, 2, spec.start, temperature=max(dynamics.temperature, spec.temperature))
    limit = available_threads()
    if not 0 <= threads <= limit:
        raise InputError(f"threads {threads}: expected 1 to {limit} on this machine, or 0 for all")
    return systems


def prepare(spec: RunSpec, systems: list[System]) -> Prepared:
    """Compute the reference laws, and determine the length of the run."""
    references = [reference_laws(potential, dynamics, spec.chain) for potential, dynamics in systems]
    if spec.steps == "auto":
        if any((each.relaxation_steps or 0.0) > plan.HOPELESS for each in references):
            raise InputError("--steps auto: no run passes between the wells; give a number of steps, or a higher temperature")
        burn_in, steps = plan.needed(references, spec.record_every)
        if not steps:
            reason = next((each.chain_reason for each in references if each.chain_reason), "nothing moves between wells")
            raise InputError(f"--steps auto: no relaxation time can be predicted ({reason}); give a number of steps")
        spec = spec.model_copy(update={"steps": steps, "burn_in": max(burn_in, spec.burn_in)})
    notices = [text for system in systems for text in plan.warnings(*system)]
    notices += [f"--extrapolate: {why}" for system in systems if spec.extrapolate and (why := unextrapolated(system))]
    notices += [plan.notice(*system, each, spec.burn_in, _number(spec)) for system, each in zip(systems, references, strict=True)]
    return Prepared(spec, systems, references, list(dict.fromkeys(filter(None, notices))))


def run_spec(
    spec: RunSpec,
    out: Path | None,
    threads: int,
    progress: Progress,
    notify: Callable[[str], None] = lambda notice: None,
    checkpoint_seconds: float = SECONDS,
    keep_states: bool = False,
    workers: Workers | None = None,
    origin: dict[str, Any] | None = None,
) -> tuple[Path, dict[str, Any]]:
    """Simulate, compare, and write the run folder; returns it with the summary.

    notify(notice): called with each notice, before the run; workers: they move the walkers, by default this process does;
    origin: the manifest's part on the folder that is repeated.
    """
    spec = spec.resolved()
    systems = check(spec, threads)
    path = out or Path("outputs") / f"{_slug(spec.potential)}-{time.strftime('%Y%m%d-%H%M%S')}-{spec.seed}"
    absent = disk.absent_parents(path)
    manifest = disk.new_manifest(spec.model_dump(), threads or available_threads())
    manifest |= _data(spec) | sources.record(spec.own_files()) | (origin or {})
    folder = disk.begin(path, manifest)
    try:
        prepared = prepare(spec, systems)
    except BaseException:
        disk.abandon(folder, absent)
        raise
    manifest["spec"] = prepared.spec.model_dump()
    with disk.recorded(folder, manifest, write_report, concentration.draw):
        checkpoint = Checkpoint(folder, _identity(prepared.spec, manifest), checkpoint_seconds, keep_states)
        return folder, _run(folder, prepared, threads, progress, notify, checkpoint, workers)


def resume_run(
    folder: Path,
    threads: int,
    progress: Progress,
    notify: Callable[[str], None] = lambda notice: None,
    steps: int | None = None,
    checkpoint_seconds: float = SECONDS,
    workers: Workers | None = None,
    consent: sources.Consent = sources.ASK,
) -> tuple[Path, dict[str, Any]]:
    """Continue a stopped run, or extend one to a total of ``steps`` steps: the result has the bits of an uninterrupted run.

    An extension starts from the states that the run kept (``keep_states``), or else from its beginning.
    """
    manifest = disk.read_manifest(folder)
    spec = parse(RunSpec, manifest["spec"])
    complete = manifest["status"] == "COMPLETED"
    if steps is None and complete:
        raise FolderError(f"{folder} is complete; --steps MORE extends it beyond its {spec.steps:,} steps")
    if steps is not None:
        if (spec.steps != "auto" and steps < spec.steps) or (complete and steps == spec.steps):
            raise InputError(f"--steps {steps}: expected more than the run's {spec.steps:,}, because it is the total")
        spec = parse(RunSpec, manifest["spec"] | {"steps": steps}).resolved()
    files = sources.check(folder, manifest, spec.own_files(), consent, disk.now)
    if not files.get("sources") and _data(spec) != {key: manifest[key] for key in ("data",) if key in manifest}:
        raise FolderError(f"{spec.data} has changed since {folder} was made")  # of an earlier version, which kept no copies
    prepared = prepare(spec, check(spec, threads))
    spec = prepared.spec
    manifest = disk.continued(manifest, files, notify) | {"spec": spec.model_dump()}
    with disk.recorded(folder, manifest, write_report, concentration.draw):
        checkpoint = Checkpoint(
            folder, _identity(spec, manifest), checkpoint_seconds, any((folder / "checkpoint").glob("d*.npz"))
        )
        checkpoint.load()
        return folder, _run(folder, prepared, threads, progress, notify, checkpoint, workers)


def _slug(potential: str) -> str:
    """A potential's name in a form for use in a folder's name."""
    return re.sub(r"[^A-Za-z0-9_.]+", "-", potential).strip("-.")[:40]


def _data(spec: RunSpec) -> dict[str, Any]:
    """The hash of the data file, for the manifest."""
    return {} if spec.data is None else {"data": {"file": spec.data, "sha256": digest(Path(spec.data))}}


def _identity(spec: RunSpec, manifest: dict[str, Any]) -> str:
    """A hash of everything that determines the walkers' paths, except their length."""
    return sources.identity(spec.model_dump_json(exclude={"steps"}), manifest)


def _run(
    folder: Path,
    prepared: Prepared,
    threads: int,
    progress: Progress,
    notify: Callable[[str], None],
    checkpoint: Checkpoint,
    workers: Workers | None,
) -> dict[str, Any]:
    """Simulate what is missing, and write everything."""
    spec = prepared.spec
    for notice in prepared.notices:
        log.info("%s", notice)
        notify(notice)
    results: list[dict[str, Any]] = []
    for system, references in zip(prepared.systems, prepared.references, strict=True):
        label = _key(*system)
        entry = checkpoint.finished(label, _number(spec))
        if entry is None:
            run, filmed = _simulate(spec, system, references, threads, progress, 1, checkpoint, workers)
            half = None
            if spec.extrapolate and not unextrapolated(system):
                half, _ = _simulate(spec, halved(system), references, threads, progress, 2, checkpoint, workers)
            entry = summarise(run, references, len(prepared.systems), half)
            checkpoint.add(label, _number(spec), entry, _arrays(run, references) | filmed)
        results.append(entry)
    summary = {
        "schema": disk.SCHEMA,
        "potential": spec.potential,
        "parameters": dict(prepared.systems[0].potential.parameters),
        "domain": str(prepared.systems[0].potential.domain),
        "seed": spec.seed,
        "data": spec.data,
        "notices": prepared.notices,
        "results": results,
    }
    disk.write_json(folder / "summary.json", summary)
    disk.write_csv(folder / "summary.csv", summary)
    histograms = {name: array for name, array in checkpoint.arrays.items() if not name.endswith(POSITIONS)}
    positions = {name: array for name, array in checkpoint.arrays.items() if name.endswith(POSITIONS)}
    disk.write_whole(folder / "histograms.npz", lambda stream: np.savez_compressed(stream, **histograms))
    disk.write_whole(folder / "positions.npz", lambda stream: np.savez_compressed(stream, **positions))
    checkpoint.remove()
    return summary


def _key(potential: Potential, dynamics: Dynamics) -> str:
    return f"d{potential.dim}_{dynamics.name}"


def _number(spec: RunSpec) -> int:
    assert spec.steps != "auto", "prepare() settles the number of steps"
    return spec.steps


def _simulate(
    spec: RunSpec,
    system: System,
    references: References,
    threads: int,
    progress: Progress,
    finer: int,
    checkpoint: Checkpoint,
    workers: Workers | None,
) -> tuple[Run, dict[str, Any]]:
    """One ensemble and its film; for ``finer`` > 1, ``finer`` times as many steps of a step that much smaller, without film."""
    potential, dynamics = system
    assert spec.seed is not None
    burn_in, steps = finer * spec.burn_in, finer * _number(spec)
    name = f"{potential.name} d={potential.dim} {dynamics.name}" + (f" eta/{finer}" if finer > 1 else "")
    label = _key(potential, dynamics) + (f"_eta{finer}" if finer > 1 else "")
    temperature = references.temperature or spec.temperature
    progress_of = partial(_report_progress, progress, name, burn_in + steps)
    elsewhere = None
    if workers is not None:
        template = Shard(spec.model_dump(), potential.dim, dynamics.name, finer, temperature, 0, 0)
        elsewhere = Sharding(workers, checkpoint, label, template, progress_of)
    ensemble, where = _placed(spec, system, temperature, finer, threads)
    film = Film(potential, dynamics, spec.walkers, burn_in + steps, temperature)
    run = run_ensemble(
        ensemble,
        potential,
        where,
        steps,
        seed=spec.seed,
        observers=[film] if finer == 1 else [],
        progress=progress_of,
        keeper=checkpoint.keeper(label),
        elsewhere=elsewhere,
    )
    return run, {} if finer > 1 else _filmed(spec, system, temperature, film, where)


def _placed(
    spec: RunSpec, system: System, temperature: float, finer: int, threads: int, blocks: range | None = None
) -> tuple[Ensemble, np.ndarray]:
    """The walkers of a system at the start."""
    assert spec.seed is not None
    return placed(
        *system,
        walkers=spec.walkers,
        burn_in=finer * spec.burn_in,
        every=finer * spec.record_every,
        start=spec.start,
        seed=spec.seed,
        threads=threads,
        extent_temperature=temperature,
        blocks=blocks,
    )


def _report_progress(progress: Progress, name: str, total: int, step: int) -> None:
    progress(name, step, total)


def _filmed(spec: RunSpec, system: System, temperature: float, film: Film, where: np.ndarray) -> dict[str, Any]:
    """The film of an ensemble's first walkers, with the names used in histograms.npz.

    An extended run may need frames between those of the shorter run, and a checkpoint of an earlier version has none; then
    only the first blocks are simulated a second time, a few thousandths of the run.
    """
    if not film.complete:
        ensemble, _ = _placed(spec, system, temperature, 1, 1, range(BLOCKS))
        ensemble.observers = [film]
        advance(ensemble, system[0], int(film.steps[-1]))
    return {f"{_key(*system)}_{name}": array for name, array in film.arrays(where).items()}


def _arrays(run: Run, references: References) -> dict[str, Any]:
    """The arrays of one ensemble in histograms.npz."""
    bins = marginal(run, references)
    key = _key(run.potential, run.dynamics)
    arrays = {
        f"{key}_edges": bins.edges,
        f"{key}_mass": bins.mass,
        f"{key}_stderr": bins.stderr,
        f"{key}_counts": run.coordinate_counts,
        f"{key}_plane": run.plane,
        f"{key}_draws": run.draws[:KEPT],
        f"{key}_positions": run.positions[:CHAINS],
        f"{key}_final": run.final[: max(CHAINS, FINAL_NUMBERS // run.potential.dim)],
    }
    for name, exact in (("boltzmann", bins.boltzmann), ("chain", bins.chain)):
        if exact is not None:
            arrays[f"{key}_{name}"] = exact
    return arrays
