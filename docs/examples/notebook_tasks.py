"""Ten tasks of a notebook: simulate, look, keep trajectories, record, watch, choose dynamics and start, plot, judge, go on.

    python docs/examples/notebook_tasks.py

In a notebook each block is a cell. Writes histogram.png and run.pickle into the current folder; a few seconds.
"""

import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import langevin_sim as ls

# 1. Simulate.
U = ls.potentials.twowell(dim=2)
dynamics = ls.GDL(step_size=0.02, temperature=1.0)
run = ls.simulate(U, dynamics, walkers=1024, steps=8_000, burn_in=4_000, seed=1)

# 2. Look: in a notebook a run shows itself as a small table.
print(run)
mass, error = run.occupancy["wide"]
print(f"wide: {mass:.4f} ± {error:.4f}, Boltzmann {ls.boltzmann(U, temperature=1.0).mass('wide'):.4f}")

# 3. The trajectory of all coordinates, from the first step on.
walk = ls.simulate(U, dynamics, walkers=64, steps=500, burn_in=0, record_every=1, record={"x": lambda x: x}, seed=1)
print("trajectories", walk.samples["x"].shape)  # [records, walkers, dim]


# 4. An observable of your own: a function of x [walkers, dim] that returns a row a walker.
def squared_radius(x):
    """|x|^2 of every walker."""
    return (x**2).sum(axis=1)


# 5. Progress: a bar on a terminal and in a notebook; a function is told the step.
steps = []
recorded = ls.simulate(
    U,
    dynamics,
    walkers=1024,
    steps=4_000,
    burn_in=4_000,
    record_every=400,
    record={"r2": squared_radius},
    progress=steps.append,
    seed=2,
)
by_walker = recorded.samples["r2"].mean(axis=0)
print(f"|x|^2 {by_walker.mean():.3f} ± {by_walker.std() / np.sqrt(by_walker.size):.3f}, {steps[-1]} steps were taken")


# 6. A dynamics of your own: a record, and a stepper that moves one walker by one step and is compiled.
@dataclass(frozen=True)
class Momentum(ls.Dynamics):
    """m <- keep m - eta grad U + sqrt(2 eta T) xi, x <- x + (1 - keep) m: Boltzmann's law as eta -> 0."""

    keep: float = 0.5
    weak_order = 1  # its law differs from Boltzmann's by O(eta), so that the two are worth comparing

    def memory_rows(self, dim):
        """The momentum m, which a walker carries from step to step."""
        return dim


@ls.stepper(Momentum)
def with_momentum(x, gradient, normal, memory, step_size, noise, keep):
    """Where one walker goes."""
    memory[:] = keep * memory - step_size * gradient + noise * normal
    return x + (1 - keep) * memory


own = ls.simulate(U, Momentum(step_size=0.02, keep=0.5), walkers=1024, steps=8_000, burn_in=4_000, seed=3)
mass, error = own.occupancy["wide"]
print(f"{own.dynamics.name}: wide {mass:.4f} ± {error:.4f}, {own.verdict()}")

# 7. A start of your own: an array [walkers, dim].
points = np.random.default_rng(4).normal([-2.0, 0.0], 0.1, size=(1024, 2))
cold = ls.simulate(U, dynamics, walkers=1024, steps=400, burn_in=0, start=points, seed=4)
print(f"from the wide well: {cold.occupancy['wide'].mean:.4f} in it during the first 400 steps")

# 8. Plot beside the laws.
run.plot().figure.savefig("histogram.png")

# 9. The verdict, with every comparison behind it.
print(repr(run.verdict()))

# 10. Pickle, and go on: the bits of a run that was longer from the beginning.
Path("run.pickle").write_bytes(pickle.dumps(run))
longer = pickle.loads(Path("run.pickle").read_bytes()).extend(4_000)
whole = ls.simulate(U, dynamics, walkers=1024, steps=12_000, burn_in=4_000, seed=1)
assert (longer.walker_means == whole.walker_means).all()
print(longer)
