"""How far a command is: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from typing import Any

import click


class Progress:
    """A bar on a terminal, a plain line every few seconds elsewhere, nothing when silent."""

    def __init__(self, silent: bool) -> None:
        self._silent = silent
        self._bar: Any = None
        self._tasks: dict[str, Any] = {}
        self._last = time.monotonic()

    def __enter__(self) -> "Progress":
        if not self._silent and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress as Bar

            self._bar = Bar(console=Console(stderr=True), transient=True)
            self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar:
            self._bar.stop()

    def say(self, notice: str) -> None:
        """A line before the run."""
        if self._bar:
            self._bar.console.print(notice, highlight=False)
        elif not self._silent:
            click.echo(notice, err=True)

    def tell(self, name: str, step: int, total: int) -> None:
        """Step ``step`` of ``total`` of the ensemble called ``name`` is done."""
        if self._silent:
            return
        if self._bar:
            if name not in self._tasks:
                self._tasks[name] = self._bar.add_task(name, total=total)
            self._bar.update(self._tasks[name], completed=step)
        elif time.monotonic() - self._last > 5.0:
            self._last = time.monotonic()
            click.echo(f"{name}: step {step:,} of {total:,}", err=True)
