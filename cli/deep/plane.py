"""langevin-sim deep plane."""

from pathlib import Path
from typing import Any

import click

from langevin_sim.settings.network import PlaneSpec
from langevin_sim.settings.spec import parse

from ..options import Consent, given, options_from
from .shared import execution_options, run_and_print, training_folders


@click.command(name="plane")
@training_folders
@options_from(PlaneSpec)
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
    """Evaluate training loss and accuracy on the plane through three minima of a RUN; several RUNs side by side on one scale.

    Example: langevin-sim deep plane outputs/NATURAL outputs/RANDOM
    """
    from langevin_sim.plugins import backend

    spec = parse(PlaneSpec, given(options))
    network = backend()
    minima = [network.open_minima(folder, device, data_dir, consent) for folder in folders]
    run_and_print(lambda progress: network.measure("plane", minima, spec.model_dump(), out, progress), as_json, quiet)
