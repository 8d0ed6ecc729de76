"""Simulate one ensemble and reduce it to what is reported."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from langevin_sim.analysis.convergence import nested_rhat, stationarity_pvalue
from langevin_sim.analysis.occupancy import Estimate, over_walkers
from langevin_sim.dynamics import SGDL, Dynamics
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.ensemble import BINS, Ensemble, Landscape, new_ensemble
from langevin_sim.engine.threads import available_threads
from langevin_sim.errors import DivergenceError, InputError, UnknownNameError
from langevin_sim.potentials.potential import Potential
from langevin_sim.storage.checkpoint import Keeper
from langevin_sim.storage.export import datatree

_BOUND_FACTOR = 100.0  # a walker this many extents away has diverged
_TOLERATED = 0.01  # share of walkers that may diverge before the run is given up
_TRIED = 100_000  # uniform points at a time, from which exact draws are kept
_MOST_TRIED = 20_000  # such points a walker, then the law is too cold for rejection
_CHUNK_WORK = 2e8  # coordinate updates between two calls of progress, a fraction of a second


@dataclass(frozen=True)
class Run:
    """What came out of one ensemble.

    occupancy: region -> (mean, standard error) of its mass; energy: mean of U; edges [BINS + 1] and
    counts [blocks, BINS + 2] of x_1 (first and last: below and above the edges), one row a block of
    independent walkers; coordinate_counts [dim, BINS + 2]; plane [n, n], counts of (x_1, x_2);
    mean, variance [dim] over walkers and time; rhat: largest nested R-hat of x_1 and U;
    stationarity: smallest p-value against it; walker_means [walkers, regions + 2]: each walker's share of
    time in every region, mean x_1 and mean U; draws [walkers, n, 3]: region, x_1 and U of each walker at n times
    spread evenly over the production steps; never_crossed: no walker was seen in two regions;
    seconds: wall time of the simulation.
    """

    potential: Potential
    dynamics: Dynamics
    walkers: int
    steps: int
    burn_in: int
    occupancy: dict[str, Estimate]
    energy: Estimate
    edges: np.ndarray
    counts: np.ndarray
    coordinate_counts: np.ndarray
    plane: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    rhat: float
    stationarity: float
    walker_means: np.ndarray
    draws: np.ndarray
    starts_in_one_region: bool
    never_crossed: bool
    diverged: int
    acceptance: float | None
    seconds: float

    @property
    def updates_per_second(self) -> float:
        """Coordinate updates a second: walkers x steps x dim / seconds, burn-in included."""
        return self.walkers * (self.steps + self.burn_in) * self.potential.dim / self.seconds

    def to_xarray(self) -> Any:
        """The draws as an xarray DataTree in ArviZ's layout, a walker a chain: see storage.export.datatree."""
        attributes = {
            "inference_library": "langevin-sim",
            "potential": self.potential.name,
            "dim": self.potential.dim,
            "dynamics": self.dynamics.name,
            "step_size": self.dynamics.step_size,
            "temperature": self.dynamics.temperature,
        }
        return datatree(self.draws, [region.name for region in self.potential.regions], attributes)


def landscape(potential: Potential) -> Landscape:
    """What the engine is handed of a potential."""
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


