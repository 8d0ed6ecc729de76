"""The length of a run: escape times, the plan, --steps auto, --extrapolate."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.integrate import quad
from scipy.stats import chi, norm

from langevin_sim import potentials
from langevin_sim.cli.main import main
from langevin_sim.dynamics import GD, GDL, MALA, RWM, SGD, SGDL, Domain
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.reference import boltzmann, chain_law
from langevin_sim.reference.eyring_kramers import correction, doubt, escape_time, joined, relaxation_time, saddle_between
from langevin_sim.reference.metropolis import refusals
from langevin_sim.reference.temperature import effective_temperature
from langevin_sim.settings.run import make_spec
from langevin_sim.settings.systems import System, build, halved, unextrapolated
from langevin_sim.simulation import plan, references
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


@pytest.mark.parametrize("T", [1.0, 0.5, 0.3])
def test_eyring_and_kramers_are_doubted_above_the_softness(T):
    """They are off by about the factor by which the chain's own relaxation is slower; below the softness they are trusted."""
    U = potentials.twowell(1)
    saddle = saddle_between(U, *U.minima)
    slower = chain_law(U, GDL(0.005, T)).relaxation_steps * 0.005 / relaxation_time(U, T)
    assert correction(U, U.minima[0], saddle, T) == pytest.approx(slower, rel=0.15)
    assert "not to be trusted" in doubt(U, T)
    assert doubt(U, 0.05) == ""
    assert "the lowest barrier is" in doubt(potentials.himmelblau(), 1.0)


def test_only_wells_that_touch_are_joined():
    """On the way between the outer two of three wells in a row the highest point may be the saddle of two others."""
    U = potentials.make("-0.3*cos(2*pi*x1) + (x1^2 - 1)^2/100 + 2*x2^2", 2, domain=Domain("box", -1.4, 1.4))
    outer = [k for k, point in enumerate(U.minima) if abs(point[0]) > 0.5]
    saddle = saddle_between(U, *U.minima[outer])
    assert saddle is not None
    assert set(joined(U, saddle)) != set(outer)
    assert relaxation_time(U, 0.1) > 0.0


def test_refusals_slow_a_chain():
    """Random-walk Metropolis on a standard normal: acceptance 2 E Phi(-s r/2), r the length of d normals, to 4.5 sigma."""
    for dim, eta in ((20, 1.0), (20, 0.05), (5, 0.1)):
        U, dynamics = potentials.quadratic(dim), RWM(eta, 1.0)
        found = refusals(U, dynamics, 1.0, boltzmann(U, 1.0))
        exact = quad(lambda r, d=dim, s=dynamics.noise: 2.0 * norm.cdf(-0.5 * s * r) * chi.pdf(r, d), 0.0, 20.0)[0]
        assert found.acceptance == pytest.approx(exact, abs=4.5 * math.sqrt(exact / 16_384))
    law = reference_laws(potentials.quadratic(20), RWM(1.0, 1.0))
    assert 300.0 < law.relaxation_steps < 30_000.0
    assert "of the proposals are accepted" in law.relaxation_source
    # in one dimension the chain's own eigenvalue, from its transition matrix
    x = np.linspace(-7.0, 7.0, 701)
    step = norm.pdf(x[:, None] - x, scale=RWM(0.5, 1.0).noise) * (x[1] - x[0])
    step *= np.exp(np.minimum(0.5 * (x[:, None] ** 2 - x**2), 0.0))
    np.fill_diagonal(step, 0.0)
    np.fill_diagonal(step, 1.0 - step.sum(axis=1))
    second = np.sort(np.linalg.eigvals(step).real)[-2]
    found = refusals(potentials.quadratic(1), RWM(0.5, 1.0), 1.0, boltzmann(potentials.quadratic(1), 1.0))
    assert found.least_steps == pytest.approx(-1.0 / math.log(second), rel=0.2)
    assert found.least_steps < -1.05 / math.log(second)  # a bound, but for the draws


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
    # MALA moves like GDL, but for the few proposals that it refuses
    assert 1.0 < reference_laws(U, MALA(0.02, 1.0)).relaxation_steps / law.relaxation_steps < 1.05


