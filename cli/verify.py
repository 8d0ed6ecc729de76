"""langevin-sim verify."""

import sys
from pathlib import Path

import click

from .options import PATH


@click.command(name="verify")
@click.argument("folders", nargs=-1, required=True, metavar="DIR...", type=PATH)
@click.option("--quiet", is_flag=True, help="Print only folders with a fault.")
def command(folders: tuple[Path, ...], quiet: bool) -> None:
    """Compare every file of a folder with its hash in the manifest, and the manifest with its form; exit with 2 after a fault.

    One line per folder: files that are missing, changed, unreadable or unknown. The runs of a sweep and the figures of
    reproduce all are compared too.

    Example: langevin-sim verify outputs/*
    """
    from langevin_sim.storage.verify import verify

    faulty = False
    for folder in folders:
        for found in verify(folder):
            faulty |= bool(found.faults)
            if found.faults or not quiet:
                click.echo(str(found))
    if faulty:
        sys.exit(2)
