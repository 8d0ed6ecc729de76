"""langevin-sim deep flatness."""

from pathlib import Path
from typing import Any

import click

from langevin_sim.settings.network import FlatnessSpec
from langevin_sim.settings.spec import parse

from ..options import Consent, given, options_from
from .shared import execution_options, run_and_print, training_folders


@click.command(name="flatness")
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
    """Measure how far the weights move in a random direction before the training loss changes by epsilon (eq. 11).

    Example: langevin-sim deep flatness outputs/RUN --direction raw,filter --layers all,top
    """
    from langevin_sim.plugins import backend

    spec = parse(FlatnessSpec, given(options))
    network = backend()
    minima = [network.open_minima(folder, device, data_dir, consent) for folder in folders]
    run_and_print(lambda progress: network.measure("flatness", minima, spec.model_dump(), out, progress), as_json, quiet)
