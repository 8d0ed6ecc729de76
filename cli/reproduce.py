"""langevin-sim reproduce."""

import json
from pathlib import Path
from typing import Any

import click

from langevin_sim.errors import InputError, UnknownNameError
from langevin_sim.runs.memo.networks import FIGURES as NETWORKS
from langevin_sim.runs.memo.networks import SCALES

from .deep.shared import report
from .options import DEVICE, PATH, THREADS
from .progress import Progress

TOYS = ("fig3", "fig4", "fig5", "fig6")


@click.command()
@click.argument("name")
@click.option("--literal", is_flag=True, help="figures 3 to 6: the authors' own settings, many replicas; otherwise converged")
@click.option("--seed", type=int, help="figures 3 to 6: seed of every random stream; drawn if not given")
@click.option("--replicas", type=int, help="figures 3 to 6: walkers of every ensemble  [default: the figure's own]")
@click.option("--steps", type=int, help="figures 3 to 6: steps of a walker, burn-in in proportion  [default: the figure's own]")
@click.option("--scale", type=click.Choice(SCALES), help="networks: digits, 10,000 images, or all  [default: quick]")
@click.option("--data-dir", type=PATH, help="networks: folder with mnist/ and CIFAR-10's files")
@click.option("--device", type=DEVICE, help="networks: where tensors live  [default: auto]")
@click.option("--out", type=PATH, help="the folder  [default: outputs/NAME-...-TIME-SEED]")
@click.option("--threads", type=THREADS, default=0, show_default=True, help="threads; 0: all")
@click.option("--json", "as_json", is_flag=True, help="print the summary alone, as JSON")
@click.option("--quiet", is_flag=True, help="print nothing but errors")
def command(
    name: str, literal: bool, seed: int | None, replicas: int | None, steps: int | None, scale: str | None, data_dir: Path | None,
    device: str | None, out: Path | None, threads: int, as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Make a figure of the memo again: fig1 to fig8, or table1.

    The folder holds the data, the figure, and figure.md, which says what was measured and how it differs from the memo.
    Figures 1, 2, 7, 8 and table1 need PyTorch; what they train is kept under outputs/minima and shared between them.

    Example: langevin-sim reproduce fig3 --literal
    """
    toys: dict[str, Any] = {"--literal": literal or None, "--seed": seed, "--replicas": replicas, "--steps": steps}
    networks = {"--scale": scale, "--data-dir": data_dir, "--device": device}
    if name not in (*TOYS, *NETWORKS):
        raise UnknownNameError("figure", name, [*TOYS, *NETWORKS])
    for option, value in (networks if name in TOYS else toys).items():
        if value is not None:
            raise InputError(f"{option}: not an option of {name}; it is one of {', '.join(NETWORKS if name in TOYS else TOYS)}")
    with Progress(quiet or as_json) as progress:
        if name in TOYS:
            from langevin_sim.runs.memo import reproduce

            made = reproduce.experiment(name, literal, replicas, steps)
            folder, summary = reproduce.execute(made, seed, out, threads, progress.tell)
        else:
            from langevin_sim.runs.memo.networks import execute

            folder, summary = execute(name, scale or "quick", data_dir, out, device or "auto", threads, progress.tell)
    if name not in TOYS:
        report(folder, summary, as_json, quiet)
    elif as_json:
        click.echo(json.dumps(summary, indent=1))
    elif not quiet:
        click.echo((folder / "figure.md").read_text())
        click.echo(f"seed {summary['seed']}   figure and data in {folder}")
