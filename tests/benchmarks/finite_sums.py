"""SGD on rbf with batches of 10 of 115: the engine beside plain NumPy, in one run.

    python tests/benchmarks/finite_sums.py [--threads N]

Both move walkers on the torus by the same update; the batches are each walker's own, without
replacement. Rounds are interleaved, the fastest of five counts. Prints JSON; exit code 1 below 20 times.
"""

import argparse
import json
import sys
import time

import numpy as np

from langevin_sim import potentials
from langevin_sim.dynamics import SGD
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.ensemble import new_ensemble
from langevin_sim.simulation.simulate import landscape

WALKERS, BATCH, ETA, STEPS, NUMPY_STEPS, ROUNDS = 16 * BLOCK, 10, 1.0, 400, 10, 5
EXPECTED = 20.0


def numpy_step(x: np.ndarray, data: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One step of SGD for x [walkers, 2]: the batch is where the smallest of random keys are."""
    keys = rng.random((len(x), len(data)), dtype=np.float32)
    chosen = data[np.argpartition(keys, BATCH, axis=1)[:, :BATCH]]
    away = x[:, None] - chosen[..., :2]
    curvature = chosen[..., 3]
    slope = -chosen[..., 2] * curvature * np.exp(-0.5 * curvature * (away**2).sum(-1))
    return np.asarray((x - ETA * (slope[..., None] * away).mean(1)) % 8.0)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1, help="threads of the engine (default 1)")
    threads = parser.parse_args().threads
    U, rng = potentials.rbf(), np.random.default_rng(0)
    assert U.terms is not None
    x = rng.uniform(0, 8, (WALKERS, 2))
    ensemble = new_ensemble(
        landscape(U), SGD(ETA, batch_size=BATCH), x, seed=0, key=(2,), burn_in=0, every=40, bound=1e6, threads=threads
    )
    ensemble.advance(40)  # compiled
    engine = plain = np.inf
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ensemble.advance(STEPS)
        between = time.perf_counter()
        for _ in range(NUMPY_STEPS):
            x = numpy_step(x, U.terms.data, rng)
        engine = min(engine, (between - began) / STEPS)
        plain = min(plain, (time.perf_counter() - between) / NUMPY_STEPS)
    figures = {"engine": engine / WALKERS * 1e9, "numpy": plain / WALKERS * 1e9}
    rounded = {name: round(value, 1) for name, value in figures.items()}
    print(json.dumps({"unit": "ns per walker and step", "threads": threads, **rounded, "ratio": round(plain / engine, 1)}))
    return 0 if plain / engine >= EXPECTED else 1


if __name__ == "__main__":
    sys.exit(main())
