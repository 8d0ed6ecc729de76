"""How long a run must be: escape times, the plan, --steps auto, --extrapolate."""

import json
import math

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.integrate import quad

from langevin_sim import potentials
from langevin_sim.cli.main import main
from langevin_sim.dynamics import GDL, MALA, SGDL, Domain
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.reference import chain_law
from langevin_sim.reference.eyring_kramers import escape_time, relaxation_time, saddle_between
from langevin_sim.reference.temperature import effective_temperature
from langevin_sim.settings.run import make_spec
from langevin_sim.settings.systems import build, halved
from langevin_sim.simulation import plan
from langevin_sim.simulation.references import reference_laws


def test_escape_time_is_the_mean_first_passage_time():
    """In d = 1 exactly (1/T) int_m^s e^(U/T) int_-inf^y e^(-U/T), to the saddle half of what Kramers gives, to O(T)."""
    U, T = potentials.doublewell(1), 0.05

    def energy(x):
        return float(U.energy(np.array([x])))

    left, saddle = U.minima[np.argmin(U.minima[:, 0])], np.zeros(1)
    inner = lambda y: quad(lambda z: math.exp(-energy(z) / T), -2.5, y, points=[-1.0], epsrel=1e-10)[0]  # noqa: E731
    exact = quad(lambda y: math.exp(energy(y) / T) * inner(y), -1.0, 1.0, points=[0.0], epsrel=1e-8)[0] / T
    assert escape_time(U, left, saddle, T) == pytest.approx(exact, rel=3 * T)
    assert escape_time(U, left, saddle, 2 * T) != pytest.approx(exact, rel=0.5)


def test_the_saddle_is_found_and_the_chain_relaxes_as_kramers_says():
    """Asymptotic in T over the barrier (3.6): within a quarter at T = 0.5, where the chain's second eigenvalue is exact."""
    U = potentials.twowell(1, softness=1.0)
    saddle = saddle_between(U, *U.minima)
    assert np.abs(U.gradient(saddle)).max() < 1e-8
    steps = chain_law(U, GDL(0.01, 0.5)).relaxation_steps
    assert relaxation_time(U, 0.5) / 0.01 == pytest.approx(steps, rel=0.25)


def test_what_has_no_escape_time_says_why():
    for U in (potentials.quadratic(2), potentials.valley(2), potentials.boxes(2)):
        with pytest.raises(ReferenceUnavailable):
            relaxation_time(U, 0.5)


def test_plan():
    U, dynamics = potentials.twowell(1), GDL(0.02, 1.0)
    law = reference_laws(U, dynamics)
    burn_in, steps = plan.needed([law], 40)
    assert burn_in == 40 * math.ceil(10 * law.relaxation_steps / 40)
    assert steps == 40 * math.ceil(60 * law.relaxation_steps / 40)
    assert plan.too_short(law, 0, 1000)
    assert not plan.too_short(law, burn_in, steps)
    assert "--steps auto takes" in plan.notice(U, dynamics, law, 0, 1000)
    assert "relaxes in about" in plan.notice(U, dynamics, law, burn_in, steps)
    assert "no run passes" in plan.notice(U, dynamics, reference_laws(U, GDL(0.02, 0.03), chain=False), burn_in, steps)
    assert plan.warnings(potentials.boxes(1), dynamics)
    assert not plan.warnings(U, dynamics)
    # refusals apart, MALA moves as GDL does
    assert reference_laws(U, MALA(0.02, 1.0)).relaxation_steps == pytest.approx(law.relaxation_steps)


def test_steps_auto(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = "--dims 1 --walkers 256 --step-size 0.1 --burn-in 0 --steps auto --seed 1 --out auto"
    assert CliRunner().invoke(main, ["run", *settings.split()]).exit_code == 0
    manifest = json.loads((tmp_path / "auto" / "manifest.json").read_text())
    result = json.loads((tmp_path / "auto" / "summary.json").read_text())["results"][0]
    assert manifest["status"] == "COMPLETED"
    assert 60 <= manifest["spec"]["steps"] / result["relaxation_steps"] < 61
    assert 10 <= manifest["spec"]["burn_in"] / result["relaxation_steps"] < 11


@pytest.mark.parametrize("name", ["gdl", "sgd"])
def test_extrapolation_comes_nearer_to_boltzmann(tmp_path, monkeypatch, name):
    """Within 4.9 sigma (1e-6) and what is left of order eta^2; the control: at the step itself Boltzmann fails."""
    monkeypatch.chdir(tmp_path)
    settings = "--dims 1 --step-size 0.05 --walkers 10240 --steps 12000 --burn-in 4000 --seed 12 --extrapolate --json"
    answer = CliRunner().invoke(main, ["run", "--dynamics", name, *settings.split()])
    region = json.loads(answer.stdout)["results"][0]["regions"][0]
    assert abs(region["mass"] - region["boltzmann"]) > 4.9 * region["stderr"]
    U = potentials.twowell(1)
    at_step, at_half = (chain_law(U, GDL(eta, 1.0)).mass("wide") for eta in (0.05, 0.025))
    left = abs(2 * at_half - at_step - region["boltzmann"])
    assert left < 0.35 * abs(region["mass"] - region["boltzmann"])
    assert abs(region["extrapolated"] - (2 * at_half - at_step)) < 4.9 * region["extrapolated_stderr"]


def test_half_the_step_keeps_the_temperature_of_the_batches():
    (case,) = build(make_spec({"dims": [2], "dynamics": ["sgdl"], "temperature": 0.7}))
    assert isinstance(case[1], SGDL)
    assert halved(case)[1].step_size == 0.5 * case[1].step_size
    assert effective_temperature(*halved(case)) == pytest.approx(effective_temperature(*case))
    assert effective_temperature(*case) == pytest.approx(1.4)


def test_the_limit_of_cold_is_drawn_only_where_it_is_known():
    """Equal depths: r^d / (1 + r^d); a shallower narrow well: 1; softened so that depths differ: unknown. None is assumed."""
    from langevin_sim.reference import boltzmann

    for ratio, dim in ((2.0, 3), (0.5, 2)):
        U = potentials.twowell(dim, ratio=ratio, separation=8.0)
        assert U.cold_masses[0] == pytest.approx(ratio**dim / (1.0 + ratio**dim))
        assert boltzmann(U, 0.02).mass("wide") == pytest.approx(U.cold_masses[0], abs=1e-3)
    deeper = potentials.twowell(2, depth=0.5)
    assert deeper.cold_masses.tolist() == [1.0, 0.0]
    assert boltzmann(deeper, 0.02).mass("wide") == pytest.approx(1.0, abs=1e-6)
    assert potentials.twowell(2, separation=1.0, softness=1.0).cold_masses is None
    assert potentials.twowell(2).on(Domain("box", -1.0, 1.0)).cold_masses is None
