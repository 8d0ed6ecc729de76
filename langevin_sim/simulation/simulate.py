"""Simulate one ensemble and reduce it to its results."""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from langevin_sim.analysis.convergence import nested_rhat, stationarity_pvalue
from langevin_sim.analysis.occupancy import Estimate, over_walkers
from langevin_sim.analysis.significance import counted_error
from langevin_sim.dynamics import Dynamics
from langevin_sim.engine.balance import members
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.ensemble import BINS, Ensemble, Landscape, new_ensemble
from langevin_sim.engine.observer import Observer
from langevin_sim.engine.registry import compiled_stepper
from langevin_sim.engine.threads import available_threads
from langevin_sim.errors import InputError, ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.temperature import effective_temperature
from langevin_sim.simulation import arguments
from langevin_sim.simulation import progress as bars
from langevin_sim.simulation.balance import balance
from langevin_sim.simulation.divergence import LARGEST, Growth, staying, stop_if_lost
from langevin_sim.simulation.record import Coordinates, Observable, Recorder
from langevin_sim.simulation.run import Run, Wanted
from langevin_sim.simulation.starts import Start, starting_points
from langevin_sim.storage.checkpoint import Keeper

_CHUNK_WORK = 2e8  # coordinate updates between two calls of progress, a fraction of a second


def landscape(potential: Potential) -> Landscape:
    """The part of a potential that the engine needs."""
    terms = potential.terms
    return Landscape(
        potential.block_gradient,
        potential.block_energy,
        potential.block_label,
        potential.constants,
        len(potential.regions),
        potential.extent(1.0),
        potential.domain,
        terms.block_batch_gradient if terms else None,
        terms.data if terms else None,
    )


def simulate(
    potential: Potential,
    dynamics: Dynamics,
    *,
    walkers: int = 10_240,
    steps: int = 60_000,
    burn_in: int = 10_000,
    record_every: int = 40,
    start: Start = "dispersed",
    seed: int | None = None,
    record: Mapping[str, Observable] | None = None,
    progress: Wanted = False,
    threads: int = 0,
    every: int | None = None,
) -> Run:
    """Move ``walkers`` walkers by burn_in + steps steps, observing each every ``record_every`` production steps.

    start: "dispersed" (over the regions in turn), "uniform", "exact", the name of a region, a number (for every
    coordinate), or an array [walkers, dim]. seed: None draws one, see ``Run.seed``; the same seed gives the same bits.
    record: your own observables, name -> function of x [walkers, dim] that returns numbers [walkers, ...]. They are
    called after steps burn_in + k * record_every, k = 1, 2, ..: not during burn-in, and not at the start. The results are
    in ``Run.samples[name]``, [records, walkers, ...]; ``{"x": lambda x: x}`` keeps full trajectories. x is read-only.
    A walker that has diverged is nan in x, and in its samples. progress: True for a bar, or a function of the step.
    threads: 0 for all available; neither their number nor ``record`` changes a bit of the result. every: the name of
    ``record_every`` in earlier versions.

    Raises InputError for an invalid argument, and DivergenceError if more than 1 % of the walkers go to infinity: walkers that
    are far away and come back, as under heavy tails, do not count.
    """
    arguments.pair(potential, dynamics)
    walkers = arguments.integer("walkers", walkers, 2)
    record_every = arguments.integer("record_every", record_every if every is None else every, 1)
    steps = _multiple("steps", arguments.integer("steps", steps, 1), record_every)
    burn_in = _multiple("burn_in", arguments.integer("burn_in", burn_in, 0), record_every)
    seed = secrets.randbits(32) if seed is None else arguments.integer("seed", seed, 0, 2**128 - 1)
    functions = arguments.observables(record)
    if not isinstance(progress, bool) and not callable(progress):
        raise InputError(f"progress = {arguments.shown(progress)}: expected True, False, or a function of the step")
    check_dynamics(potential, dynamics)
    onward = _Onward(potential, dynamics, walkers, burn_in, record_every, seed)
    ensemble, where = onward.placed(start, threads)
    return onward.run(ensemble, where, steps, functions, progress)


