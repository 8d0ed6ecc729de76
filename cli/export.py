"""langevin-sim export."""

from pathlib import Path

import click

from .options import PATH


@click.command(name="export")
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--netcdf", "path", type=PATH, required=True, help="File to write, such as run.nc.")
@click.option("--dim", type=int, help="Dimension, if the run has several.")
@click.option("--dynamics", metavar="NAME", help="Dynamics, if the run has several.")
def command(folder: Path, path: Path, dim: int | None, dynamics: str | None) -> None:
    """Write the draws of one ensemble in ArviZ's layout: groups posterior and sample_stats, one chain per walker.

    Example: langevin-sim export outputs/RUN --dim 5 --netcdf run.nc
    """
    from langevin_sim.storage.export import from_folder, write_netcdf

    write_netcdf(from_folder(folder, dim, dynamics), path)
    click.echo(f"written: {path}")
