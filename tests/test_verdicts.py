"""Verdicts: what is wrong is caught, what is right is not, and what has not settled claims nothing.

Seeds were fixed before looking. The bound is that of the command: 1 % false alarms a run.
"""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from langevin_sim import potentials
from langevin_sim.cli.main import main
from langevin_sim.dynamics import GDL, SGD
from langevin_sim.simulation.judge import judge
from langevin_sim.simulation.references import reference_laws
from langevin_sim.simulation.simulate import simulate
from langevin_sim.simulation.summary import summarise

ENSEMBLES = 5  # of a default run


@pytest.fixture(scope="module")
def claimed():
    """The law with which a run in d = 2 is compared: the default twowell at T = 1 and the default step."""
    return reference_laws(potentials.twowell(2), GDL(0.02, 1.0))


def judged(potential, temperature, claimed):
    """The verdict at the command's default walkers and steps, in one of its dimensions."""
    run = simulate(potential, GDL(0.02, temperature), walkers=10_240, steps=60_000, burn_in=10_000, every=40, seed=8)
    return summarise(replace(run, dynamics=GDL(0.02, 1.0)), claimed, ENSEMBLES)


def test_what_is_right_is_off_by_its_step_and_no_more(claimed):
    assert judged(potentials.twowell(2), 1.0, claimed)["verdict"] == "finite-step"


@pytest.mark.parametrize(
    ("potential", "temperature"),
    [
        (potentials.twowell(2), 1.02),
        (potentials.twowell(2), 0.98),
        (potentials.twowell(2, ratio=2 / 0.98), 1.0),  # a narrow well narrower by 2 %
        (potentials.twowell(2), 1.01),  # what a stream of normals with variance 1.01 amounts to
    ],
)
def test_what_is_wrong_disagrees(potential, temperature, claimed):
    assert judged(potential, temperature, claimed)["verdict"] == "disagrees"


@pytest.mark.parametrize("predicted", [True, False])
@pytest.mark.parametrize(
    ("temperature", "burn_in", "steps", "start"),
    [
        (1.0, 0, 400, "narrow"),
        (1.0, 400, 800, "narrow"),
        (0.2, 1000, 4000, "narrow"),
        (0.2, 1000, 4000, "wide"),
        (0.2, 1000, 4000, "dispersed"),
        (1.0, 200, 400, "dispersed"),
    ],
)
def test_what_has_not_settled_claims_nothing(temperature, burn_in, steps, start, predicted):
    """Too few steps from one well, and wells that no walker ever leaves; with and without a predicted relaxation time."""
    potential, dynamics = potentials.twowell(1), GDL(0.02, temperature)
    run = simulate(potential, dynamics, walkers=2560, steps=steps, burn_in=burn_in, every=40, start=start, seed=6)
    law = reference_laws(potential, dynamics)
    law = law if predicted else replace(law, relaxation_steps=None)
    assert summarise(run, law, ENSEMBLES)["verdict"] == "unconverged"


def test_check_answers_with_its_exit_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ["run", "--dims", "1", "--walkers", "1280", "--seed", "3", "--check", "--json"]
    settled = CliRunner().invoke(main, [*arguments, "--steps", "20000", "--step-size", "0.05", "--burn-in", "4000"])
    assert json.loads(settled.stdout)["results"][0]["verdict"] in ("finite-step", "agrees")
    assert settled.exit_code == 0
    assert CliRunner().invoke(main, [*arguments, "--start", "narrow", "--steps", "400", "--burn-in", "0"]).exit_code == 3


@pytest.mark.parametrize(
    ("dynamics", "declared", "word"),
    [
        (SGD(0.1, batch_size=5), None, "finite-step"),
        (SGD(1.0, batch_size=1), None, "finite-step"),  # x' is one of the values
        (SGD(1.0, batch_size=3, replacement=True), None, "finite-step"),
        (SGD(0.1, batch_size=4), SGD(0.1, batch_size=5), "disagrees"),
        (SGD(0.1, batch_size=5, replacement=True), SGD(0.1, batch_size=5), "disagrees"),
    ],
)
def test_a_column_of_ones_is_judged_by_its_exact_moments(dynamics, declared, word):
    """The walkers of this autoregression have no density, and its moments at any step are known."""
    values = np.random.default_rng(3).exponential(size=40)
    potential = potentials.regression_from(np.ones((40, 1)), values)
    run = simulate(potential, dynamics, walkers=2560, steps=4000, burn_in=400, seed=1)
    run = replace(run, dynamics=declared or dynamics)
    judged = judge(run, reference_laws(potential, run.dynamics, chain=False))
    assert judged.word == word, judged
    assert {test.law for test in judged.tests} >= {"chain", "boltzmann", "step"}
    assert any("exact moments" in reason for reason in judged.reasons)
