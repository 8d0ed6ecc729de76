"""One ensemble on several machines: shards are ranges of its blocks; together they have the bits of one process.

Noise is a function of (seed, block, step), counts are integers, and sums over walkers are taken in the order of blocks, so
the result depends neither on the ranges nor on which worker moved them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from langevin_sim.engine.ensemble import Ensemble, blocks_needed
from langevin_sim.settings.run import RunSpec
from langevin_sim.settings.spec import parse
from langevin_sim.settings.systems import build, halved
from langevin_sim.simulation.film import Film
from langevin_sim.simulation.record import Coordinates
from langevin_sim.simulation.simulate import advance, available_threads, placed
from langevin_sim.simulation.workers import Worker, Workers
from langevin_sim.storage.checkpoint import Checkpoint

PER_WORKER = 4  # number of shards: few enough to cost nothing, and enough that a lost worker costs little


class Shard(NamedTuple):
    """Blocks first .. first + blocks - 1 of a spec's ensemble for one dimension and one dynamics."""

    spec: dict[str, Any]
    dim: int
    dynamics: str
    finer: int  # 2: at half the step
    temperature: float  # that the histograms cover
    first: int
    blocks: int


def advanced(shard: Shard, worker: Worker) -> dict[str, np.ndarray]:
    """Compute the state of a shard after its last step; this is the worker's task."""
    spec = parse(RunSpec, shard.spec)
    assert spec.seed is not None
    assert spec.steps != "auto"
    systems = {system.dynamics.name: system for system in build(spec.model_copy(update={"dims": [shard.dim]}))}
    system = systems[shard.dynamics]
    potential, dynamics = halved(system) if shard.finer > 1 else system
    ensemble, _ = placed(
        potential,
        dynamics,
        walkers=spec.walkers,
        burn_in=shard.finer * spec.burn_in,
        every=shard.finer * spec.record_every,
        start=spec.start,
        seed=spec.seed,
        threads=min(worker.threads, available_threads()),
        extent_temperature=shard.temperature,
        blocks=range(shard.first, shard.first + shard.blocks),
    )
    total = shard.finer * (spec.burn_in + spec.steps)
    coordinates = Coordinates(ensemble.walkers, potential.dim, ensemble.burn_in, ensemble.every, total)
    film = Film(potential, dynamics, ensemble.walkers, total, shard.temperature, shard.first)
    ensemble.observers = [*([coordinates] if shard.first == 0 else []), *([film] if film.walkers and shard.finer == 1 else [])]
    advance(ensemble, potential, total, of=spec.walkers)
    return ensemble.state()


@dataclass(frozen=True)
class Sharding:
    """Lets workers move one ensemble; saves finished shards from time to time, and when it is stopped."""

    workers: Workers
    checkpoint: Checkpoint
    label: str
    template: Shard  # the fields that all shards have in common
    progress: Callable[[int], None]

    def __call__(self, ensemble: Ensemble, total: int) -> None:
        """Fill in the ensemble with the workers' results; LangevinSimError if a shard fails."""
        began, blocks = time.perf_counter(), blocks_needed(ensemble.walkers)
        missing = np.ones(blocks, dtype=bool)
        for first, state in self.checkpoint.shards(self.label, total):
            ensemble.place(first, state)
            missing[first : first + len(state["alive"])] = False
        shards = [
            self.template._replace(first=first, blocks=count)
            for first, count in ranges(missing, PER_WORKER * max(1, self.workers.count()))
        ]
        unsaved: list[tuple[int, dict[str, np.ndarray]]] = []
        try:
            for done in self.workers.run(advanced, [(shard,) for shard in shards]):
                if done.error is not None:
                    raise done.error
                shard = shards[done.task]
                ensemble.place(shard.first, done.value)
                unsaved.append((shard.first, done.value))
                missing[shard.first : shard.first + shard.blocks] = False
                self.progress(total * int((~missing).sum()) // blocks)
                if self.checkpoint.due():
                    self.checkpoint.add_shards(self.label, total, unsaved)
                    unsaved = []
        except BaseException:
            self.checkpoint.add_shards(self.label, total, unsaved)
            raise
        ensemble.step = total
        if self.checkpoint.keep_states:
            self.checkpoint.keeper(self.label).done(ensemble, time.perf_counter() - began)


def ranges(missing: np.ndarray, parts: int) -> list[tuple[int, int]]:
    """About ``parts`` ranges (first, count) of equal size that cover the blocks marked in missing[blocks]."""
    size = max(1, -(-int(missing.sum()) // parts))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], missing, [False]]).astype(int)))
    found = []
    for first, stop in edges.reshape(-1, 2).tolist():
        found += [(start, min(size, stop - start)) for start in range(first, stop, size)]
    return found
