"""langevin-sim rerun."""

import sys
from pathlib import Path

import click

from .options import DEVICE, PATH, THREADS, Consent, consent
from .progress import Progress


@click.command(name="rerun")
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--out", type=PATH, help="Folder to write.  [default: DIR-rerun]")
@click.option("--threads", type=THREADS, default=0, help="Number of threads; 0 uses all.  [default: 0]")
@click.option("--device", type=DEVICE, default="auto", help="Networks: device of the tensors.")
@click.option("--data-dir", metavar="X", help="Networks: folder that holds the data now.")
@consent
@click.option("--quiet", is_flag=True, help="Print only errors.")
def command(
    folder: Path, out: Path | None, threads: int, device: str, data_dir: str | None, consent: Consent, quiet: bool
) -> None:
    """Repeat the run of a folder in a new one, and compare the results bit for bit; exit with 3 if they differ.

    Example: langevin-sim rerun outputs/twowell-20260101-120000-1
    """
    from langevin_sim.runs.execution import Execution
    from langevin_sim.runs.rerun import rerun

    with Progress(quiet) as progress:
        where, found = rerun(folder, out, Execution(progress.update, progress.notify, threads, device, data_dir, consent=consent))
    if not quiet:
        if not found.different:
            click.echo(f"the same bits: {', '.join(found.same)} in {where}")
        else:
            click.echo(f"different bits: {', '.join(found.different)}; the same: {', '.join(found.same) or 'none'}; in {where}")
            click.echo("other differences: " + ("; ".join(found.reasons) or "none in the manifests"))
    if found.different:
        sys.exit(3)
