"""langevin-sim run."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from langevin_sim.analysis.verdict import SOUND
from langevin_sim.errors import InputError
from langevin_sim.settings.run import RunSpec, make_spec
from langevin_sim.settings.spec import read_config, to_toml

from .options import PATH, SECONDS, SET_DYNAMICS, options_from, parameters, temperature_of
from .progress import Progress
from .table import print_table
from .workers import SCHEDULER, of_scheduler


@click.command(
    name="run",
    epilog="The defaults (temperature 1, step size 0.02, 10,000 + 60,000 steps of 10,240 walkers) were chosen by "
    "measurement: the slowest relaxation of twowell, in d = 1, takes about 960 steps.",
)
@options_from(RunSpec, without=("parameters", "dynamics_settings"))
@click.option("--noise", type=float, help="Noise amplitude gamma' = sqrt(2 eta T) per step, instead of --temperature.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="A parameter of the potential; repeatable.")
@SET_DYNAMICS
@click.option("--config", type=PATH, help="TOML file with settings; options override it.")
@click.option("--print-config", is_flag=True, help="Print the resolved settings as TOML and exit.")
@click.option("--out", type=PATH, help="Output folder.  [default: outputs/POTENTIAL-TIME-SEED]")
@click.option("--checkpoint-seconds", type=SECONDS, default=30.0, help="Seconds between checkpoints.  [default: 30]")
@click.option("--keep-state", is_flag=True, help="Keep the final states (40 MB per ensemble), for a quick resume --steps MORE.")
@click.option("--print-schema", is_flag=True, help="Print the JSON schema of the settings and exit.")
@click.option("--threads", type=int, default=0, help="Number of threads; 0 uses all.  [default: 0]")
@SCHEDULER
@click.option("--check", is_flag=True, help="Exit with 3 unless every verdict is agrees or finite-step.")
@click.option("--json", "as_json", is_flag=True, help="Print only the summary, as JSON.")
@click.option("--quiet", is_flag=True, help="Print only errors.")
def command(
    noise: float | None,
    pairs: tuple[str, ...],
    of_dynamics: tuple[str, ...],
    config: Path | None,
    print_config: bool,
    out: Path | None,
    checkpoint_seconds: float,
    keep_state: bool,
    print_schema: bool,
    threads: int,
    scheduler: str | None,
    check: bool,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Simulate an ensemble in each dimension and compare it with Boltzmann's law and the chain law.

    Example: langevin-sim run --dims 1..5 --potential twowell
    """
    if print_schema:
        click.echo(json.dumps(RunSpec.model_json_schema(), indent=1))
        return
    values: dict[str, Any] = read_config(config) if config else {}
    values.update({key: value for key, value in options.items() if value is not None})
    for field, texts, option in (("parameters", pairs, "--set"), ("dynamics_settings", of_dynamics, "--set-dynamics")):
        if texts:
            given = values.get(field, {})
            values[field] = {**(given if isinstance(given, dict) else {}), **parameters(texts, option)}
    spec = make_spec(values)
    if noise is not None:
        if options["temperature"] is not None:
            raise InputError("--noise and --temperature: give only one")
        spec = make_spec({**spec.model_dump(), "temperature": temperature_of(noise, spec.step_size)})
    if print_config:
        click.echo(to_toml(spec.resolved()), nl=False)
        return

    from langevin_sim.runs.run import run_spec

    silent = quiet or as_json
    with Progress(silent) as progress, of_scheduler(scheduler, threads) as workers:
        folder, summary = run_spec(
            spec, out, 0 if scheduler else threads, progress.update, progress.notify, checkpoint_seconds, keep_state, workers
        )
    if as_json:
        click.echo(json.dumps(summary, indent=1))
    elif not quiet:
        print_table(summary)
        click.echo(f"seed {summary['seed']}   results in {folder}")
    if check and any(result["verdict"] not in SOUND for result in summary["results"]):
        sys.exit(3)
