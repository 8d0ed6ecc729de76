"""The error of each integrator against Boltzmann, as a function of the step: fitted slopes."""

import numpy as np
import pytest

from langevin_sim import potentials
from langevin_sim.dynamics import make
from langevin_sim.reference import boltzmann
from langevin_sim.runs.simulate import simulate


@pytest.mark.parametrize(
    ("name", "order", "step_sizes"), [("gdl", 1, (0.04, 0.08, 0.16)), ("lm", 2, (0.3, 0.42, 0.6))]
)
def test_bias_of_the_mean_energy(name, order, step_sizes):
    """log |bias| against log eta has the slope of the scheme's order.

    The band of 0.5 reaches half-way to the neighbouring order, so that GDL's data fail LM's test and
    the other way round; it is more than 5 standard errors of the fit, which is checked too.
    """
    U = potentials.twowell(1, ratio=1.3, separation=2.0, softness=0.8)
    exact = boltzmann(U, 1.0).mean_energy
    biases, errors = [], []
    for eta in step_sizes:
        run = simulate(U, make(name, eta, 1.0), walkers=20_480, steps=int(6000 / eta) // 4 * 4,
                       burn_in=int(80 / eta) // 4 * 4, every=4, seed=17)  # fmt: skip
        biases.append(run.energy.mean - exact)
        errors.append(run.energy.stderr)
    slope, _ = np.polyfit(np.log(step_sizes), np.log(np.abs(biases)), 1)
    relative = np.array(errors) / np.abs(biases)
    slope_error = np.hypot(*relative[[0, -1]]) / np.log(step_sizes[-1] / step_sizes[0])
    assert 5 * slope_error < 0.5
    assert abs(slope - order) < 0.5, f"slope {slope:.3f} +- {slope_error:.3f}"


@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5])
def test_mala_agrees_with_boltzmann_at_a_large_step(dim):
    """False-alarm rate 1e-4 in all. The control: GDL at the same step must fail."""
    U = potentials.twowell(dim)
    law = boltzmann(U, 1.0)
    scores = {}
    for name in ("mala", "gdl"):
        run = simulate(U, make(name, 0.1, 1.0), walkers=5120, steps=6000, burn_in=2000, every=20, seed=23)
        mass = run.occupancy["wide"]
        scores[name] = max(
            abs(mass.mean - law.mass("wide")) / mass.stderr, abs(run.energy.mean - law.mean_energy) / run.energy.stderr
        )
    assert scores["mala"] < 4.5
    assert scores["gdl"] > 4.5
