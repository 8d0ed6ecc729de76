"""langevin-sim deep table1."""

from pathlib import Path
from typing import Any

import click

from langevin_sim.errors import InputError
from langevin_sim.settings.network import FlatnessSpec
from langevin_sim.settings.spec import parse

from ..options import Consent, given, options_from
from .shared import execution_options, run_and_print, training_folders


@click.command(name="table1")
@training_folders
@options_from(FlatnessSpec)
@execution_options
def command(
    folders: tuple[Path, ...],
    data_dir: str | None,
    consent: Consent,
    device: str,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Compare flatness radii with natural and with random labels: their ratio, and the memo's numbers.

    Example: langevin-sim deep table1 outputs/NATURAL outputs/RANDOM
    """
    from langevin_sim.plugins import backend

    spec = parse(FlatnessSpec, given(options))
    network = backend()
    minima = [network.open_minima(folder, device, data_dir, consent) for folder in folders]
    if {trained.setup.spec.labels for trained in minima} != {"natural", "random"}:
        raise InputError("deep table1 takes RUNs with natural labels and RUNs with random ones, at least one of each")
    run_and_print(lambda progress: network.measure("table1", minima, spec.model_dump(), out, progress), as_json, quiet)
