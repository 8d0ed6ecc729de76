"""langevin-sim reproduce."""

import json
from pathlib import Path

import click

from .progress import Progress


@click.command()
@click.argument("name")
@click.option("--literal", is_flag=True, help="the authors' own settings, many replicas; otherwise converged, beside exact laws")
@click.option("--seed", type=int, help="seed of every random stream; drawn if not given")
@click.option("--replicas", type=int, help="walkers of every ensemble  [default: the figure's own]")
@click.option("--steps", type=int, help="steps of every walker, burn-in in proportion  [default: the figure's own]")
@click.option("--out", type=click.Path(path_type=Path), help="the folder  [default: outputs/NAME-MODE-TIME-SEED]")
@click.option("--threads", type=int, default=0, show_default=True, help="threads; 0: all")
@click.option("--json", "as_json", is_flag=True, help="print the summary alone, as JSON")
@click.option("--quiet", is_flag=True, help="print nothing but errors")
def command(
    name: str, literal: bool, seed: int | None, replicas: int | None, steps: int | None, out: Path | None, threads: int,
    as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Make a figure of the memo again: fig3, fig4, fig5 or fig6.

    The folder holds the data, the figure, and figure.md, which says what was measured and how it differs from the memo.

    Example: langevin-sim reproduce fig3 --literal
    """
    from langevin_sim.runs.memo.reproduce import execute, experiment

    made = experiment(name, literal, replicas, steps)
    with Progress(quiet or as_json) as progress:
        folder, summary = execute(made, seed, out, threads, progress.tell)
    if as_json:
        click.echo(json.dumps(summary, indent=1))
    elif not quiet:
        click.echo((folder / "figure.md").read_text())
        click.echo(f"seed {summary['seed']}   figure and data in {folder}")
