"""The error of each integrator against Boltzmann, as a function of the step: fitted slopes."""

import numpy as np
import pytest

from langevin_sim import potentials
from langevin_sim.dynamics import make
from langevin_sim.reference import boltzmann
from langevin_sim.runs.simulate import simulate


def fitted_slope(name, step_sizes):
    """Slope of log |bias of the mean energy| against log eta, with its standard error."""
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
    return slope, np.hypot(*relative[[0, -1]]) / np.log(step_sizes[-1] / step_sizes[0])


def test_gdl_is_of_first_order():
    """The band of 0.35 is more than 5 standard errors of the fit (checked)."""
    slope, error = fitted_slope("gdl", (0.04, 0.08, 0.16))
    assert 5 * error < 0.35
    assert abs(slope - 1) < 0.35


def test_lm_is_of_more_than_first_order():
    """Where LM's bias is large enough to see, the next order shows too: 2.5 is seen, not 2.

    So only this is held: a first-order scheme is excluded, by more than 5 standard errors.
    """
    slope, error = fitted_slope("lm", (0.3, 0.42, 0.6))
    assert slope - 5 * error > 1.5


def test_lm_on_a_quadratic_has_boltzmanns_variance_at_any_step():
    """T/k; false-alarm rate 1e-6 (4.9 sigma). The control: GDL at the same step must fail."""
    U = potentials.quadratic(1)
    scores = {}
    for name in ("lm", "gdl"):
        run = simulate(U, make(name, 0.5, 1.0), walkers=20_480, steps=400, burn_in=100, every=20, seed=29)
        scores[name] = abs(run.energy.mean - 0.5) / run.energy.stderr
    assert scores["lm"] < 4.9
    assert scores["gdl"] > 4.9


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
