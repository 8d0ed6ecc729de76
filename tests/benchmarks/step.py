"""What a step costs: the figures of `langevin-sim bench --json`, and every dynamics beside GDL in the same run.

    python tests/benchmarks/step.py [--threads N]

All calls are interleaved, the fastest of several counts, so that all see the same machine. Prints JSON.
"""

import argparse
import json
from collections.abc import Callable

import numpy as np

from langevin_sim import potentials
from langevin_sim.dynamics import GDL, LM, MALA, RWM, SGD, SGDL, Dynamics
from langevin_sim.engine.benchmark import _fastest, measure
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.ensemble import new_ensemble
from langevin_sim.simulation.simulate import available_threads, landscape

DIM, TERMS, BATCH, STEP = 5, 100, 10, 0.02
WALKERS, STEPS, ROUNDS = 80 * BLOCK, 400, 3

DYNAMICS: dict[str, Dynamics] = {
    "gdl": GDL(STEP),
    "sgd": SGD(STEP, batch_size=BATCH),
    "sgd with replacement": SGD(STEP, batch_size=BATCH, replacement=True),
    "sgdl": SGDL(STEP, batch_size=BATCH),
    "sgd, b = 40": SGD(STEP, batch_size=40),
    "rwm": RWM(STEP),
    "mala": MALA(STEP),
    "lm": LM(STEP),
}


def side_by_side(threads: int) -> dict[str, dict[str, float]]:
    """ns a walker, step and dimension, and the ratio to GDL: tilted twowell, DIM = 5, n = 100 terms."""
    land = landscape(potentials.tilted(potentials.twowell(DIM), 1.0, terms=TERMS))

    def runner(dynamics: Dynamics) -> Callable[[], None]:
        ensemble = new_ensemble(
            land, dynamics, np.zeros((WALKERS, DIM)), seed=0, key=(DIM,), burn_in=0, every=40, bound=1e6, threads=threads
        )
        return lambda: ensemble.advance(STEPS)

    runs = [runner(dynamics) for dynamics in DYNAMICS.values()]
    seconds = np.min([_fastest(runs) for _ in range(ROUNDS)], axis=0)
    cost = seconds / (STEPS * WALKERS * DIM) * 1e9
    return {name: {"ns": round(ns, 3), "ratio": round(ns / cost[0], 3)} for name, ns in zip(DYNAMICS, cost.tolist(), strict=True)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1, help="threads of the comparison of dynamics (default 1)")
    threads = parser.parse_args().threads
    rows = measure(lambda dim: landscape(potentials.twowell(dim)), [1, 2, 5, 10], available_threads())
    bench = [{key: round(value, 3) for key, value in row.items()} for row in rows]
    beside = {"dim": DIM, "terms": TERMS, "batch": BATCH, "threads": threads, "dynamics": side_by_side(threads)}
    print(json.dumps({"unit": "ns per walker, step and dimension", "bench": bench, "beside_gdl": beside}, indent=1))


if __name__ == "__main__":
    main()