def test_dynamics_side_by_side_share_a_potential_and_its_laws(monkeypatch):
    """MALA's relaxation is that of GDL's chain, and both have Boltzmann's law; another temperature has laws of its own."""
    computed = []

    def counted(law):
        def call(*arguments):
            found = law(*arguments)
            computed.append(law.__name__)  # a law that is refused does not count
            return found

        return call

    for law in (references.boltzmann, references.chain_law):
        monkeypatch.setattr(references, law.__name__, counted(law))
    systems = build(make_spec({"dims": [1, 2], "dynamics": ["gdl", "mala"], "step_size": 0.1}))
    assert systems[0].potential is systems[1].potential is not systems[2].potential
    (gdl, mala), (U, _) = [reference_laws(*system) for system in systems[:2]], systems[0]
    assert sorted(computed) == ["boltzmann", "chain_law"]
    assert mala.boltzmann is gdl.boltzmann
    assert mala.relaxation_steps > gdl.relaxation_steps  # by what is refused
    reference_laws(U, GDL(0.1, 0.9))
    assert sorted(computed) == ["boltzmann", "boltzmann", "chain_law", "chain_law"]


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


@pytest.mark.parametrize("name", ["own", "ones"])
def test_half_the_step_keeps_the_temperature_of_sums_of_ones_own(name):
    """Where V_i - U is a tilt, it grows by sqrt(2); U and its gradient stay as they are."""
    values = np.random.default_rng(3).exponential(size=40)
    potential = (
        potentials.finite_sum("(x1^2-1)^2 + c*x1", 1, {"c": values})
        if name == "own"
        else potentials.regression_from(np.ones((40, 1)), values)
    )
    case = System(potential, SGDL(0.04, 0.5, batch_size=5))
    half = halved(case)
    assert effective_temperature(*half) == pytest.approx(effective_temperature(*case), rel=1e-12)
    assert effective_temperature(*case) > 0.5
    x = np.array([[0.3], [-1.2]])
    np.testing.assert_allclose(half.potential.gradient(x), potential.gradient(x), rtol=1e-12)
    for i in (0, 7):
        one = np.full((2, 1), i)
        away = [U.batch_gradient(x, one) - U.gradient(x) for U in (potential, half.potential)]
        np.testing.assert_allclose(away[1], np.sqrt(2.0) * away[0], rtol=1e-9)


def test_extrapolation_of_a_sum_of_ones_own_agrees_with_boltzmann_at_the_same_temperature(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shifts = np.random.default_rng(5).normal(scale=2.0, size=60)
    Path("shifts.csv").write_text("c\n" + "\n".join(f"{c:.4f}" for c in shifts))
    settings = (
        "--dims 1 --dynamics sgdl --temperature 0.5 --step-size 0.04 --batch-size 5 --walkers 2560 --steps 8000 --burn-in 4000"
    )
    arguments = ["run", "--potential", "sum: (x1^2-1)^2 + c*x1", "--data", "shifts.csv", *settings.split(), "--seed", "12"]
    (result,) = json.loads(CliRunner().invoke(main, [*arguments, "--extrapolate", "--json"]).stdout)["results"]
    assert result["verdict"] == "finite-step"
    for region in result["regions"]:
        assert region["extrapolated_verdict"] in ("agrees", "finite-step")
        assert abs(region["extrapolated_remainder"]) < abs(region["chain"] - region["boltzmann"])
        assert region["extrapolated_error"] >= region["extrapolated_stderr"]


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (System(potentials.rbf(), SGD(1.0)), "depends on x and vanishes with the step"),
        (System(potentials.twowell(1), MALA(0.1)), "Boltzmann's law at any step"),
        (System(potentials.twowell(1), GD(0.1)), "no stationary law"),
        (System(potentials.rbf(), SGDL(1.0, 0.01)), ""),
        (System(potentials.twowell(1), GDL(0.1)), ""),
    ],
)
def test_what_cannot_be_extrapolated_says_why(case, words):
    assert words in unextrapolated(case)
    assert bool(words) == bool(unextrapolated(case))


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
