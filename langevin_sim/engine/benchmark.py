"""The cost of a step: kernel, normals and a plain NumPy twin, measured side by side."""

import time
from collections.abc import Callable

import numpy as np

from langevin_sim.dynamics import GDL
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.ensemble import Landscape, new_ensemble
from langevin_sim.engine.normals import fill_normals
from langevin_sim.engine.streams import seed_blocks
from langevin_sim.vectormath import compiled

_BLOCKS = 80
_REPEATS = 7


@compiled
def _many_normals(stream, rows, repeats):
    for _ in range(repeats):
        fill_normals(stream, rows)


def _fastest(runs: list[Callable[[], None]]) -> list[float]:
    """Seconds of the fastest call of each function; they are called in turn, so that all see the same machine."""
    for run in runs:
        run()
    times = [[] for _ in runs]  # type: ignore[var-annotated]
    for _ in range(_REPEATS):
        for run, seen in zip(runs, times, strict=True):
            began = time.perf_counter()
            run()
            seen.append(time.perf_counter() - began)
    return [min(seen) for seen in times]


def numpy_step(x: np.ndarray, step_size: float, noise: float, generator: np.random.Generator) -> np.ndarray:
    """One GDL step of the default twowell for x[dim, walkers], as one would write it in NumPy."""
    square = (x[1:] ** 2).sum(0)
    q_wide = 0.5 * ((x[0] + 2.0) ** 2 + square)
    q_narrow = 2.0 * ((x[0] - 2.0) ** 2 + square)
    weight = 1.0 / (1.0 + np.exp(-(q_narrow - q_wide) / 0.25))
    gradient = (weight + 4.0 * (1.0 - weight)) * x
    gradient[0] += 2.0 * (weight - 4.0 * (1.0 - weight))
    return np.asarray(x - step_size * gradient + noise * generator.standard_normal(x.shape))


def measure(make_landscape: Callable[[int], Landscape], dims: list[int], threads: int) -> list[dict[str, float]]:
    """For each dim: nanoseconds per walker, step and dimension, on 1..threads threads.

    The engine runs GDL on make_landscape(dim) and observes every 40th step; beside it stand the cost of
    one normal and of the NumPy twin of twowell, both on one thread.
    """
    return [_measure_one(make_landscape(dim), dim, threads) for dim in dims]


def _measure_one(landscape: Landscape, dim: int, threads: int) -> dict[str, float]:
    walkers, steps = _BLOCKS * BLOCK, 2000 // dim // 40 * 40
    dynamics = GDL(step_size=0.02, temperature=1.0)

    def engine(count: int) -> Callable[[], None]:
        ensemble = new_ensemble(
            landscape,
            dynamics,
            np.zeros((walkers, dim)),
            seed=0,
            key=(dim,),
            burn_in=0,
            every=40,
            bound=1e6,
            threads=count,
        )
        return lambda: ensemble.advance(steps)

    stream, normals = seed_blocks(0, (), 0, 1)[0], np.empty((dim, BLOCK))
    repeats = steps * _BLOCKS // 4
    x, generator = np.zeros((dim, walkers)), np.random.default_rng(0)

    def twin() -> None:
        for _ in range(5):
            x[:] = numpy_step(x, 0.02, dynamics.noise, generator)

    def draw() -> None:
        _many_normals(stream, normals, repeats)

    seconds = _fastest([draw, twin, *(engine(count) for count in range(1, threads + 1))])
    row: dict[str, float] = {
        "dim": dim,
        "normal": seconds[0] / (repeats * dim * BLOCK) * 1e9,
        "numpy": seconds[1] / (5 * walkers * dim) * 1e9,
    }
    for count, spent in enumerate(seconds[2:], start=1):
        row[f"threads_{count}"] = spent / (steps * walkers * dim) * 1e9
    return row
