"""Observers that keep what they see: a user's observables, and the coordinates of the first walkers."""

from collections.abc import Callable, Mapping

import numpy as np

from langevin_sim.engine.kernel import SEGMENTS
from langevin_sim.engine.observer import NEVER
from langevin_sim.errors import InputError

Observable = Callable[[np.ndarray], object]

CHAINS = 128  # walkers of which all coordinates are kept: fewer than a block, so that the first block has them all


class Recorder:
    """Calls functions of x [walkers, dim] at every record: after steps burn_in + k * every, k = 1, 2, ..

    samples: name -> [records, walkers, ...]. x is read-only, and nan for a walker that has diverged; so are its
    samples, if the function returns floating-point numbers.
    """

    name = "record"

    def __init__(self, functions: Mapping[str, Observable], walkers: int, burn_in: int, every: int, total: int) -> None:
        self.functions, self.walkers = functions, walkers
        self._burn_in, self._every, self._total = burn_in, every, total
        self._records = (total - burn_in) // every
        self._taken = 0
        self.samples: dict[str, np.ndarray] = {}

    def next_step(self, step: int) -> int:
        """The step of the next record."""
        following = self._burn_in + self._every * (max(0, step - self._burn_in) // self._every + 1)
        return following if following <= self._total else NEVER

    def look(self, positions: np.ndarray, step: int) -> None:
        """Take one record."""
        positions.flags.writeable = False  # so that no function can change what another one sees
        gone = np.isnan(positions[:, 0])
        for name, function in self.functions.items():
            values = np.asarray(function(positions))
            array = self._array(name, values)
            array[self._taken] = values
            if gone.any() and array.dtype.kind in "fc":
                array[self._taken, gone] = np.nan
        self._taken += 1

    def _array(self, name: str, values: np.ndarray) -> np.ndarray:
        """The array for the records of one function; InputError unless ``values`` covers all walkers, like the record before."""
        if values.shape[:1] != (self.walkers,) or values.dtype.kind not in "biufc":
            got = f"{values.dtype} of shape {values.shape}"
            raise InputError(f"record[{name!r}] returned {got}: expected numbers of shape ({self.walkers}, ...); one row each")
        array = self.samples.get(name)
        if array is None:
            try:
                array = self.samples[name] = np.empty((self._records, *values.shape), values.dtype)
            except MemoryError as error:
                size = self._records * values.nbytes / 2**30
                raise InputError(f"record[{name!r}] needs {size:,.0f} GiB; use a larger record_every") from error
        if values.shape != array.shape[1:] or not np.can_cast(values.dtype, array.dtype):
            before, now = (f"{one.dtype} of shape {shape}" for one, shape in ((array, array.shape[1:]), (values, values.shape)))
            raise InputError(f"record[{name!r}] returned {before} before, and {now} now: expected the same every time")
        return array

    def state(self) -> dict[str, np.ndarray]:
        """The records that have been taken."""
        return {name: array[: self._taken] for name, array in self.samples.items()}

    def place(self, first: int, state: dict[str, np.ndarray]) -> None:
        """Continue after these records."""
        for name, kept in state.items():
            array = self.samples[name] = np.empty((self._records, *kept.shape[1:]), kept.dtype)
            self._taken = len(kept)
            array[: self._taken] = kept


class Coordinates:
    """All coordinates of the first CHAINS walkers, at the ends of the segments of ``Ensemble.draws``.

    positions [draws, walkers, dim]. The steps at which they are taken depend only on the number of steps, and a longer run
    takes a subset of a shorter one's as far as that goes; so an extended run has the bits of a longer one.
    """

    name = "coordinates"

    def __init__(self, walkers: int, dim: int, burn_in: int, every: int, total: int) -> None:
        records, length = (total - burn_in) // every, 1
        while records > SEGMENTS * length:
            length *= 2
        self.walkers = min(walkers, CHAINS)
        self.steps = burn_in + every * length * np.arange(1, records // length + 1)
        self.positions = np.full((len(self.steps), self.walkers, dim), np.nan)

    def next_step(self, step: int) -> int:
        """The end of the next segment."""
        k = int(np.searchsorted(self.steps, step, side="right"))
        return int(self.steps[k]) if k < len(self.steps) else NEVER

    def look(self, positions: np.ndarray, step: int) -> None:
        """Keep one draw."""
        self.positions[np.searchsorted(self.steps, step)] = positions

    def state(self) -> dict[str, np.ndarray]:
        """The draws, and the steps at which they were taken."""
        return {"positions": self.positions.copy(), "steps": self.steps}

    def place(self, first: int, state: dict[str, np.ndarray]) -> None:
        """Take over the draws at the same steps, if they are from the first block."""
        if first == 0 and state and state["positions"].shape[1:] == self.positions.shape[1:]:
            _, here, there = np.intersect1d(self.steps, state["steps"], return_indices=True)
            self.positions[here] = state["positions"][there]
