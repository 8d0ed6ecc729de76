"""Common parts of sweep and deep sweep."""

import json
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import click

from langevin_sim.errors import InputError
from langevin_sim.settings.spec import read_config
from langevin_sim.simulation.workers import Workers

from .options import PATH, SECONDS, Consent, consent
from .progress import Progress
from .workers import SCHEDULER, open_workers

NAMES = (
    "grid",
    "out",
    "scheduler",
    "workers",
    "threads",
    "checkpoint_seconds",
    "consent",
    "plot",
    "against",
    "region",
    "as_json",
    "quiet",
)


def grid_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options for the grid, the workers, and the figure."""
    function = consent(function)
    for option in reversed(
        [
            click.option(
                "--grid",
                multiple=True,
                metavar="KEY=VALUES",
                help="Values of an axis: a:b:n (evenly spaced), a:b:n:log, i..j, or u,v,w; repeatable.",
            ),
            click.option("--out", type=PATH, help="Output folder; an existing one is continued.  [default: outputs/sweep-..]"),
            SCHEDULER,
            click.option(
                "--workers",
                type=click.IntRange(1, 4096),
                help="Number of processes on this machine.  [default: one per core or device]",
            ),
            click.option("--checkpoint-seconds", type=SECONDS, default=30.0, help="Seconds between checkpoints.  [default: 30]"),
            click.option("--plot", metavar="COLUMN", help="Column of sweep.csv to draw.  [default: mass, or validation_loss]"),
            click.option(
                "--against",
                metavar="AXIS[,AXIS]",
                help="Axis to draw against, as lines; or two, as a heat map.  [default: the first]",
            ),
            click.option("--region", metavar="NAME", help="Region whose mass to draw.  [default: the first]"),
            click.option("--json", "as_json", is_flag=True, help="Print only the summary, as JSON."),
            click.option("--quiet", is_flag=True, help="Print only errors."),
        ]
    ):
        function = option(function)
    return function


def sweep(
    kind: str,
    spec: Path | None,
    values: dict[str, Any],
    *,
    grid: tuple[str, ...],
    out: Path | None,
    scheduler: str | None,
    workers: int | None,
    threads: int,
    checkpoint_seconds: float,
    consent: Consent,
    plot: str | None,
    against: str | None,
    region: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run a sweep, or continue one, and print its outcome."""
    if scheduler and workers:
        raise InputError("--scheduler and --workers: give only one; a scheduler has its own workers")
    from langevin_sim.plots.sweep import View
    from langevin_sim.runs.sweep.sweep import read, run_sweep
    from langevin_sim.settings.grid import axes_of, axis, make
    from langevin_sim.simulation.simulate import available_threads

    if spec is not None and spec.is_dir():
        if grid or values:
            raise InputError(f"{spec} is the folder of a sweep, which has its own grid and settings; give no others")
        definition, out = read(spec), spec
    else:
        values = {**(read_config(spec) if spec else {}), **values}
        axes = [axis(text) for text in grid]
        named = {one.name for one in axes}  # options override the file
        axes = [*(one for one in axes_of(values.pop("grid", {})) if one.name not in named), *axes]
        seed = values.get("seed")
        if seed is None:
            seed = read(out).seed if out is not None and (out / "manifest.json").exists() else secrets.randbits(32)
        definition = make(kind, values, axes, int(seed))
    cores = available_threads()

    def open_pool(tasks: int) -> AbstractContextManager[Workers]:
        processes = min(tasks, workers or _processes(definition.kind, cores, threads))
        return open_workers(scheduler, processes, threads or (0 if scheduler else max(1, cores // processes)))

    view = View(plot, against.split(",") if against else None, region)
    with Progress(quiet or as_json) as progress:
        folder, summary = run_sweep(
            definition,
            out,
            open_pool,
            progress.update,
            threads=threads,
            checkpoint_seconds=checkpoint_seconds,
            view=view,
            consent=consent,
        )
    if as_json:
        click.echo(json.dumps(summary, indent=1))
    elif not quiet:
        total = sum(summary["points"].values())
        click.echo(f"{total} points: {', '.join(f'{n} {name.lower()}' for name, n in summary['points'].items())}")
        click.echo(f"seed {summary['seed']}   {folder / 'sweep.csv'}, {folder / 'figure.png'}, runs in {folder / 'points'}")


def _processes(kind: str, cores: int, threads: int) -> int:
    """Number of processes that use this machine fully: one per accelerator, if there are any and networks are trained."""
    if kind == "train":
        from langevin_sim.plugins import backend

        found = backend().accelerators()
        if found:
            return found
    return max(1, cores // max(1, threads))
