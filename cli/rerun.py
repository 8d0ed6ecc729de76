"""langevin-sim rerun."""

import sys
from pathlib import Path

import click

from .options import DEVICE, PATH, THREADS
from .progress import Progress


@click.command(name="rerun")
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--out", type=PATH, help="the new folder  [default: DIR-rerun]")
@click.option("--threads", type=THREADS, default=0, help="threads; 0: all  [default: 0]")
@click.option("--device", type=DEVICE, default="auto", help="networks: where tensors live")
@click.option("--data-dir", metavar="X", help="networks: where the data lie now")
@click.option("--quiet", is_flag=True, help="print nothing but errors")
def command(folder: Path, out: Path | None, threads: int, device: str, data_dir: str | None, quiet: bool) -> None:
    """Do again what a folder's manifest says, into a new folder, and compare the bits; exit code 3 if they differ.

    Example: langevin-sim rerun outputs/twowell-20260101-120000-1
    """
    from langevin_sim.runs.execution import Execution
    from langevin_sim.runs.rerun import rerun

    with Progress(quiet) as progress:
        where, found = rerun(folder, out, Execution(progress.tell, progress.say, threads, device, data_dir))
    if not quiet:
        if not found.different:
            click.echo(f"the same bits: {', '.join(found.same)} in {where}")
        else:
            click.echo(f"different bits: {', '.join(found.different)}; the same: {', '.join(found.same) or 'none'}; in {where}")
            click.echo("what differs besides: " + ("; ".join(found.reasons) or "nothing that the manifests tell"))
    if found.different:
        sys.exit(3)
