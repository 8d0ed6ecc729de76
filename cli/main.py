"""langevin-sim: finds commands, turns errors into one line and an exit code."""

import sys
from typing import Any

import click

from langevin_sim import __version__
from langevin_sim.errors import LangevinSimError

from .lazy import LazyGroup

_HELP = {
    "bench": "Measure what a step costs on this machine.",
    "deep": "The memo's network experiments (needs PyTorch).",
    "potentials": "What can be descended: list, show, check.",
    "rerun": "Do again what a folder's manifest says, and compare the bits.",
    "resume": "Go on with an interrupted run, or extend one.",
    "reproduce": "Make a figure of the memo again.",
    "run": "Simulate an ensemble in each dimension beside the exact law.",
}


class _Commands(LazyGroup):
    """Errors end as one line on standard error."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except LangevinSimError as error:
            if ctx.params.get("traceback"):
                raise
            click.echo(f"langevin-sim: {error}".replace("\n", " "), err=True)
            sys.exit(2)
        except click.UsageError as error:
            where = error.ctx.command_path if error.ctx else "langevin-sim"
            click.echo(f"langevin-sim: {error.format_message()} (see {where} --help)".replace("\n", " "), err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            click.echo("langevin-sim: interrupted", err=True)
            sys.exit(130)


@click.group(
    cls=_Commands, home=__package__, commands_help=_HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)  # fmt: skip
@click.option("--traceback", is_flag=True, help="show where an error came from")
@click.version_option(__version__, prog_name="langevin-sim")
def main(traceback: bool) -> None:
    """How noisy gradient descent moves on rugged landscapes, beside the exact law.

    Example: langevin-sim run --dims 1..5 --potential twowell
    """
