"""langevin-sim deep compare."""

from pathlib import Path

import click

from langevin_sim.errors import InputError

from ..options import Consent
from .shared import execution_options, run_and_print, training_folders


@click.command(name="compare")
@training_folders
@execution_options
def command(
    folders: tuple[Path, ...], data_dir: str | None, consent: Consent, device: str, out: Path | None, as_json: bool, quiet: bool
) -> None:
    """Compare training and validation loss and accuracy of trainings, the second against the first.

    Example: langevin-sim deep compare outputs/SGD-RUN outputs/SGDL-RUN
    """
    from langevin_sim.plugins import backend

    if len(folders) < 2:
        raise InputError("deep compare takes two RUNs or more, got one")
    network = backend()
    minima = [network.open_minima(folder, device, data_dir, consent) for folder in folders]
    run_and_print(lambda progress: network.measure("compare", minima, {}, out, progress), as_json, quiet)
