"""The workload that every script here runs, and the line that it prints. Plain Python: each peer has an environment of its own.

Overdamped Langevin walkers, x' = x - eta grad U(x) + sqrt(2 eta T) xi, on the default twowell in R^d:
U = -tau log(exp(-q_w / tau) + exp(-q_n / tau)), q_w = |x - c_w|^2 / 2, q_n = 4 |x - c_n|^2 / 2, c_w = (-2, 0, ..),
c_n = (2, 0, ..). Half of the walkers start in each well. Every 40 steps it is counted which walkers are in the wide
well, {q_w < q_n}: its mass, with its standard error, shows whether the right thing was computed.
"""

import argparse
import json
import math
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

WALKERS, EVERY, STEP_SIZE, TEMPERATURE = 10_240, 40, 0.02, 1.0
NOISE = math.sqrt(2.0 * STEP_SIZE * TEMPERATURE)
A, WIDE, NARROW, TAU = 2.0, 1.0, 4.0, 0.25  # the wells' centres are at -A and A, their curvatures WIDE and NARROW
DIMS = (1, 2, 5)
STEPS, OUR_STEPS = (6000, 2000), (10_000, 60_000)  # burn-in and steps, all of them timed: the peers', and the program's default

Advance = Callable[[int], Any]


def options() -> argparse.ArgumentParser:
    """What the driver says to every script."""
    parser = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--share", type=int, default=1, help="move one walker in so many: others move the rest")
    parser.add_argument("--burn-in", type=int, default=STEPS[0], help="steps that are timed, but not counted")
    parser.add_argument("--steps", type=int, default=STEPS[1], help="steps that are timed and counted")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    return parser


def measure(
    peer: str,
    prepare: Callable[[int, int, int, int], Advance],
    packages: Sequence[str],
    *,
    dynamics: str = "gdl",
    potential: str = "twowell",
    region: str = "wide",
    dims: Sequence[int] = DIMS,
    one_walker_in: int = 1,
) -> None:
    """Time one way of doing it in every dim, and print a JSON line for each.

    prepare(dim, walkers, seed, threads) returns advance(records): it moves all walkers by so many times EVERY steps,
    and returns how often each was in the region at the end of EVERY steps, an array of the peer's own kind.
    one_walker_in: what is slow, and does not gain from more walkers, moves only so many of them.
    """
    asked = options().parse_args()
    walkers = WALKERS // asked.share // one_walker_in
    for dim in dims:
        advance = prepare(dim, walkers, asked.seed, asked.threads)

        def observe(records: int, advance: Advance = advance) -> tuple[float, float]:
            """The mass of the region and its standard error; what is asynchronous ends here."""
            share = advance(records) / records
            return float(share.mean()), float(share.std()) / math.sqrt(walkers)

        observe(2)  # compiled, and all memory touched
        clock, cpu = time.perf_counter(), time.process_time()
        advance(asked.burn_in // EVERY)
        mass, error = observe(asked.steps // EVERY)
        seconds, cpu = time.perf_counter() - clock, time.process_time() - cpu
        work = walkers * (asked.burn_in + asked.steps) * dim
        report(
            peer=peer,
            dynamics=dynamics,
            potential=potential,
            region=region,
            dim=dim,
            mass=mass,
            error=error,
            ns=1e9 * seconds / work,
            seconds=seconds,
            cores=cpu / seconds,
            versions={name: version(name) for name in packages},
        )


def report(**row: Any) -> None:
    """Print the line that the driver reads."""
    print(json.dumps(row), flush=True)
