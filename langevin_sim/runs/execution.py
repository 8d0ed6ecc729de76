"""How a command is carried out: nothing here changes a bit of what comes out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langevin_sim.simulation.workers import Workers
from langevin_sim.storage.checkpoint import SECONDS

Outcome = tuple[Path, dict[str, Any]]  # a folder and its summary


def _ignore(*message: Any) -> None:
    """Neither progress nor notices are shown."""


@dataclass(frozen=True)
class Execution:
    """Who does the work, and who is notified.

    progress(name, step, total): called now and then; notify(notice): a line for the user; threads 0: all there are;
    device, data_dir: of networks; workers: who moves the walkers of a run, if it is not this process.
    """

    progress: Callable[..., None] = _ignore
    notify: Callable[[str], None] = _ignore
    threads: int = 0
    device: str = "auto"
    data_dir: str | None = None
    checkpoint_seconds: float = SECONDS
    workers: Workers | None = None