def _multiple(name: str, steps: int, every: int) -> int:
    if steps % every:
        raise InputError(f"{name} = {steps}: expected a multiple of record_every = {every}")
    return steps


@dataclass(frozen=True, eq=False, repr=False)
class _Onward:
    """The arguments of simulate(), and the state of its walkers: enough to extend the run."""

    potential: Potential
    dynamics: Dynamics
    walkers: int
    burn_in: int
    record_every: int
    seed: int
    steps: int = 0
    where: np.ndarray | None = None
    state: dict[str, np.ndarray] = field(default_factory=dict)
    functions: Mapping[str, Observable] = field(default_factory=dict)

    def placed(self, start: Start, threads: int) -> tuple[Ensemble, np.ndarray]:
        """The walkers at their start."""
        return placed(
            self.potential,
            self.dynamics,
            walkers=self.walkers,
            burn_in=self.burn_in,
            every=self.record_every,
            start=start,
            seed=self.seed,
            threads=threads,
            extent_temperature=self._extent_temperature,
        )

    @property
    def _extent_temperature(self) -> float:
        """The temperature that the histograms cover, including that of the batches; if that is undefined, the dynamics' own."""
        try:
            return effective_temperature(self.potential, self.dynamics)
        except ReferenceUnavailable:
            return self.dynamics.temperature

    def run(
        self, ensemble: Ensemble, where: np.ndarray, steps: int, functions: Mapping[str, Observable], progress: Wanted
    ) -> Run:
        """Advance to ``steps`` production steps, from the start or from ``state``."""
        total = self.burn_in + steps
        recorder = Recorder(functions, self.walkers, self.burn_in, self.record_every, total)
        observers: list[Observer] = [recorder] if functions else []
        name = f"{self.potential.name} d={self.potential.dim} {self.dynamics.name}"
        with bars.shown(progress, name, total) as tell:
            run = run_ensemble(
                ensemble, self.potential, where, steps, seed=self.seed, observers=observers, state=self.state, progress=tell
            )
        after = replace(self, steps=steps, where=where, state=ensemble.state(), functions=functions)
        return replace(run, samples=recorder.samples, onward=after)

    def extend(self, steps: int, record: Mapping[str, Observable] | None, threads: int, progress: Wanted) -> Run:
        """The run after so many more steps."""
        steps = _multiple("steps", arguments.integer("steps", steps, 1), self.record_every)
        functions = self.functions if record is None else arguments.observables(record)
        recorded = sorted(name.removeprefix("record/") for name in self.state if name.startswith("record/"))
        if sorted(functions) != recorded:
            raise InputError(f"record: expected the functions of the run, {', '.join(recorded) or 'none'} (a pickle has none)")
        assert self.where is not None
        ensemble, _ = self.placed(0.0 if self.potential.domain.kind == "space" else self.potential.domain.low, threads)
        ensemble.step = self.burn_in + self.steps
        return self.run(ensemble, self.where, self.steps + steps, functions, progress)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"functions": {}}  # a function defined in a notebook cannot be pickled


def placed(
    potential: Potential,
    dynamics: Dynamics,
    *,
    walkers: int,
    burn_in: int,
    every: int,
    start: Start,
    seed: int,
    threads: int = 0,
    extent_temperature: float = 0.0,
    blocks: range | None = None,
    walker_histograms: bool = False,
) -> tuple[Ensemble, np.ndarray]:
    """The ensemble at its start, and for each walker the region where it starts; ``blocks``: only these of its blocks.

    threads: 0 for all. extent_temperature: histograms cover at least what this temperature needs (SGD adds its own noise).
    walker_histograms: keep a histogram of x_1 for every walker (Ensemble.counts_walkers).
    """
    limit = available_threads()
    threads = arguments.integer("threads", threads, 0, limit) or limit
    temperature = max(dynamics.temperature, extent_temperature)
    starts, where = starting_points(potential, walkers, start, seed, temperature)
    first = 0
    if blocks is not None:
        first, part = blocks.start, slice(blocks.start * BLOCK, blocks.stop * BLOCK)
        starts, where = starts[part], where[part]
    land = replace(landscape(potential), extent=potential.extent(temperature))
    ensemble = new_ensemble(
        land,
        dynamics,
        starts,
        seed=seed,
        key=(potential.dim,),
        burn_in=burn_in,
        every=every,
        bound=LARGEST,
        threads=threads,
        first=first,
        walker_histograms=walker_histograms,
    )
    return ensemble, where


