"""What the compiled functions compute, in small: everything of the compiled rooms, by the code that is compiled.

With NUMBA_DISABLE_JIT=1 it is plain Python that runs: tests/test_plain.py compares the two, and tests/coverage.sh sees which
lines ran. Usage: plain.py FILE.npz
"""

import sys
import warnings

import numpy as np

from langevin_sim import potentials
from langevin_sim.dynamics import KINDS, Domain, make
from langevin_sim.engine.normals import fill_normals, fill_uniforms
from langevin_sim.engine.streams import seed_blocks
from langevin_sim.expression import compile_expression
from langevin_sim.potentials.custom import basins
from langevin_sim.reference import chain_law
from langevin_sim.simulation.simulate import simulate
from langevin_sim.vectormath import compiled, cos, cos_octant, exp, log, sin, sin_octant

DOMAINS = [Domain(), Domain("torus", -3.0, 3.0), Domain("box", -2.0, 2.0), Domain("reflecting", -2.5, 2.5)]


@compiled
def _functions(x, y):
    for i in range(x.shape[0]):
        y[0, i], y[1, i], y[2, i], y[3, i] = exp(x[i]), log(abs(x[i])), sin(x[i]), cos(x[i])
        y[4, i], y[5, i] = sin_octant(0.01 * x[i]), cos_octant(0.01 * x[i])


def functions() -> dict[str, np.ndarray]:
    """Elementary functions."""
    x = np.array([-800.0, -708.5, -70.25, -1.0, -1e-3, 0.0, 5e-324, 1e-300, 1e-3, 0.5, 1.0, 2.0, 3.0, 70.25, 709.0, 800.0])
    y = np.empty((6, x.size))
    _functions(x, y)
    return {"functions": y}


def streams() -> dict[str, np.ndarray]:
    """Normals and uniform numbers."""
    words = seed_blocks(1, (2,), 0, 1)[0]
    normals, uniforms = np.empty((3, 256)), np.empty(256)
    fill_normals(words, normals)
    fill_uniforms(words, uniforms)
    return {"normals": normals, "uniforms": uniforms}


def landscapes() -> dict[str, np.ndarray]:
    """Energies, gradients, labels and batch gradients of every potential."""
    found = {}
    cases = [(name, dim, {}) for name in potentials.names() for dim in (1, 2, 3)]
    cases += [("wedge", 3, {"difference": 0.1}), ("gaussians", 2, {"wide": 3.0}), ("twowell", 2, {"depth": 0.3})]
    for name, dim, parameters in cases:
        low, high = potentials.dimensions(name)
        if not low <= dim <= (high or dim):
            continue
        potential = potentials.get(name, dim, **parameters)
        ends = potential.extent(1.0)
        points = ends[:, 0] + np.random.default_rng(1).random((40, dim)) * (ends[:, 1] - ends[:, 0])
        key = f"{name}-{dim}-{len(parameters)}"
        found[f"{key}-energy"], found[f"{key}-gradient"] = potential.energy(points), potential.gradient(points)
        found[f"{key}-label"] = potential.label(points)
        summed = potential if potential.terms is not None else potentials.tilted(potential, 0.5, terms=20)
        batch = np.random.default_rng(2).integers(0, summed.terms.n_terms, (40, 4))
        found[f"{key}-batch"] = summed.batch_gradient(points, batch)
    return found


def ensembles() -> dict[str, np.ndarray]:
    """Every dynamics, on every domain."""
    found = {}
    for k, name in enumerate(KINDS):
        # batches by comparing pairs, by a shuffle, with replacement
        batches = [(3, False), (30, False), (3, True)] if name.startswith("sgd") else [(3, False)]
        for size, replacement in batches:
            domain = DOMAINS[(k + size) % len(DOMAINS)]
            dynamics = make(name, 0.05, 1.0, batch_size=size, replacement=replacement)
            potential = potentials.tilted(potentials.twowell(2).on(domain), 0.5, terms=60)
            run = simulate(potential, dynamics, walkers=3, steps=6, burn_in=2, every=2, seed=3, threads=1)
            found[f"{name}-{size}-{replacement}"] = run.walker_means
            found[f"{name}-{size}-{replacement}-counts"] = run.coordinate_counts
    for k, domain in enumerate(DOMAINS):  # far steps, that cross the walls
        wide = potentials.quadratic(1).on(domain), make("gdl", 1.0, 9.0)
        run = simulate(*wide, walkers=2, steps=3, burn_in=0, every=1, seed=k, threads=1)
        found[f"walls-{domain.kind}"] = run.walker_means
    long = simulate(potentials.quadratic(1), make("gdl", 0.1, 1.0), walkers=2, steps=140, burn_in=0, every=1, seed=4, threads=1)
    return found | {"long": long.walker_means, "rhat": np.array(long.rhat)}


def others() -> dict[str, np.ndarray]:
    """An energy of one line, basins that are not a formula, and the one compiled part of the exact laws."""
    mine = compile_expression("sum((x^2 - 1)^2) + a*sin(x1) + max(x)", 2, {"a": 0.1})
    points = np.random.default_rng(5).uniform(-2.0, 2.0, (2, 30))
    energy, gradient, label = np.empty(30), np.empty((2, 30)), np.empty(30, np.int64)
    mine.block_energy(points, energy, mine.constants)
    mine.block_gradient(points, gradient, mine.constants)
    # a grid of 2 x 2 cells, 1 and 0 in turn, about two minima
    wells = np.array([2, 2, 0, -1.5, -1.5, 1.5, 1.5, -1.0, 0.0, 1.0, 0.0, 1, 0, 1, 0])
    basins.label(points, label, basins.labelling([((0, 1), wells)], np.array([[0], [1]])))
    law = chain_law(potentials.twowell(1), make("lm", 0.02, 1.0))
    masses = np.array(list(law.masses.values()))
    return {"expression": energy, "slope": gradient, "basins": label, "lm": masses}


def compute() -> dict[str, np.ndarray]:
    """Everything."""
    return functions() | streams() | landscapes() | ensembles() | others()


if __name__ == "__main__":
    warnings.simplefilter("ignore", RuntimeWarning)  # NumPy warns where unsigned integers wrap; machine code does not
    np.savez(sys.argv[1], **compute())
