"""How a command is executed; nothing here changes a bit of the result."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langevin_sim.simulation.workers import Workers
from langevin_sim.storage.checkpoint import SECONDS
from langevin_sim.storage.sources import ASK, Consent

Outcome = tuple[Path, dict[str, Any]]  # a folder and its summary


def _ignore(*message: Any) -> None:
    """Show neither progress nor notices."""


@dataclass(frozen=True)
class Execution:
    """Who does the work, and who is notified.

    progress(name, step, total): called from time to time; notify(notice): a line for the user; threads 0: all available;
    device, data_dir: for networks; workers: they move the walkers of a run, by default this process does;
    consent: to what the user agrees about the files that a folder names.
    """

    progress: Callable[..., None] = _ignore
    notify: Callable[[str], None] = _ignore
    threads: int = 0
    device: str = "auto"
    data_dir: str | None = None
    checkpoint_seconds: float = SECONDS
    workers: Workers | None = None
    consent: Consent = ASK
