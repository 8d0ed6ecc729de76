"""langevin-sim deep data."""

import json
from typing import Any

import click

from langevin_sim.settings.network import DataSpec
from langevin_sim.settings.spec import parse

from ..options import given, options_from


@click.command(name="data")
@options_from(DataSpec)
@click.option("--json", "as_json", is_flag=True, help="Print the description as JSON.")
def command(as_json: bool, **options: Any) -> None:
    """Describe a data set: images, classes, replaced labels, and a digest of all of it.

    Example: langevin-sim deep data --data mnist --data-dir MNIST --train-size 10000 --labels random
    """
    from langevin_sim.plugins import backend

    spec = parse(DataSpec, given(options))
    network = backend()
    found: dict[str, Any] = network.describe(network.load(spec), spec)
    if as_json:
        click.echo(json.dumps(found, indent=1))
        return
    width = max(len(name) for name in found) + 2
    for name, value in found.items():
        text = ", ".join(str(item) for item in value) if isinstance(value, list | tuple) else str(value)
        click.echo(f"{name.replace('_', ' '):{width}}{text}")
