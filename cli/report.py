"""langevin-sim report."""

import webbrowser
from pathlib import Path

import click

from .options import PATH, Consent, consent


@click.command(name="report")
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--open", "show", is_flag=True, help="Open the report in a browser.")
@consent
@click.option("--quiet", is_flag=True, help="Print only errors.")
def command(folder: Path, show: bool, consent: Consent, quiet: bool) -> None:
    """Rewrite report.html of a completed folder from its contents: one self-contained page.

    Example: langevin-sim report outputs/RUN --open
    """
    from langevin_sim.runs.page import write_again

    path = write_again(folder, consent)
    if not quiet:
        click.echo(f"written: {path}")
    if show:
        webbrowser.open(path.resolve().as_uri())
