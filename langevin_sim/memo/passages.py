"""How often each walker passed between the two wells, and where each one spent its own time."""

from typing import NamedTuple

import numpy as np

from langevin_sim.memo.experiment import Arm

BINS = 30  # the authors' histograms
_LEAST_LOOKS = 20  # in a run that is cut short
_STATE = ("last", "counts", "visits", "late")


class Passages(NamedTuple):
    """What was seen of each walker.

    counts [walkers]: passages; shares [walkers, BINS]: its own x_1 histogram; late [walkers, 2]: its
    looks that found it in either well, in the second half of the run; every: steps between looks.
    """

    counts: np.ndarray
    shares: np.ndarray
    late: np.ndarray
    every: int


class Looks:
    """The observer that counts passages; it sees every walker every ``every`` steps, from the start on.

    A passage is a look at which a walker is in another of the two wells than the one it was last seen
    in, or started in. What goes and returns between two looks is missed, so the count is a lower bound.
    """

    name = "passages"

    def __init__(self, arm: Arm, origin: np.ndarray, extent: np.ndarray) -> None:
        self.walkers = arm.walkers
        self.every = min(arm.look, max(1, (arm.burn_in + arm.steps) // _LEAST_LOOKS))  # more often in a short run
        self._arm, (self._low, self._high) = arm, extent[0]
        self._last = np.where(origin < 2, origin, -1)
        self._counts = np.zeros(arm.walkers, np.int64)
        self._visits = np.zeros((arm.walkers, BINS), np.int64)
        self._late = np.zeros((arm.walkers, 2))

    def next_step(self, step: int) -> int:
        """The next multiple of ``every``; the start is no look."""
        return (max(0, step) // self.every + 1) * self.every

    def look(self, positions: np.ndarray, step: int) -> None:
        """Note where each walker is."""
        there = ~np.isnan(positions[:, 0])
        where = np.where(there, self._arm.potential.label(positions), 2)  # one that has diverged is in no well
        inside = where < 2
        self._counts += inside & (self._last >= 0) & (where != self._last)
        self._last = np.where(inside, where, self._last)
        if step > self._arm.burn_in:
            share = (positions[there, 0] - self._low) / (self._high - self._low)
            self._visits[np.flatnonzero(there), np.clip(share * BINS, 0, BINS - 1).astype(int)] += 1
        if 2 * step > 2 * self._arm.burn_in + self._arm.steps:
            self._late += where[:, None] == [0, 1]

    def state(self) -> dict[str, np.ndarray]:
        """What has been counted."""
        return {name: getattr(self, f"_{name}").copy() for name in _STATE}

    def place(self, first: int, state: dict[str, np.ndarray]) -> None:
        """Go on counting; ValueError where nothing was kept: looks that were missed cannot be had again."""
        if set(state) != set(_STATE):
            raise ValueError("it has no counts of passages")
        for name in _STATE:
            getattr(self, f"_{name}")[...] = state[name]

    def seen(self) -> Passages:
        """What was seen in all."""
        return Passages(
            self._counts, self._visits / np.maximum(self._visits.sum(axis=1, keepdims=True), 1), self._late, self.every
        )
