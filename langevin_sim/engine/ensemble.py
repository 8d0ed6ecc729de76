"""An ensemble of walkers: its state, its accumulators, and how it moves on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from langevin_sim.dynamics import Dynamics
from langevin_sim.engine.block import BLOCK, ENERGY, GRADIENT, LABEL, STEP, first_class
from langevin_sim.engine.kernel import SEGMENTS, advance_blocks
from langevin_sim.engine.steppers.gdl import gdl
from langevin_sim.engine.steppers.lm import lm
from langevin_sim.engine.steppers.mala import mala
from langevin_sim.engine.streams import seed_blocks

BINS = 120  # of every coordinate's histogram, over the potential's extent
PLANE_BINS = 60

_STEPPERS = {"gd": gdl, "gdl": gdl, "mala": mala, "lm": lm}


@dataclass
class Ensemble:
    """The state of an ensemble; advance() moves it in place.

    Shapes, with B blocks of BLOCK walkers (the last block's surplus walkers are never alive):
    positions [B, dim, BLOCK]; memory [B, rows, BLOCK], what a stepper carries to its next step;
    streams [B, 4 * LANES]; alive [B, BLOCK]; counts_x1 [B, BINS + 2] (under- and overflow at the
    ends), counts [threads, dim, BINS + 2], counts_plane [threads, PLANE_BINS, PLANE_BINS];
    moment1, moment2 [B, dim, BLOCK], sums of x and x^2 over records; sums [B, SEGMENTS, rows, BLOCK],
    for every segment of records the visits to each region, then the sums of x_1 and U; draws
    [B, SEGMENTS, 3, BLOCK], region, x_1 and U at the end of each segment.
    """

    functions: tuple[Any, Any, Any]
    parameters: np.ndarray
    dynamics: Dynamics
    walkers: int
    burn_in: int
    every: int
    bound: float
    extent: np.ndarray
    regions: int
    positions: np.ndarray
    streams: np.ndarray
    threads: int

    def __post_init__(self) -> None:
        if self.burn_in % self.every:
            raise ValueError(f"burn_in {self.burn_in} is not a multiple of every {self.every}")
        blocks, dim, _ = self.positions.shape
        self.step = 0
        self.memory = np.zeros((blocks, dim + 2, BLOCK))
        self.alive = (np.arange(blocks * BLOCK) < self.walkers).astype(np.uint8).reshape(blocks, BLOCK)
        self.counts_x1 = np.zeros((blocks, BINS + 2), np.int64)
        self.counts = np.zeros((self.threads, dim, BINS + 2), np.int64)
        self.counts_plane = np.zeros((self.threads, PLANE_BINS, PLANE_BINS), np.int64)
        self.moment1 = np.zeros_like(self.positions)
        self.moment2 = np.zeros_like(self.positions)
        self.sums = np.zeros((blocks, SEGMENTS, self.regions + 2, BLOCK))
        self.draws = np.zeros((blocks, SEGMENTS, 3, BLOCK))
        gradient, energy, label = self.functions
        self._calls = (
            first_class(_STEPPERS[self.dynamics.name], STEP),
            first_class(gradient, GRADIENT),
            first_class(energy, ENERGY),
            first_class(label, LABEL),
        )

    @property
    def records(self) -> int:
        """How often each walker has been observed."""
        return max(0, (self.step - self.burn_in) // self.every)

    def advance(self, steps: int) -> None:
        """Move every walker by so many steps. The chunks in which it is called leave no trace."""
        low, high = self.extent[:, 0], self.extent[:, 1]
        numba.set_num_threads(self.threads)
        advance_blocks(
            self.step, steps, self.burn_in, self.every, float(self.bound), float(self.dynamics.temperature),
            np.full(steps, self.dynamics.step_size), np.full(steps, self.dynamics.noise),
            self.positions, self.memory, self.streams, self.alive,
            np.ascontiguousarray(low), BINS / (high - low), self.counts_x1, self.counts, self.counts_plane,
            self.moment1, self.moment2, self.sums, self.draws,
            *self._calls, self.parameters,
        )  # fmt: skip
        self.step += steps

    def run(self, total: int, chunk: int, progress: Callable[[int], None] = lambda step: None) -> None:
        """Advance to step ``total`` in chunks, telling ``progress`` the step reached after each."""
        while self.step < total:
            self.advance(min(chunk, total - self.step))
            progress(self.step)


def blocks_needed(walkers: int) -> int:
    """How many blocks hold so many walkers."""
    return -(-walkers // BLOCK)


def new_ensemble(
    functions: tuple[Any, Any, Any],
    parameters: np.ndarray,
    dynamics: Dynamics,
    starts: np.ndarray,
    *,
    seed: int,
    key: Sequence[int],
    burn_in: int,
    every: int,
    bound: float,
    extent: np.ndarray,
    regions: int,
    threads: int,
) -> Ensemble:
    """An ensemble at ``starts`` [walkers, dim], its streams seeded by (seed, key, block)."""
    walkers, dim = starts.shape
    blocks = blocks_needed(walkers)
    padded = np.concatenate([starts, np.repeat(starts[-1:], blocks * BLOCK - walkers, axis=0)])
    positions = np.ascontiguousarray(padded.reshape(blocks, BLOCK, dim).transpose(0, 2, 1))
    streams = seed_blocks(seed, tuple(key), 0, blocks)
    return Ensemble(functions, parameters, dynamics, walkers, burn_in, every, bound,
                    np.asarray(extent, float), regions, positions, streams, threads)  # fmt: skip
