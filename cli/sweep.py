"""langevin-sim sweep."""

from pathlib import Path
from typing import Any

import click

from langevin_sim.settings.run import RunSpec

from .options import PATH, SET_DYNAMICS, THREADS, given, options_from, parameters
from .sweep_options import NAMES, grid_options, sweep


@click.command(name="sweep")
@click.argument("spec", required=False, metavar="[SPEC.toml|DIR]", type=PATH)
@grid_options
@options_from(RunSpec, without=("parameters", "dynamics_settings"))
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="A parameter of the potential; repeatable.")
@SET_DYNAMICS
@click.option(
    "--threads", type=THREADS, default=0, help="Number of threads per worker; 0 uses its share of the cores.  [default: 0]"
)
def command(spec: Path | None, pairs: tuple[str, ...], of_dynamics: tuple[str, ...], **options: Any) -> None:
    """Run a grid of settings: one run folder per point, and one table and figure of all of them.

    SPEC.toml holds settings in the format of run --config, and a [grid] table. DIR is the folder of a sweep, which is
    continued or redrawn.
    KEY is a setting (temperature, step_size, ...) or a parameter of the potential; dims are an axis too.

    Example: langevin-sim sweep --potential twowell --dims 1..3 --grid temperature=0.5:1.5:5 --grid step_size=0.01,0.02
    """
    how = {name: options.pop(name) for name in NAMES}
    values = given(options)
    if pairs:
        values["parameters"] = parameters(pairs)
    if of_dynamics:
        values["dynamics_settings"] = parameters(of_dynamics, "--set-dynamics")
    sweep("run", spec, values, **how)
