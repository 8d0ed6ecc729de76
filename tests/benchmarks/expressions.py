"""What a step costs with an energy written as an expression, beside the built-in potential of the same energy.

    python tests/benchmarks/expressions.py

GDL, one thread; all calls are interleaved, the fastest of several counts, so that all see the same machine.
Prints JSON: nanoseconds a walker, step and dimension, and the ratio.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from langevin_sim import potentials
from langevin_sim.dynamics import GDL
from langevin_sim.engine.benchmark import _fastest
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.ensemble import new_ensemble
from langevin_sim.expression import compile_expression
from langevin_sim.simulation.simulate import landscape
from langevin_sim.vectormath import compiled

WALKERS, STEPS, ROUNDS = 80 * BLOCK, 400, 3

TWOWELL = (
    "-tau*logaddexp(-(sum(x^2) + 2*a*x1 + a^2)/(2*wide^2*tau), -(sum(x^2) - 2*a*x1 + a^2)/(2*narrow^2*tau))",
    {"tau": 0.25, "a": 2.0, "wide": 1.0, "narrow": 0.5},
)
WEDGE = ("1 - max(0, 1 - max(abs(x - 3))) - max(0, 1 - abs(x2 - 9))", {})
MUELLERBROWN = (
    "scale*(-200*exp(-(x1-1)^2 - 10*x2^2) - 100*exp(-x1^2 - 10*(x2-0.5)^2)"
    " - 170*exp(-6.5*(x1+0.5)^2 + 11*(x1+0.5)*(x2-1.5) - 6.5*(x2-1.5)^2)"
    " + 15*exp(0.7*(x1+1)^2 + 0.6*(x1+1)*(x2-1) + 0.7*(x2-1)^2))",
    {"scale": 0.05},
)
CASES = {
    "twowell, d = 5": (potentials.twowell(5), *TWOWELL),
    "wedge, d = 3": (potentials.wedge(3), *WEDGE),
    "muellerbrown": (potentials.muellerbrown(), *MUELLERBROWN),
}


@compiled
def _everywhere(X, L, p):
    for i in range(X.shape[1]):
        L[i] = 0


def main() -> None:
    """Measure and print."""
    runs: list[Callable[[], None]] = []
    work: list[int] = []
    for potential, text, values in CASES.values():
        made = compile_expression(text, potential.dim, values)
        built_in = replace(landscape(potential), label=_everywhere)  # the labels are not what is compared
        written = replace(built_in, energy=made.block_energy, gradient=made.block_gradient, parameters=made.constants)
        dynamics = GDL(min(0.02, 0.1 * potential.stability_bound))
        starts = np.random.default_rng(0).uniform(*potential.extent(0.5).T, (WALKERS, potential.dim))
        for land in (built_in, written):
            ensemble = new_ensemble(land, dynamics, starts, seed=0, key=(), burn_in=0, every=40, bound=1e6, threads=1)
            runs.append(partial(ensemble.advance, STEPS))
            work.append(STEPS * WALKERS * potential.dim)
    seconds = np.min([_fastest(runs) for _ in range(ROUNDS)], axis=0)
    cost = (seconds / work * 1e9).reshape(-1, 2)
    rows = {
        name: {"built in": round(own, 3), "expression": round(ours, 3), "ratio": round(ours / own, 3)}
        for name, (own, ours) in zip(CASES, cost.tolist(), strict=True)
    }
    print(json.dumps({"unit": "ns per walker, step and dimension", "gdl": rows}, indent=1))


if __name__ == "__main__":
    main()
