"""langevin-sim reproduce."""

import json
from pathlib import Path
from typing import Any

import click

from langevin_sim.errors import InputError, UnknownNameError
from langevin_sim.memo.networks import FIGURES as NETWORKS
from langevin_sim.memo.networks import SCALES

from .deep.shared import report
from .options import DEVICE, PATH, THREADS, Choice
from .progress import Progress

TOYS = ("fig3", "fig4", "fig5", "fig6")
ALL = "all"
_TAKEN = {  # by these names
    "--literal": TOYS,
    **dict.fromkeys(("--seed", "--replicas", "--steps"), (*TOYS, ALL)),
    **dict.fromkeys(("--scale", "--data-dir", "--device"), (*NETWORKS, ALL)),
    "--gallery": (ALL,),
}


@click.command()
@click.argument("name")
@click.option("--literal", is_flag=True, help="figures 3 to 6: the authors' own settings, many replicas; otherwise converged")
@click.option("--seed", type=int, help="figures 3 to 6: seed of every random stream; drawn if not given")
@click.option("--replicas", type=int, help="figures 3 to 6: walkers of every ensemble  [default: the figure's own]")
@click.option("--steps", type=int, help="figures 3 to 6: steps of a walker, burn-in in proportion  [default: the figure's own]")
@click.option("--scale", type=Choice(SCALES), help="networks: digits, 10,000 images, or all images  [default: quick]")
@click.option("--data-dir", type=PATH, help="networks: folder with mnist/ and CIFAR-10's files")
@click.option("--device", type=DEVICE, help="networks: where tensors live  [default: auto]")
@click.option("--out", type=PATH, help="the folder (all: may be one to go on with)  [default: outputs/NAME-...-TIME-SEED]")
@click.option("--gallery", type=PATH, help="all: where the pages go  [default: outputs/gallery]")
@click.option("--threads", type=THREADS, default=0, show_default=True, help="threads; 0: all")
@click.option("--json", "as_json", is_flag=True, help="print the summary alone, as JSON")
@click.option("--quiet", is_flag=True, help="print nothing but errors")
def command(
    name: str,
    literal: bool,
    seed: int | None,
    replicas: int | None,
    steps: int | None,
    scale: str | None,
    data_dir: Path | None,
    device: str | None,
    out: Path | None,
    gallery: Path | None,
    threads: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Make a figure of the memo again: fig1 to fig8, or table1; or all of them.

    The folder holds the data, the figure, and figure.md, which says what was measured and how it differs from the memo.
    Figures 1, 2, 7, 8 and table1 need PyTorch; what they train is kept under outputs/minima and shared between them.

    all: each figure in a folder of its own under one, figures 3 to 6 both ways, and from these the pages of a gallery.
    Called again with the same --out it makes what is missing.

    Example: langevin-sim reproduce fig3 --literal
    """
    if name not in (*TOYS, *NETWORKS, ALL):
        raise UnknownNameError("figure", name, [*TOYS, *NETWORKS, ALL])
    values = {
        "--literal": literal or None,
        "--seed": seed,
        "--replicas": replicas,
        "--steps": steps,
        "--scale": scale,
        "--data-dir": data_dir,
        "--device": device,
        "--gallery": gallery,
    }
    for option, value in values.items():
        if value is not None and name not in _TAKEN[option]:
            raise InputError(f"{option}: not an option of {name}; it is one of {', '.join(_TAKEN[option])}")
    with Progress(quiet or as_json, keep=name != ALL) as progress:
        if name == ALL:
            from langevin_sim.memo import reproduce_all as whole

            settings = whole.Settings(scale, seed, replicas, steps, data_dir)
            folder, summary = whole.execute(
                settings, out, gallery or whole.GALLERY, device or "auto", threads, progress.tell, progress.say
            )
        elif name in TOYS:
            from langevin_sim.memo import reproduce

            made = reproduce.experiment(name, literal, replicas, steps)
            folder, summary = reproduce.execute(made, seed, out, threads, progress.tell)
        else:
            from langevin_sim.memo.networks import execute

            folder, summary = execute(name, scale or "quick", data_dir, out, device or "auto", threads, progress.tell)
    if name in NETWORKS:
        report(folder, summary, as_json, quiet)
    elif as_json:
        click.echo(json.dumps(summary, indent=1))
    elif not quiet:
        click.echo(_told(summary) if name == ALL else (folder / "figure.md").read_text())
        click.echo(f"seed {summary['seed']}   {'figures' if name == ALL else 'figure'} and data in {folder}")


def _told(summary: dict[str, Any]) -> str:
    """A line for every figure, and where the pages are."""
    width = max(len(item["name"]) for item in summary["items"])
    lines = [f"{item['name']:{width}}  {item['seconds']:7.0f} s  {item['title']}" for item in summary["items"]]
    return "\n".join([*lines, f"pages in {Path(summary['gallery']) / 'README.md'}"])
