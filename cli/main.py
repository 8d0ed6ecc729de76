"""langevin-sim: find commands, and turn errors into one line and an exit code."""

import contextlib
import sys
import warnings
from collections.abc import Iterator
from typing import Any, NoReturn

import click

from langevin_sim import __version__
from langevin_sim.errors import LangevinSimError

from .lazy import LazyGroup

_HELP = {
    "bench": "Measure the cost of a step on this machine.",
    "deep": "The memo's network experiments (needs PyTorch).",
    "export": "Export the draws of a run in ArviZ's layout.",
    "potentials": "List, inspect and validate potentials.",
    "report": "Rewrite report.html of a folder.",
    "rerun": "Repeat the run of a folder, and compare the results bit for bit.",
    "resume": "Continue an interrupted run, or extend one.",
    "reproduce": "Reproduce a figure of the memo.",
    "run": "Simulate an ensemble in each dimension, beside exact laws.",
    "sweep": "Run a grid of settings, on this machine's cores or a cluster.",
    "verify": "Compare every file of a folder with its hash.",
}


_LONGEST = 1000  # characters of a message; a longer one loses its middle


class _Commands(LazyGroup):
    """The commands; errors become one line on standard error."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        with _errors_as_one_line():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with _warnings_as_one_line(), _errors_as_one_line(traceback=bool(ctx.params.get("traceback"))):
            return super().invoke(ctx)


@contextlib.contextmanager
def _warnings_as_one_line() -> Iterator[None]:
    """Print a warning as one line for the user, without the line of code that gave it."""
    before = warnings.formatwarning
    warnings.formatwarning = lambda message, *_, **__: f"langevin-sim: warning: {message}\n"
    try:
        yield
    finally:
        warnings.formatwarning = before


@contextlib.contextmanager
def _errors_as_one_line(traceback: bool = False) -> Iterator[None]:
    """Turn errors that a user can fix into one line and exit code 2; ``traceback``: raise them instead."""
    try:
        yield
    except click.UsageError as error:
        if error.ctx is not None and error.message == error.ctx.get_help():  # a group without a command shows its help
            raise
        where = error.ctx.command_path if error.ctx else "langevin-sim"
        _end(f"{error.format_message()} (see {where} --help)")
    except (LangevinSimError, MemoryError) as error:
        if traceback:
            raise
        _end(str(error) if isinstance(error, LangevinSimError) else f"out of memory ({error}); use fewer walkers, terms or rows")
    except KeyboardInterrupt as error:
        click.echo(f"langevin-sim: interrupted{f'; {error}' if str(error) else ''}", err=True)
        sys.exit(130)


def _end(message: str) -> NoReturn:
    """End with one line, whatever the message quotes."""
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in message.replace("\n", " "))
    if len(line) > _LONGEST:
        line = f"{line[: _LONGEST // 2]} ... {line[-_LONGEST // 2 :]}"
    click.echo(f"langevin-sim: {line}", err=True)
    sys.exit(2)


@click.group(
    cls=_Commands,
    home=__package__,
    commands_help=_HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--traceback", is_flag=True, help="Show where an error came from.")
@click.version_option(__version__, prog_name="langevin-sim")
def main(traceback: bool) -> None:
    """Simulate noisy gradient descent on rugged landscapes, beside exact laws.

    Example: langevin-sim run --dims 1..5 --potential twowell
    """
