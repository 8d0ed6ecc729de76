"""langevin-sim reproduce."""

import json
from pathlib import Path
from typing import Any

import click

from langevin_sim.errors import InputError, UnknownNameError
from langevin_sim.memo.registry import names
from langevin_sim.memo.scales import SCALES

from .deep.shared import print_summary
from .options import DEVICE, PATH, THREADS, Choice
from .progress import Progress

ALL = "all"
_ENSEMBLES = ("--literal", "--seed", "--replicas", "--steps")  # options of figures of ensembles
_NETWORKS = ("--scale", "--data-dir", "--device")  # and of networks
_LAWS = ()  # and of exact laws alone
_OF_ALL = ("--seed", "--replicas", "--steps", *_NETWORKS, "--gallery")


@click.command(epilog=f"Names: {', '.join(names())}; all.")
@click.argument("name")
@click.option("--literal", is_flag=True, help="Ensembles: the authors' own settings, in many replicas; otherwise converged.")
@click.option("--seed", type=int, help="Ensembles: seed of every random stream; drawn at random if not given.")
@click.option("--replicas", type=int, help="Ensembles: number of walkers in each.  [default: the figure's own]")
@click.option(
    "--steps", type=int, help="Ensembles: steps of every walker, with burn-in in proportion.  [default: the figure's own]"
)
@click.option("--scale", type=Choice(list(SCALES)), help="Networks: digits, 10,000 images, or all images.  [default: quick]")
@click.option("--data-dir", type=PATH, help="Networks: folder that holds mnist/ and the files of CIFAR-10.")
@click.option("--device", type=DEVICE, help="Networks: device of the tensors.  [default: auto]")
@click.option("--out", type=PATH, help="Output folder; all continues an existing one.  [default: outputs/NAME-...-TIME-SEED]")
@click.option("--gallery", type=PATH, help="all: folder for the pages.  [default: outputs/gallery]")
@click.option("--threads", type=THREADS, default=0, show_default=True, help="Number of threads; 0 uses all.")
@click.option("--json", "as_json", is_flag=True, help="Print only the summary, as JSON.")
@click.option("--quiet", is_flag=True, help="Print only errors.")
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
    """Reproduce a figure or table of the memo, or all of them, or hold theories of SGD against exact laws (theories).

    The folder holds the data, the figure, and figure.md, which says what was measured and how it differs from the memo.
    Figures of ensembles (3 to 6) move walkers on a potential; figures of networks need PyTorch, and share the trainings under
    outputs/minima.

    all: make every figure in its own subfolder, figures of ensembles both literal and converged, and from these the pages of
    a gallery. With the same --out, a second call makes the missing ones.

    Example: langevin-sim reproduce fig3 --literal
    """
    from langevin_sim.memo.registry import ensemble_figures, law_figures

    if name not in (*names(), ALL):
        raise UnknownNameError("figure", name, [*names(), ALL])
    ensembles, laws = name in ensemble_figures(), name in law_figures()
    allowed = _OF_ALL if name == ALL else _ENSEMBLES if ensembles else _LAWS if laws else _NETWORKS
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
        if value is not None and option not in allowed:
            raise InputError(
                f"{option} does not apply to {name}, which takes {', '.join(allowed) or '--out, --json and --quiet'}"
            )
    with Progress(quiet or as_json, keep=name != ALL) as progress:
        if name == ALL:
            from langevin_sim.memo.reproduce_all import GALLERY, Options, reproduce_all

            options = Options(scale, seed, replicas, steps, data_dir)
            folder, summary = reproduce_all(
                options, out, gallery or GALLERY, device or "auto", threads, progress.update, progress.notify
            )
        elif ensembles:
            from langevin_sim.memo.reproduce import experiment, reproduce_ensembles

            settings = experiment(name, literal, replicas, steps)
            folder, summary = reproduce_ensembles(settings, seed, out, threads, progress.update)
        elif laws:
            from langevin_sim.memo.reproduce_laws import reproduce_laws

            folder, summary = reproduce_laws(name, out, progress.update)
        else:
            from langevin_sim.memo.reproduce_networks import reproduce_networks

            folder, summary = reproduce_networks(
                name, scale or next(iter(SCALES)), data_dir, out, device or "auto", threads, progress.update
            )
    if name != ALL and not ensembles and not laws:
        print_summary(folder, summary, as_json, quiet)
    elif as_json:
        click.echo(json.dumps(summary, indent=1))
    elif not quiet:
        click.echo(_listed(summary) if name == ALL else (folder / "figure.md").read_text(encoding="utf-8"))
        drawn = "" if laws else f"seed {summary['seed']}   "
        click.echo(f"{drawn}{'figures' if name == ALL else 'figure'} and data in {folder}")


def _listed(summary: dict[str, Any]) -> str:
    """One line per figure, and the folder of the pages."""
    width = max(len(item["name"]) for item in summary["items"])
    lines = [f"{item['name']:{width}}  {item['seconds']:7.0f} s  {item['title']}" for item in summary["items"]]
    return "\n".join([*lines, f"pages in {Path(summary['gallery']) / 'README.md'}"])
