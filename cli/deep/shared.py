"""What the network commands share: where results go, and how they are told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..progress import Progress

DEVICES = ("auto", "cpu", "cuda", "mps")


def placed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that do not change what is computed."""
    for option in reversed([
        click.option("--device", type=click.Choice(DEVICES), default="auto", show_default=True, help="where tensors live"),
        click.option("--out", type=click.Path(path_type=Path), help="the run folder  [default: outputs/KIND-DATA-TIME-SEED]"),
        click.option("--json", "as_json", is_flag=True, help="print the summary alone, as JSON"),
        click.option("--quiet", is_flag=True, help="print nothing but errors"),
    ]):  # fmt: skip
        function = option(function)
    return function


def runs(function: Callable[..., Any]) -> Callable[..., Any]:
    """The folders of trainings, and where their data lie now."""
    for option in reversed([
        click.argument("folders", nargs=-1, required=True, metavar="RUN...", type=click.Path(path_type=Path)),
        click.option("--data-dir", metavar="X", help="where the data lie, if not where they lay when the runs were made"),
    ]):  # fmt: skip
        function = option(function)
    return function


def tell(
    make: Callable[[Callable[[str, int, int], None]], tuple[Path, dict[str, Any]]], as_json: bool, quiet: bool
) -> dict[str, Any]:
    """Run ``make`` with a progress bar, and print what came out."""
    with Progress(quiet or as_json) as progress:
        folder, summary = make(progress.tell)
    if as_json:
        click.echo(json.dumps(summary, indent=1))
    elif not quiet:
        click.echo((folder / "figure.md").read_text())
        click.echo(f"seed {summary['seed']}   figure and data in {folder}")
    return summary