def run_ensemble(
    ensemble: Ensemble,
    potential: Potential,
    where: np.ndarray,
    steps: int,
    *,
    seed: int,
    observers: list[Observer] | None = None,
    state: Mapping[str, np.ndarray] | None = None,
    progress: Callable[[int], None] = lambda step: None,
    keeper: Keeper | None = None,
    elsewhere: Callable[[Ensemble, int], None] | None = None,
) -> Run:
    """Move a placed ensemble by burn_in + steps steps, and reduce it to its results.

    observers: they see its walkers. state: its state at ``ensemble.step``, if it continues. keeper: saves it from time to
    time, and restores what an earlier process saved. elsewhere: moves it to its last step in place of this process
    (shards.py); only observers that the shards also have can then see the walkers.
    """
    total = ensemble.burn_in + steps
    coordinates = Coordinates(ensemble.walkers, potential.dim, ensemble.burn_in, ensemble.every, total)
    ensemble.observers = [coordinates, *(observers or [])]
    if state:
        ensemble.restore(ensemble.step, dict(state))
    began = time.perf_counter()
    if elsewhere:
        elsewhere(ensemble, total)
        stop_if_lost(ensemble, potential, ensemble.walkers)
        seconds = time.perf_counter() - began
    else:
        seconds = advance(ensemble, potential, total, progress, keeper)
    return _observe(ensemble, potential, where, steps, seconds, seed, coordinates)


