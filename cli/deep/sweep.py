"""langevin-sim deep sweep."""

from pathlib import Path
from typing import Any

import click

from langevin_sim.plugins import backend
from langevin_sim.settings.network import TrainSpec

from ..options import PATH, given, options_from
from ..sweep_options import NAMES, grid_options, sweep


@click.command(name="sweep")
@click.argument("spec", required=False, metavar="[SPEC.toml|DIR]", type=PATH)
@grid_options
@options_from(TrainSpec)
@click.option(
    "--threads",
    type=click.IntRange(1, 4096),
    default=1,
    help="Number of threads per training; the bits depend on it.  [default: 1]",
)
def command(spec: Path | None, **options: Any) -> None:
    """Train over a grid of settings: one run folder per point, and one table and figure of all of them.

    SPEC.toml holds settings in the format of deep train --config; DIR is the folder of a sweep, which is continued or redrawn.

    Example: langevin-sim deep sweep --data digits --epochs 20 --grid labels=natural,random --grid step_size=0.02,0.05,0.1
    """
    backend()  # if PyTorch is missing, say so at once
    how = {name: options.pop(name) for name in NAMES}
    sweep("train", spec, given(options), **how)