def starting_points(
    potential: Potential, walkers: int, start: str, seed: int = 0, temperature: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Positions [walkers, dim], and for each walker the index of the region it starts in.

    start: "dispersed" (over the regions in turn), the name of a region, "uniform" (over the extent at
    T = 1, the whole of a torus or a box), "exact" (independent draws from the Boltzmann law at
    ``temperature``; torus, box and reflecting box only), or a number (that value for every coordinate).
    """
    names = [region.name for region in potential.regions]
    if start == "dispersed" or start in names:
        where = np.arange(walkers) % len(names) if start == "dispersed" else np.full(walkers, names.index(start))
        return np.stack([region.start for region in potential.regions])[where], where
    if start == "uniform":
        low, high = potential.extent(1.0).T
        points = np.random.default_rng([seed, potential.dim]).uniform(low, high, (walkers, potential.dim))
    elif start == "exact":
        points = _exact_draws(potential, walkers, seed, temperature)
    else:
        try:
            points = np.full((walkers, potential.dim), float(start))
        except ValueError:
            raise UnknownNameError("start", start, ["dispersed", "exact", "uniform", "NUMBER", *names]) from None
        if not np.isfinite(points).all():
            raise InputError(f"start {start}: expected a finite number")
    return points, potential.label(points)


def _exact_draws(potential: Potential, walkers: int, seed: int, temperature: float) -> np.ndarray:
    """Draws from exp(-U/T)/Z by rejection: uniform points are kept with the probability exp(-(U - min U)/T), [walkers, dim]."""
    domain = potential.domain
    if domain.kind == "space" or not temperature > 0:
        raise InputError(
            f"start exact: {potential.name} on {domain} at temperature {temperature:g}: expected a torus or a box, "
            "and a temperature above 0"
        )
    rng = np.random.default_rng([seed, potential.dim, walkers])
    floor = float(potential.energy(potential.minima).min())
    kept: list[np.ndarray] = []
    count = tried = 0
    while count < walkers:
        if tried >= _MOST_TRIED * max(walkers, 1000):
            raise InputError(f"start exact: {count} of {tried} uniform points were kept: expected a higher temperature")
        points = rng.uniform(domain.low, domain.high, (_TRIED, potential.dim))
        points = points[np.log1p(-rng.random(_TRIED)) < (floor - potential.energy(points)) / temperature]
        kept.append(points)
        count, tried = count + len(points), tried + _TRIED
    return np.concatenate(kept)[:walkers]


def simulate(
    potential: Potential,
    dynamics: Dynamics,
    *,
    walkers: int = 10_240,
    steps: int = 60_000,
    burn_in: int = 10_000,
    every: int = 40,
    start: str = "dispersed",
    seed: int,
    threads: int = 0,
    chunk: int = 0,
    extent_temperature: float = 0.0,
    progress: Callable[[int], None] = lambda step: None,
    keeper: Keeper | None = None,
    elsewhere: Callable[[Ensemble, int], None] | None = None,
) -> Run:
    """Move ``walkers`` walkers by burn_in + steps steps, observing each every ``every`` steps.

    threads 0: all there are; chunk 0: chosen for progress. Neither changes a bit of the result.
    extent_temperature: histograms cover at least what this temperature needs (SGD adds noise of its own).
    keeper: what saves the ensemble from time to time, and sets it back to where an earlier process had saved it.
    elsewhere: what brings the ensemble to its last step in the place of this process (shards.py).
    Raises DivergenceError when more than 1 % of the walkers leave every bound.
    """
    if walkers < 2 or steps < every or burn_in < 0 or every < 1:
        raise InputError(
            f"walkers {walkers}, steps {steps}, burn-in {burn_in}, every {every}: expected at least 2 "
            "walkers, and steps of at least one observation"
        )
    if burn_in % every or steps % every:
        raise InputError(f"steps {steps} and burn-in {burn_in}: expected multiples of every = {every}")
    limit = available_threads()
    if not 0 <= threads <= limit:
        raise InputError(f"threads {threads}: expected 1 to {limit} on this machine, or 0 for all")
    check_batch(potential, dynamics)
    ensemble, where = placed(
        potential,
        dynamics,
        walkers=walkers,
        burn_in=burn_in,
        every=every,
        start=start,
        seed=seed,
        threads=threads or limit,
        extent_temperature=extent_temperature,
    )
    total = burn_in + steps
    began = time.perf_counter()
    if elsewhere:
        elsewhere(ensemble, total)
        stop_if_diverged(ensemble, potential, walkers)
        seconds = time.perf_counter() - began
    else:
        seconds = advance(ensemble, potential, total, chunk, progress, keeper)
    return _observe(ensemble, potential, where, steps, seconds)


def placed(
    potential: Potential,
    dynamics: Dynamics,
    *,
    walkers: int,
    burn_in: int,
    every: int,
    start: str,
    seed: int,
    threads: int,
    extent_temperature: float = 0.0,
    blocks: range | None = None,
) -> tuple[Ensemble, np.ndarray]:
    """An ensemble at its starting points, and the region that each walker starts in; ``blocks``: only these of its blocks.

    A block's walkers move alike whether the others are there or not.
    """
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
        bound=_BOUND_FACTOR * float(np.abs(land.extent).max()),
        threads=threads,
        first=first,
    )
    return ensemble, where


def advance(
    ensemble: Ensemble,
    potential: Potential,
    total: int,
    chunk: int = 0,
    progress: Callable[[int], None] = lambda step: None,
    keeper: Keeper | None = None,
    of: int | None = None,
) -> float:
    """Bring an ensemble to step ``total``; the seconds that it took, those before an interruption too.

    of: how many walkers there are in all, if the ensemble is a part of a larger one.
    """
    began = time.perf_counter() - (keeper.restore(ensemble, total) if keeper else 0.0)

    def watch(step: int) -> None:
        stop_if_diverged(ensemble, potential, of or ensemble.walkers)
        progress(step)
        if keeper:
            keeper.after_chunk(ensemble, time.perf_counter() - began)

    size = chunk or max(ensemble.every, int(_CHUNK_WORK / (ensemble.walkers * potential.dim)))
    ensemble.run(total, size, watch)
    seconds = time.perf_counter() - began
    if keeper:
        keeper.done(ensemble, seconds)
    return seconds


def check_batch(potential: Potential, dynamics: Dynamics) -> None:
    """InputError where a batch is asked for that cannot be drawn."""
    if not isinstance(dynamics, SGDL):
        return
    name = potential.name
    if potential.terms is None:
        raise InputError(f"{dynamics.name} needs a finite sum, and {name} is none: potentials.tilted makes one of it")
    if dynamics.batch_size > potential.terms.n_terms and not dynamics.replacement:
        raise InputError(f"batch size {dynamics.batch_size}: expected at most {potential.terms.n_terms}, the terms of {name}")


def stop_if_diverged(ensemble: Ensemble, potential: Potential, walkers: int) -> None:
    """DivergenceError if more than 1 % of so many walkers are lost."""
    lost = ensemble.walkers - int(ensemble.alive.sum())
    if lost > _TOLERATED * walkers:
        raise DivergenceError(
            f"{lost} of {walkers} walkers diverged by step {ensemble.step}: step size "
            f"{ensemble.dynamics.step_size:g} is too large; {potential.name} is stable below "
            f"{potential.stability_bound:g}, and a tenth of that is a good start"
        )


def _observe(ensemble: Ensemble, potential: Potential, where: np.ndarray, steps: int, seconds: float) -> Run:
    """Reduce an ensemble; walkers that diverged are left out of every mean over walkers."""
    walkers, records, dim = ensemble.walkers, ensemble.records, potential.dim
    alive = ensemble.alive.ravel()[:walkers].astype(bool)

    def by_walker(array: np.ndarray) -> np.ndarray:
        """[blocks, rows.., BLOCK] as [walkers alive, rows..]."""
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
    taken = ensemble.memory[:, dim + 1].ravel()[:walkers][alive].mean() / ensemble.step
    low, high = ensemble.landscape.extent[0]
    return Run(
        potential=potential,
        dynamics=ensemble.dynamics,
        walkers=walkers,
        steps=steps,
        burn_in=ensemble.burn_in,
        occupancy={region.name: over_walkers(totals[:, k]) for k, region in enumerate(potential.regions)},
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
        draws=draws[:, :full],
        starts_in_one_region=np.unique(where).size == 1,
        never_crossed=bool(((totals[:, : len(potential.regions)] == 0) | (totals[:, : len(potential.regions)] == 1)).all()),
        diverged=int(walkers - alive.sum()),
        acceptance=float(taken) if ensemble.dynamics.metropolis else None,
        seconds=seconds,
    )
