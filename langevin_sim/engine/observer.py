"""The one hook of a run: who looks at walkers while they move."""

from typing import Protocol

import numpy as np


class Observer(Protocol):
    """Is shown the positions of the first ``walkers`` walkers at the steps that it asks for; see ``Ensemble.run``.

    A run is advanced from one such step to the next. Noise is a function of (seed, block, step), so that nobody who
    looks, however often, changes a bit of what comes out.

    name: prefix of its arrays in the ensemble's state, by which a run that was stopped goes on.
    walkers: how many of the first walkers it is shown; 0: it is told the step alone.
    """

    name: str
    walkers: int

    def next_step(self, step: int) -> int:
        """The first step after ``step`` at which it looks (-1: the start included); NEVER if there is none."""

    def look(self, positions: np.ndarray, step: int) -> None:
        """positions [walkers, dim], its own to keep; nan for a walker that has diverged."""

    def state(self) -> dict[str, np.ndarray]:
        """What it has seen, for a later process."""

    def place(self, first: int, state: dict[str, np.ndarray]) -> None:
        """Take what was seen of an ensemble of blocks ``first``.. alone; {} if nothing was kept of it."""


NEVER = 2**63 - 1
