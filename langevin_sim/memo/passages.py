"""How often each walker passed between the two wells, and where each one spent its own time."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from langevin_sim.engine.ensemble import new_ensemble
from langevin_sim.memo.experiment import Arm
from langevin_sim.simulation.simulate import available_threads, landscape, starting_points
from langevin_sim.storage.signals import stop_if_requested

BINS = 30  # the authors' histograms
_LEAST_LOOKS = 20  # in a run that is cut short


class Passages(NamedTuple):
    """What was seen of each walker.

    counts [walkers]: passages; shares [walkers, BINS]: its own x_1 histogram; late [walkers, 2]: its
    looks that found it in either well, in the second half of the run; every: steps between looks.
    """

    counts: np.ndarray
    shares: np.ndarray
    late: np.ndarray
    every: int


def passages(arm: Arm, seed: int, threads: int, progress: Callable[[int], None] = lambda step: None) -> Passages:
    """Look at the walkers of simulate(), the same ones step for step, every ``arm.look`` steps (more often in a short run).

    A passage is a look at which a walker is in another of the two wells than the one it was last seen
    in, or started in. What goes and returns between two looks is missed, so the count is a lower bound.
    """
    potential = arm.potential
    starts, origin = starting_points(potential, arm.walkers, arm.start, seed)
    land = landscape(potential)
    total = arm.burn_in + arm.steps
    look = min(arm.look, max(1, total // _LEAST_LOOKS))
    ensemble = new_ensemble(
        land,
        arm.dynamics,
        starts,
        seed=seed,
        key=(potential.dim,),
        burn_in=0,
        every=total,
        bound=float("inf"),
        threads=threads or available_threads(),
    )
    last = np.where(origin < 2, origin, -1)
    counts = np.zeros(arm.walkers, np.int64)
    visits = np.zeros((arm.walkers, BINS), np.int64)
    late = np.zeros((arm.walkers, 2))
    low, high = land.extent[0]
    rows = np.arange(arm.walkers)
    for _ in range(total // look):
        ensemble.advance(look)
        points = np.moveaxis(ensemble.positions, 1, 2).reshape(-1, potential.dim)[: arm.walkers]
        where = potential.label(points)
        inside = where < 2
        counts += inside & (last >= 0) & (where != last)
        last = np.where(inside, where, last)
        if ensemble.step > arm.burn_in:
            column = np.clip((points[:, 0] - low) / (high - low) * BINS, 0, BINS - 1).astype(int)
            visits[rows, column] += 1
        if 2 * ensemble.step > total + arm.burn_in:
            late += where[:, None] == [0, 1]
        progress(ensemble.step)
        stop_if_requested()
    return Passages(counts, visits / np.maximum(visits.sum(axis=1, keepdims=True), 1), late, look)
