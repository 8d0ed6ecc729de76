"""The distance of each integrator's law from Boltzmann's as a function of the step size: fitted slopes."""

import numpy as np
import pytest

from langevin_sim import potentials
from langevin_sim.dynamics import make
from langevin_sim.reference import boltzmann, chain_law
from langevin_sim.simulation.simulate import simulate

SIGMAS = 4.9  # false-alarm rate 1e-6 of each comparison


def soft_twowell(dim):
    return potentials.twowell(dim, ratio=1.3, separation=2.0, softness=0.8)


def fitted_slopes(name, dim, step_sizes):
    """Slopes of log |deviation| against log eta: of the mean energy, and of the mass of a well."""
    U = soft_twowell(dim)
    base = boltzmann(U, 1.0)
    laws = [chain_law(U, make(name, eta, 1.0)) for eta in step_sizes]
    deviations = [[law.mean_energy - base.mean_energy, law.mass("wide") - base.mass("wide")] for law in laws]
    errors = [[law.mean_energy_error, law.errors["wide"]] for law in laws]
    assert (np.array(errors) < 0.01 * np.abs(deviations)).all()
    return np.polyfit(np.log(step_sizes), np.log(np.abs(deviations)), 1)[0]


@pytest.mark.parametrize("dim", [1, 3])
def test_gdl_deviates_in_proportion_to_the_step(dim):
    slopes = fitted_slopes("gdl", dim, (0.03, 0.06, 0.12))
    assert np.abs(slopes - 1).max() < 0.1
    assert np.abs(slopes - 2).min() > 0.5  # the control: it is not of LM's order


@pytest.mark.parametrize(("dim", "step_sizes"), [(1, (0.015, 0.03, 0.06)), (3, (0.04, 0.06, 0.08))])
def test_lm_deviates_in_proportion_to_the_square_of_the_step(dim, step_sizes):
    slopes = fitted_slopes("lm", dim, step_sizes)
    assert np.abs(slopes - 2).max() < 0.15
    assert np.abs(slopes - 1).min() > 0.5  # the control: it is not of GDL's order


@pytest.mark.parametrize(("name", "eta"), [("gdl", 0.04), ("gdl", 0.16), ("lm", 0.3), ("lm", 0.6)])
def test_walkers_deviate_as_the_chains_law_does(name, eta):
    """Mean energy: false-alarm rate 1e-6. The control: Boltzmann fails."""
    U = soft_twowell(1)
    law, base = chain_law(U, make(name, eta, 1.0)), boltzmann(U, 1.0)
    run = simulate(
        U, make(name, eta, 1.0), walkers=20_480, steps=int(3000 / eta) // 4 * 4, burn_in=int(80 / eta) // 4 * 4, every=4, seed=17
    )
    print("bias", run.energy.mean - base.mean_energy, "of", law.mean_energy - base.mean_energy, "+-", run.energy.stderr)
    assert abs(run.energy.mean - law.mean_energy) < SIGMAS * run.energy.stderr
    assert abs(run.energy.mean - base.mean_energy) > SIGMAS * run.energy.stderr


def test_lm_on_a_quadratic_has_boltzmanns_variance_at_any_step():
    """T/k; false-alarm rate 1e-6 (4.9 sigma). The control: GDL at the same step must fail."""
    U = potentials.quadratic(1)
    scores = {}
    for name in ("lm", "gdl"):
        run = simulate(U, make(name, 0.5, 1.0), walkers=20_480, steps=400, burn_in=100, every=20, seed=29)
        scores[name] = abs(run.energy.mean - 0.5) / run.energy.stderr
    assert scores["lm"] < SIGMAS
    assert scores["gdl"] > SIGMAS


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
