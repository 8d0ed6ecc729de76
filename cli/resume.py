"""langevin-sim resume."""

import json
from pathlib import Path

import click

from .options import DEVICE, PATH, SECONDS, THREADS, Consent, consent
from .progress import Progress
from .workers import SCHEDULER, of_scheduler


@click.command(name="resume")
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--steps", type=int, help="Extend a run to this total number of production steps.")
@click.option("--threads", type=THREADS, default=0, help="Number of threads; 0 uses all.  [default: 0]")
@SCHEDULER
@click.option("--checkpoint-seconds", type=SECONDS, default=30.0, help="Seconds between checkpoints.  [default: 30]")
@click.option("--device", type=DEVICE, default="auto", help="Networks: device of the tensors.")
@click.option("--data-dir", metavar="X", help="Networks: folder that holds the data now.")
@click.option("--json", "as_json", is_flag=True, help="Print only the summary, as JSON.")
@consent
@click.option("--quiet", is_flag=True, help="Print only errors.")
def command(
    folder: Path,
    steps: int | None,
    threads: int,
    scheduler: str | None,
    checkpoint_seconds: float,
    device: str,
    data_dir: str | None,
    consent: Consent,
    as_json: bool,
    quiet: bool,
) -> None:
    """Continue an interrupted run, figure or training; the result is bit for bit that of an uninterrupted one.

    Example: langevin-sim resume outputs/twowell-20260101-120000-1 --steps 200000
    """
    from langevin_sim.runs.execution import Execution
    from langevin_sim.runs.resume import resume

    with Progress(quiet or as_json) as progress, of_scheduler(scheduler, threads) as workers:
        execution = Execution(
            progress.update, progress.notify, 0 if scheduler else threads, device, data_dir, checkpoint_seconds, workers, consent
        )
        where, summary = resume(folder, execution, steps)
    if as_json:
        click.echo(json.dumps(summary, indent=1))
    elif not quiet:
        click.echo(f"{where} is complete: results in {where / 'summary.json'}")
