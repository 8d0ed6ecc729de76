"""langevin-sim deep train."""

import json
from pathlib import Path
from typing import Any

import click

from langevin_sim.errors import InputError
from langevin_sim.settings.network import TrainSpec
from langevin_sim.settings.spec import parse, read_config, to_toml

from ..options import PATH, SECONDS, THREADS, given, options_from, temperature_of
from .shared import execution_options, run_and_print


@click.command(name="train")
@options_from(TrainSpec)
@click.option("--noise", type=float, help="Noise amplitude gamma' = sqrt(2 eta T) per step, instead of --temperature.")
@click.option("--config", type=PATH, help="TOML file with settings; options override it.")
@click.option("--print-config", is_flag=True, help="Print the resolved settings as TOML and exit.")
@click.option("--print-schema", is_flag=True, help="Print the JSON schema of the settings and exit.")
@click.option("--checkpoint-seconds", type=SECONDS, default=30.0, help="Seconds between checkpoints.  [default: 30]")
@click.option("--threads", type=THREADS, default=0, help="Number of threads; 0 uses PyTorch's default.  [default: 0]")
@execution_options
def command(
    noise: float | None,
    config: Path | None,
    print_config: bool,
    print_schema: bool,
    checkpoint_seconds: float,
    threads: int,
    device: str,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Train replicas of a network; minima, history and figure go into a run folder.

    Example: langevin-sim deep train --data mnist --data-dir MNIST --train-size 10000 --stop-loss 0.01 --replicas 3
    """
    from langevin_sim.plugins import backend

    if print_schema:
        click.echo(json.dumps(TrainSpec.model_json_schema(), indent=1))
        return
    values = {**(read_config(config) if config else {}), **given(options)}
    spec = parse(TrainSpec, values)
    if noise is not None:
        if options["temperature"] is not None:
            raise InputError("--noise and --temperature: give only one")
        spec = parse(TrainSpec, {**spec.model_dump(), "temperature": temperature_of(noise, spec.step_size)})
    if print_config:
        click.echo(to_toml(spec.resolved()), nl=False)
        return
    network = backend()
    setup = network.prepare(spec, device)
    run_and_print(lambda progress: network.train(setup, out, progress, threads, checkpoint_seconds), as_json, quiet)
