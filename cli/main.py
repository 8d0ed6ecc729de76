"""langevin-sim: finds commands, turns errors into one line and an exit code."""

import importlib
import sys
from typing import Any

import click

from langevin_sim import __version__
from langevin_sim.errors import LangevinSimError

_COMMANDS = {
    "bench": "Measure what a step costs on this machine.",
    "potentials": "What can be descended: list, show, check.",
    "reproduce": "Make a figure of the memo again.",
    "run": "Simulate an ensemble in each dimension beside the exact law.",
}


class _Commands(click.Group):
    """A command's module, and what it needs, is imported when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f".{cmd_name}", __package__)
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except LangevinSimError as error:
            click.echo(f"langevin-sim: {error}".replace("\n", " "), err=True)
            sys.exit(2)
        except click.UsageError as error:
            where = error.ctx.command_path if error.ctx else "langevin-sim"
            click.echo(f"langevin-sim: {error.format_message()} (see {where} --help)".replace("\n", " "), err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            click.echo("langevin-sim: interrupted", err=True)
            sys.exit(130)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="langevin-sim")
def main() -> None:
    """How noisy gradient descent moves on rugged landscapes, beside the exact law.

    Example: langevin-sim run --dims 1..5 --potential twowell
    """
