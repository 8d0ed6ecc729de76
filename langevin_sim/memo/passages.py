"""How often each walker passed between the two wells, and where it spent its time."""

from typing import NamedTuple

import numpy as np

from langevin_sim.engine.ensemble import Ensemble
from langevin_sim.memo.experiment import Arm

BINS = 30  # the authors' histograms
_LEAST_LOOKS = 20  # in a shortened run
_STATE = ("last", "counts", "late")


class Passages(NamedTuple):
    """Observations of each walker.

    counts [walkers]: passages; late [walkers, 2]: number of looks in the second half of the run that found it in each well;
    every: steps between looks.
    """

    counts: np.ndarray
    late: np.ndarray
    every: int


class Looks:
    """The observer that counts passages; it looks at every walker every ``every`` steps.

    A passage is a look at which a walker is in the other of the two wells than where it was last seen,
    or started. A walker that passes and returns between two looks is missed, so the count is a lower bound.
    """

    name = "passages"

    def __init__(self, arm: Arm, origin: np.ndarray) -> None:
        self.walkers = arm.walkers
        self.every = min(arm.look, max(1, (arm.burn_in + arm.steps) // _LEAST_LOOKS))  # more often in a short run
        self._arm = arm
        self._last = np.where(origin < 2, origin, -1)
        self._counts = np.zeros(arm.walkers, np.int64)
        self._late = np.zeros((arm.walkers, 2))

    def next_step(self, step: int) -> int:
        """The next multiple of ``every``; the start is not a look."""
        return (max(0, step) // self.every + 1) * self.every

    def look(self, positions: np.ndarray, step: int) -> None:
        """Note the well of each walker."""
        there = ~np.isnan(positions[:, 0])
        where = np.where(there, self._arm.potential.label(positions), 2)  # a diverged walker is in no well
        inside = where < 2
        self._counts += inside & (self._last >= 0) & (where != self._last)
        self._last = np.where(inside, where, self._last)
        if 2 * step > 2 * self._arm.burn_in + self._arm.steps:
            self._late += where[:, None] == [0, 1]

    def state(self) -> dict[str, np.ndarray]:
        """What has been counted."""
        return {name: getattr(self, f"_{name}").copy() for name in _STATE}

    def place(self, first: int, state: dict[str, np.ndarray]) -> None:
        """Continue counting; ValueError if there are no counts, because missed looks cannot be repeated."""
        if set(state) != set(_STATE):
            raise ValueError("it has no counts of passages")
        for name in _STATE:
            getattr(self, f"_{name}")[...] = state[name]

    def seen(self) -> Passages:
        """All observations."""
        return Passages(self._counts, self._late, self.every)


def walker_shares(ensemble: Ensemble) -> np.ndarray:
    """Each walker's own histogram of x_1, [walkers, BINS], as shares of all its records (with ``every`` = 1, of every step)."""
    counts = ensemble.counts_walkers.reshape(-1, ensemble.counts_walkers.shape[-1])[: ensemble.walkers, 1:-1]
    joined = counts.reshape(ensemble.walkers, BINS, -1).sum(axis=2)
    return joined / np.maximum(joined.sum(axis=1, keepdims=True), 1)
