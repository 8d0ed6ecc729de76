"""A group of commands, each in its own module, which is imported when the command is called."""

import importlib

import click

from langevin_sim.errors import UnknownNameError


class LazyGroup(click.Group):
    """A group whose help does not import its commands."""

    def __init__(self, *, home: str, commands_help: dict[str, str], **settings: object) -> None:
        super().__init__(**settings)  # type: ignore[arg-type]
        self._home, self._help = home, commands_help

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands."""
        return sorted(self._help)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command with this name, from its module."""
        if cmd_name not in self._help:
            return None
        command: click.Command = importlib.import_module(f"{self._home}.{cmd_name}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names; UnknownNameError for an unknown name."""
        if args[0] not in self._help and not ctx.resilient_parsing:
            raise UnknownNameError("command", args[0], list(self._help))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Names and summaries of the commands."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(self._help.items()))
