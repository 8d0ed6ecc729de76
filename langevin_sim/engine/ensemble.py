"""An ensemble of walkers: its state, its accumulators, and how it advances."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import langevin_sim.engine.steppers  # noqa: F401  registers the built-in ones
from langevin_sim.dynamics import Domain, Dynamics
from langevin_sim.engine import balance
from langevin_sim.engine.block import BATCH_GRADIENT, BLOCK, ENERGY, GRADIENT, LABEL, first_class
from langevin_sim.engine.kernel import SEGMENTS, advance_blocks
from langevin_sim.engine.observer import NEVER, Observer
from langevin_sim.engine.registry import compiled_stepper
from langevin_sim.engine.streams import seed_blocks
from langevin_sim.engine.threads import on_its_threads
from langevin_sim.vectormath import compiled

BINS = 120  # of every coordinate's histogram, over the potential's extent
PLANE_BINS = 60

_SPACE = Domain()
_STATE = ("positions", "memory", "streams", "alive", "counts_x1", "moment1", "moment2", "sums", "draws", "balance")
_PER_THREAD = ("counts", "counts_plane")
_OF_WALKERS = "counts_walkers"


@compiled
def _no_batch_gradient(X, B, G, gradient, p, data):
    gradient(X, G, p)


@dataclass(frozen=True)
class Landscape:
    """The part of a potential that the engine needs: compiled functions (block.py) and their data.

    batch_gradient and data [n_terms, columns] describe a finite sum; None if the potential is not one.
    """

    gradient: Any
    energy: Any
    label: Any
    parameters: np.ndarray
    regions: int
    extent: np.ndarray
    domain: Domain = _SPACE
    batch_gradient: Any = None
    data: np.ndarray | None = None


@dataclass
class Ensemble:
    """The state of an ensemble; advance() moves it in place.

    Shapes, with B blocks of BLOCK walkers (the last block's surplus walkers are never alive):
    positions [B, dim, BLOCK]; memory [B, rows, BLOCK], what a stepper carries to its next step;
    streams [B, 4 * LANES]; alive [B, BLOCK]; counts_x1 [B, BINS + 2] (under- and overflow at the
    ends), counts [threads, dim, BINS + 2], counts_plane [threads, PLANE_BINS, PLANE_BINS]; with ``walker_histograms``
    counts_walkers [B, BLOCK, BINS + 2], the histogram of x_1 of every walker, otherwise without blocks;
    moment1, moment2 [B, dim, BLOCK], sums of x and x^2 over records; sums [B, SEGMENTS, rows, BLOCK],
    for every segment of records the visits to each region, then the sums of x_1 and U; draws
    [B, SEGMENTS, 3, BLOCK], region, x_1 and U at the end of each segment; balance [B, rows, BLOCK], sums over single
    steps (balance.py).
    observers: they see the walkers, in this order, while ``run`` moves them.
    """

    landscape: Landscape
    dynamics: Dynamics
    walkers: int
    burn_in: int
    every: int
    bound: float
    positions: np.ndarray
    streams: np.ndarray
    threads: int
    walker_histograms: bool = False
    observers: list[Observer] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.burn_in % self.every:
            raise ValueError(f"burn_in {self.burn_in} is not a multiple of every {self.every}")
        blocks, dim, _ = self.positions.shape
        self.step = 0
        self.memory = np.zeros((blocks, self.dynamics.memory_rows(dim), BLOCK))
        self.alive = (np.arange(blocks * BLOCK) < self.walkers).astype(np.uint8).reshape(blocks, BLOCK)
        self.counts_x1 = np.zeros((blocks, BINS + 2), np.int64)
        self.counts = np.zeros((self.threads, dim, BINS + 2), np.int64)
        self.counts_plane = np.zeros((self.threads, PLANE_BINS, PLANE_BINS), np.int64)
        self.counts_walkers = np.zeros((blocks if self.walker_histograms else 0, BLOCK, BINS + 2), np.int64)
        self.moment1 = np.zeros_like(self.positions)
        self.moment2 = np.zeros_like(self.positions)
        self.sums = np.zeros((blocks, SEGMENTS, self.landscape.regions + 2, BLOCK))
        self.draws = np.zeros((blocks, SEGMENTS, 3, BLOCK))
        self.balance = np.zeros((blocks, balance.rows(dim), BLOCK))
        land = self.landscape
        rows, terms = self.dynamics.scratch_rows(dim), 1 if land.data is None else len(land.data)
        self._scratch = (
            np.empty((self.threads, 3 * dim + 1 + rows, BLOCK)),
            np.empty((self.threads, 3 + self.dynamics.terms_per_step, BLOCK), np.int64),
            np.tile(np.arange(terms), (self.threads, 1)),
        )
        batch_gradient = _no_batch_gradient if land.batch_gradient is None else land.batch_gradient
        self._calls = (
            compiled_stepper(self.dynamics, dim),
            first_class(land.gradient, GRADIENT),
            first_class(land.energy, ENERGY),
            first_class(land.label, LABEL),
            first_class(batch_gradient, BATCH_GRADIENT),
        )

    @property
    def records(self) -> int:
        """How often each walker has been observed."""
        return max(0, (self.step - self.burn_in) // self.every)

    @property
    def balance_every(self) -> int:
        """How many steps lie between two that the balance sees."""
        terms = 1 if self.landscape.data is None else len(self.landscape.data)
        return balance.spacing(self.every, terms, self.dynamics.terms_per_step)

    @property
    def balanced(self) -> int:
        """How many steps are in the balance."""
        return max(0, (self.step - 1 - self.burn_in) // self.balance_every)

    @on_its_threads
    def advance(self, steps: int) -> None:
        """Move every walker by ``steps`` steps. The result does not depend on how the steps are divided among calls."""
        land = self.landscape
        low, high = land.extent[:, 0], land.extent[:, 1]
        data = np.zeros((1, 1)) if land.data is None else land.data
        advance_blocks(
            self.step,
            steps,
            self.burn_in,
            self.every,
            float(self.bound),
            np.array([land.domain.code, land.domain.low, land.domain.high], dtype=float),
            self.dynamics.settings(),
            self.dynamics.step_sizes(self.step, steps),
            self.dynamics.noises(self.step, steps),
            self.positions,
            self.memory,
            self.streams,
            self.alive,
            np.array(low),  # a copy: a read-only array has a type of its own, for which numba would compile all again
            BINS / (high - low),
            self.counts_x1,
            self.counts,
            self.counts_plane,
            self.counts_walkers,
            self.moment1,
            self.moment2,
            self.sums,
            self.draws,
            self.balance,
            self.balance_every,
            *self._scratch,
            data,
            land.parameters,
            *self._calls,
        )
        self.step += steps

    def seen(self, walkers: int) -> np.ndarray:
        """Positions of the first walkers, [walkers, dim], a copy; nan for one that has diverged."""
        blocks, dim = blocks_needed(walkers), self.positions.shape[1]
        found = self.positions[:blocks].transpose(0, 2, 1).reshape(-1, dim)[:walkers].copy()
        found[self.alive[:blocks].ravel()[:walkers] == 0] = np.nan
        return found

    def state(self) -> dict[str, np.ndarray]:
        """Everything, besides ``step``, that future steps and results depend on; independent of the number of threads."""
        held = {name: getattr(self, name).copy() for name in self._by_block()}
        held |= {name: getattr(self, name).sum(axis=0) for name in _PER_THREAD}
        for observer in self.observers:
            held |= {f"{observer.name}/{name}": array for name, array in observer.state().items()}
        return held

    def restore(self, step: int, state: dict[str, np.ndarray]) -> None:
        """Return to the ``state`` taken at ``step``; ValueError if it does not have this ensemble's shape."""
        for name in _PER_THREAD:
            getattr(self, name)[...] = 0
        self.place(0, state)
        if len(state["alive"]) != len(self.alive):
            raise ValueError("alive does not have this ensemble's shape")
        self.step = step

    def place(self, first: int, state: dict[str, np.ndarray]) -> None:
        """Give blocks ``first``.. the state of an ensemble of only those blocks, and add its counts to the counts here.

        ValueError if it does not fit. ``step`` does not change: the caller knows when all blocks are in place.
        """
        for name in self._by_block():
            part = state.get(name)
            if name == "balance" and (part is None or part.shape[1:] != self.balance.shape[1:]):
                # a checkpoint of an earlier version: no test of single steps
                self.balance[first : first + len(state["alive"])] = np.nan
                continue
            target = getattr(self, name)[first : first + (0 if part is None else len(part))]
            if part is None or not len(part) or part.shape != target.shape or part.dtype != target.dtype:
                raise ValueError(f"{name} does not have this ensemble's shape")
            target[...] = part
        for name in _PER_THREAD:
            target = getattr(self, name)[0]  # counts are integers, so it does not matter to which thread they belong
            if name not in state or state[name].shape != target.shape or state[name].dtype != target.dtype:
                raise ValueError(f"{name} does not have this ensemble's shape")
            target += state[name]
        for observer in self.observers:
            prefix = f"{observer.name}/"
            kept = {name.removeprefix(prefix): array for name, array in state.items() if name.startswith(prefix)}
            observer.place(first, kept)

    def _by_block(self) -> tuple[str, ...]:
        """The names of the arrays of the state with one entry per block."""
        return (*_STATE, _OF_WALKERS) if self.walker_histograms else _STATE

    def run(self, total: int, chunk: int = NEVER) -> None:
        """Advance to step ``total``, in chunks of at most ``chunk`` steps, and show each observer the steps that it asks for."""
        if self.step == 0:
            self._show(-1)
        while self.step < total:
            before = self.step
            wanted = [observer.next_step(before) for observer in self.observers]
            self.advance(min(total, before + chunk, *wanted) - before)
            self._show(before)

    def _show(self, before: int) -> None:
        """Show the current step to the observers that asked for it at step ``before``."""
        for observer in self.observers:
            if observer.next_step(before) == self.step:
                observer.look(self.seen(observer.walkers), self.step)


def blocks_needed(walkers: int) -> int:
    """Number of blocks that hold this many walkers."""
    return -(-walkers // BLOCK)


def new_ensemble(
    landscape: Landscape,
    dynamics: Dynamics,
    starts: np.ndarray,
    *,
    seed: int,
    key: Sequence[int],
    burn_in: int,
    every: int,
    bound: float,
    threads: int,
    first: int = 0,
    walker_histograms: bool = False,
) -> Ensemble:
    """An ensemble at ``starts`` [walkers, dim], its streams seeded by (seed, key, block).

    first: the number of its first block, if it is a range of the blocks of a larger ensemble. walker_histograms: whether it
    keeps a histogram of x_1 for every walker.
    """
    walkers, dim = starts.shape
    blocks = blocks_needed(walkers)
    padded = np.concatenate([starts, np.repeat(starts[-1:], blocks * BLOCK - walkers, axis=0)])
    positions = np.ascontiguousarray(padded.reshape(blocks, BLOCK, dim).transpose(0, 2, 1))
    streams = seed_blocks(seed, tuple(key), first, blocks)
    # a thread without a block would only be waited for
    return Ensemble(
        landscape, dynamics, walkers, burn_in, every, bound, positions, streams, min(threads, blocks), walker_histograms
    )
