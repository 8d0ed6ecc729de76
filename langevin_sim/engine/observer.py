"""Observers, the one hook of a run: they see the walkers while these move."""

from typing import Protocol

import numpy as np


class Observer(Protocol):
    """Sees the positions of the first ``walkers`` walkers at the steps that it asks for; see ``Ensemble.run``.

    A run advances from one such step to the next. Noise is a function of (seed, block, step), so an observer, however
    often it looks, does not change a bit of the results.

    name: prefix of its arrays in the ensemble's state, from which an interrupted run continues.
    walkers: how many of the first walkers it sees; 0: only the number of the step.
    """

    name: str
    walkers: int

    def next_step(self, step: int) -> int:
        """The first step after ``step`` at which it looks; ``step`` = -1 includes the start. NEVER if there is no such step."""

    def look(self, positions: np.ndarray, step: int) -> None:
        """positions [walkers, dim], a copy that it may keep; nan for a walker that has diverged."""

    def state(self) -> dict[str, np.ndarray]:
        """What it has seen, for a later process to continue."""

    def place(self, first: int, state: dict[str, np.ndarray]) -> None:
        """Take over the state seen in an ensemble of only the blocks ``first``..; {} if nothing was kept of it."""


NEVER = 2**63 - 1
