"""langevin-sim deep noise."""

from pathlib import Path
from typing import Any

import click

from langevin_sim.errors import InputError
from langevin_sim.settings.network import NoiseSpec
from langevin_sim.settings.spec import parse

from ..options import Consent, given, options_from
from .shared import execution_options, run_and_print, training_folders


@click.command(name="noise")
@training_folders
@options_from(NoiseSpec)
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
    """Draw histograms of components of the minibatch gradient at a trained minimum, beside Gaussians.

    Example: langevin-sim deep noise outputs/RUN --batch-sizes 16,64,256
    """
    from langevin_sim.plugins import backend

    if len(folders) != 1:
        raise InputError(f"deep noise takes one RUN, got {len(folders)}")
    spec = parse(NoiseSpec, given(options))
    network = backend()
    trained = network.open_minima(folders[0], device, data_dir, consent)
    run_and_print(lambda progress: network.measure("noise", [trained], spec.model_dump(), out, progress), as_json, quiet)
