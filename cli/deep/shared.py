"""Common parts of the network commands: options, and printing of results."""

import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..options import DEVICE, PATH, consent
from ..progress import Progress


def execution_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that do not change the results."""
    for option in reversed(
        [
            click.option("--device", type=DEVICE, default="auto", show_default=True, help="Device of the tensors."),
            click.option("--out", type=PATH, help="Output folder.  [default: outputs/KIND-DATA-TIME-SEED]"),
            click.option("--json", "as_json", is_flag=True, help="Print only the summary, as JSON."),
            click.option("--quiet", is_flag=True, help="Print only errors."),
        ]
    ):
        function = option(function)
    return function


def training_folders(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options for the folders of trainings, and for their data."""
    function = consent(function)
    for option in reversed(
        [
            click.argument("folders", nargs=-1, required=True, metavar="RUN...", type=PATH),
            click.option(
                "--data-dir", metavar="X", help="Folder that holds the data now, if they have moved since the runs were made."
            ),
        ]
    ):
        function = option(function)
    return function


def run_and_print(
    make: Callable[[Callable[..., None]], tuple[Path, dict[str, Any]]], as_json: bool, quiet: bool
) -> dict[str, Any]:
    """Run ``make`` with a progress bar, and print the results."""
    with Progress(quiet or as_json) as progress:
        folder, summary = make(progress.update)
    print_summary(folder, summary, as_json, quiet)
    return summary


def print_summary(folder: Path, summary: dict[str, Any], as_json: bool, quiet: bool) -> None:
    """Print the text of figure.md, and a table if it fits 80 columns."""
    if as_json:
        click.echo(json.dumps(summary, indent=1))
        return
    if quiet:
        return
    from langevin_sim.runs.kinds import network_kind

    text = (folder / "figure.md").read_text(encoding="utf-8").partition("## Trainings")[0]
    for paragraph in text.split("\n\n"):
        if paragraph and not paragraph.startswith(("|", "#")) and not paragraph.endswith(":"):
            lines = [textwrap.fill(line, 80, break_on_hyphens=False) for line in paragraph.splitlines()]
            click.echo("\n".join(lines) + "\n")
    table = network_kind(folder, summary).rows
    rows = table(summary) if table else []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    for row in rows:
        click.echo("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
    click.echo(f"\nseed {summary['seed']}   figure, tables and data in {folder}")