class _Watch:
    """The last observer: reports progress, stops a run that diverges, and lets the keeper save it."""

    name, walkers = "watch", 0

    def __init__(self, size: int, total: int, watch: Callable[[], None]) -> None:
        self._size, self._total, self._watch = size, total, watch

    def next_step(self, step: int) -> int:
        """After every ``size`` steps, and at the end."""
        return min(self._total, (max(step, 0) // self._size + 1) * self._size)

    def look(self, positions: np.ndarray, step: int) -> None:
        """Do what is due."""
        self._watch()

    def state(self) -> dict[str, np.ndarray]:
        """Nothing."""
        return {}

    def place(self, first: int, state: dict[str, np.ndarray]) -> None:
        """Nothing."""


def advance(
    ensemble: Ensemble,
    potential: Potential,
    total: int,
    progress: Callable[[int], None] = lambda step: None,
    keeper: Keeper | None = None,
    of: int | None = None,
) -> float:
    """Advance an ensemble to step ``total``; returns the seconds it took, including those before an interruption.

    of: the total number of walkers, if the ensemble is a part of a larger one.
    """
    began = time.perf_counter() - (keeper.restore(ensemble, total) if keeper else 0.0)

    def watch() -> None:
        stop_if_lost(ensemble, potential, of or ensemble.walkers)
        progress(ensemble.step)
        if keeper:
            keeper.after_chunk(ensemble, time.perf_counter() - began)

    size = max(ensemble.every, int(_CHUNK_WORK / (ensemble.walkers * potential.dim)))
    growth = Growth(ensemble, potential, total, of or ensemble.walkers)
    ensemble.observers = [*ensemble.observers, growth, _Watch(size, total, watch)]
    ensemble.run(total)
    seconds = time.perf_counter() - began
    if keeper:
        keeper.done(ensemble, seconds)
    return seconds


def check_dynamics(potential: Potential, dynamics: Dynamics) -> None:
    """Raise InputError if a dynamics cannot move on a potential: its stepper does not compile, or batches cannot be drawn."""
    dynamics.check_terms(None if potential.terms is None else potential.terms.n_terms, potential.name)
    compiled_stepper(dynamics, potential.dim)


def _observe(
    ensemble: Ensemble,
    potential: Potential,
    where: np.ndarray,
    steps: int,
    seconds: float,
    seed: int,
    coordinates: Coordinates,
) -> Run:
    """Reduce an ensemble; diverged walkers are left out of every mean over walkers."""
    walkers, records, dim = ensemble.walkers, ensemble.records, potential.dim
    alive = staying(ensemble).ravel()[:walkers]

    def by_walker(array: np.ndarray) -> np.ndarray:
        """Reshape [blocks, rows.., BLOCK] to [walkers alive, rows..]."""
        return np.moveaxis(array, -1, 1).reshape(-1, *array.shape[1:-1])[:walkers][alive]

    sums = by_walker(ensemble.sums)  # [walkers, segments, regions + 2]
    draws = by_walker(ensemble.draws)
    length = 1
    while records > length * sums.shape[1]:
        length *= 2
    full = records // length
    totals = sums.sum(axis=1) / records
    half = full // 2
    first, second = sums[:, :half].sum(1), sums[:, half : 2 * half].sum(1)
    origin = where[alive]
    observables = [k for k in range(totals.shape[1]) if k < len(potential.regions) - 1 or k >= len(potential.regions)]
    if half and ensemble.dynamics.stationary:
        pvalue = min(1.0, len(observables) * min(stationarity_pvalue(first[:, k], second[:, k], origin) for k in observables))
        rhats = [nested_rhat(draws[:, :full, row], origin) for row in (1, 2)]
        rhat = max(rhats, key=lambda value: -np.inf if np.isnan(value) else value)
    else:
        pvalue, rhat = 0.0, float("nan")
    mean = by_walker(ensemble.moment1) / records
    square = by_walker(ensemble.moment2) / records
    row = ensemble.dynamics.accepted_row(dim)
    acceptance = None if row is None else float(ensemble.memory[:, row].ravel()[:walkers][alive].mean() / ensemble.step)
    low, high = ensemble.landscape.extent[0]
    return Run(
        potential=potential,
        dynamics=ensemble.dynamics,
        walkers=walkers,
        steps=steps,
        burn_in=ensemble.burn_in,
        record_every=ensemble.every,
        seed=seed,
        occupancy={region.name: _occupied(totals[:, k], len(potential.regions)) for k, region in enumerate(potential.regions)},
        energy=over_walkers(totals[:, -1]),
        edges=np.linspace(low, high, BINS + 1),
        counts=ensemble.counts_x1,
        coordinate_counts=ensemble.counts.sum(axis=0),
        plane=ensemble.counts_plane.sum(axis=0),
        mean=mean.mean(axis=0),
        variance=square.mean(axis=0) - mean.mean(axis=0) ** 2,
        rhat=rhat,
        stationarity=pvalue,
        walker_means=totals,
        walker_moments=np.stack([_grouped(mean, dim), _grouped(square, dim)], axis=1),
        balance=balance(by_walker(ensemble.balance), ensemble.balanced, dim),
        draws=draws[:, :full],
        positions=np.moveaxis(coordinates.positions, 0, 1)[alive[: coordinates.walkers]],
        final=ensemble.seen(walkers),
        alive=alive,
        samples={},
        starts_in_one_region=np.unique(where).size == 1,
        never_crossed=bool(((totals[:, : len(potential.regions)] == 0) | (totals[:, : len(potential.regions)] == 1)).all()),
        diverged=int(walkers - alive.sum()),
        acceptance=acceptance,
        seconds=seconds,
    )


def _grouped(values: np.ndarray, dim: int) -> np.ndarray:
    """[walkers, dim] as sums over the groups of neighbouring coordinates, [walkers, groups]."""
    return np.stack([values[:, group].sum(axis=1) for group in members(dim)], axis=1)


def _occupied(shares: np.ndarray, regions: int) -> Estimate:
    """The mass of a region from shares [walkers]. Where it was seen by all or none, its error is that of one visit, never 0."""
    found = over_walkers(shares)
    if found.stderr > 0.0 or regions == 1:
        return found
    return Estimate(found.mean, counted_error(round(found.mean * shares.size), shares.size))
