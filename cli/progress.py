"""Progress of a command: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from typing import Any

import click

from langevin_sim.formatting import duration


class Progress:
    """A bar on a terminal, a plain line every few seconds elsewhere, nothing when silent. keep: full bars stay."""

    def __init__(self, silent: bool, keep: bool = True) -> None:
        self._silent, self._keep = silent, keep
        self._bar: Any = None
        self._tasks: dict[str, Any] = {}
        self._last = time.monotonic()
        self._first: dict[str, tuple[float, int]] = {}

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

    def notify(self, notice: str) -> None:
        """A line before the run."""
        if self._bar:
            self._bar.console.print(notice, highlight=False)
        elif not self._silent:
            click.echo(notice, err=True)

    def update(self, name: str, step: int, total: int, note: str = "") -> None:
        """Report that step ``step`` of ``total`` of ``name`` is done; ``note``: its state, such as a loss."""
        if self._silent:
            return
        if self._bar:
            if name not in self._tasks:
                for task in [] if self._keep else self._bar.tasks:
                    self._bar.update(task.id, visible=not task.finished)
                self._tasks[name] = self._bar.add_task(name, total=total)
            self._bar.update(self._tasks[name], completed=step, description=f"{name}  {note}".rstrip())
            return
        now = time.monotonic()
        began, first = self._first.setdefault(name, (now, step))
        if now - self._last > 5.0:
            self._last = now
            left = (now - began) * (total - step) / (step - first) if step > first else None
            remaining = "" if left is None else f", {duration(left)} left"
            click.echo(f"{name}: step {step:,} of {total:,}{remaining}{', ' + note if note else ''}", err=True)
