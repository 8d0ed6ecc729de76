"""Identities on a torus and in boxes, and the noise of single steps there: what is right passes, and each fault is found.

Seeds were fixed before looking. The joint false-alarm rate is the command's, 1 % a run; a fault must be found at every seed.
"""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest

from langevin_sim import potentials
from langevin_sim.dynamics import GDL, MALA, SGD, SGDL, parse_domain
from langevin_sim.reference.chain.batch_mean import characteristic
from langevin_sim.simulation.judge import judge
from langevin_sim.simulation.references import reference_laws
from langevin_sim.simulation.simulate import simulate
from langevin_sim.simulation.waves import waves

SIZE = {"walkers": 1280, "steps": 8000, "burn_in": 4000, "record_every": 20, "start": "uniform", "seed": 1}


def periodic(dim=2, domain="torus:0,1"):
    """Two wells in x_1, one in every other coordinate."""
    return potentials.make("0.8*cos(4*pi*x1) + sum(0.5*cos(2*pi*x))", dim, domain=parse_domain(domain))


def judged(potential, moving, declared=None):
    """The verdict by what needs no law alone."""
    declared = declared or moving
    run = replace(simulate(potential, moving, **SIZE), dynamics=declared)
    laws = replace(reference_laws(potential, declared, chain=False), boltzmann=None, boltzmann_reason="left out")
    return judge(run, laws)


@pytest.mark.parametrize("replacement", [False, True])
def test_the_mean_over_batches_is_that_of_every_batch(replacement):
    z = np.exp(1j * np.random.default_rng(1).normal(size=(6, 4)))
    every = list(product(range(6), repeat=3) if replacement else combinations(range(6), 3))
    expected = np.mean([z[list(batch)].prod(axis=0) for batch in every], axis=0)
    np.testing.assert_allclose(characteristic(z, 3, replacement), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("potential", "dynamics", "tested"),
    [
        (periodic(), GDL(0.0004), 2),
        (periodic(domain="reflecting:0,1"), GDL(0.0004), 0),
        (periodic(domain="box:0,1"), GDL(0.0004), 0),
        (periodic(10), GDL(0.0004), 8),
        (potentials.tilted(periodic(), 30.0 * np.eye(2), terms=50), SGDL(0.0004, 0.5, batch_size=5), 2),
        (potentials.rbf(), SGDL(16.0, 0.01, batch_size=5, replacement=True), 2),
    ],
)
def test_what_is_right_passes(potential, dynamics, tested):
    found = judged(potential, dynamics)
    assert found.word == "no-reference", found
    assert sum("the sine" in test.quantity for test in found.tests) == tested
    noise = [test for test in found.tests if test.quantity.startswith("variance of the noise")]
    assert bool(noise) == (potential.name != "rbf")


def test_the_mean_force_of_an_exact_dynamics_vanishes_on_a_torus():
    found = judged(periodic(), MALA(0.002))
    assert [test.quantity for test in found.tests if test.law == "stationarity"][:2] == ["mean force on x_1", "mean force on x_2"]
    assert found.word == "no-reference"


@pytest.mark.parametrize("domain", ["torus:0,1", "reflecting:0,1", "box:0,1"])
def test_a_temperature_off_by_a_hundredth_is_found(domain):
    assert judged(periodic(domain=domain), GDL(0.0004, 1.01), GDL(0.0004)).word == "disagrees"


@pytest.mark.parametrize("domain", ["torus:0,1", "reflecting:0,1"])
def test_another_temperature_is_found_by_the_waves_alone(domain):
    found = judged(periodic(domain=domain), GDL(0.0004, 1.1), GDL(0.0004))
    worst = min((test for test in found.tests if "sine" in test.quantity), key=lambda test: test.p)
    assert worst.p < 1e-6


@pytest.mark.parametrize("dynamics", [SGD(8.0, batch_size=2), SGDL(8.0, 0.01, batch_size=2, replacement=True)])
def test_a_step_with_batches_has_the_mean_of_every_batch(dynamics):
    """E exp(ik x') from where four walkers are, by all batches, beside what waves() makes of the slopes of all terms."""
    potential, x = potentials.rbf(), np.random.default_rng(2).uniform(0, 8, size=(4, 2))
    n, k = potential.terms.n_terms, 2 * np.pi / 8
    batches = np.array(list(product(range(n), repeat=2) if dynamics.replacement else combinations(range(n), 2)))
    damping = np.exp(-dynamics.step_size * dynamics.temperature * k**2)
    phases = [np.exp(1j * k * (p - dynamics.step_size * slopes(potential, p, batches))).mean(axis=0) for p in x]
    expected = np.exp(1j * k * x) - damping * np.array(phases)
    run = simulate(potential, dynamics, walkers=2, steps=40, burn_in=0, record_every=20, seed=1)
    found = list(waves(run.balance, potential, dynamics, x))
    assert len(found) == 4
    np.testing.assert_allclose([one.values for one in found[::2]], expected.real.T, atol=1e-12)
    np.testing.assert_allclose([one.values for one in found[1::2]], expected.imag.T, atol=1e-12)


def slopes(potential, point, batches):
    """The mean gradient of every batch, [batches, dim]."""
    return potential.batch_gradient(np.tile(point, (len(batches), 1)), batches)
