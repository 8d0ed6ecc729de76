"""langevin-sim deep draw."""

from pathlib import Path

import click

from langevin_sim.runs.network_folder import draw_again

from ..options import PATH


@click.command(name="draw")
@click.argument("folder", type=PATH)
@click.option("--quiet", is_flag=True, help="Print only errors.")
def command(folder: Path, quiet: bool) -> None:
    """Redraw the figure and rewrite the text of a network experiment from its data; needs no PyTorch.

    Example: langevin-sim deep draw outputs/RUN
    """
    text = draw_again(folder)
    if not quiet:
        click.echo(text)
