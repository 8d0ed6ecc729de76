"""Growth ends a run, not one distant walker. SGD's bound of the second moment and its tail exponent, against enumeration."""

import itertools
import json
import math

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.optimize import brentq

import langevin_sim as ls
from langevin_sim.cli.main import main
from langevin_sim.errors import DivergenceError, ReferenceUnavailable
from langevin_sim.potentials import finite_sum, multiplicative, regression_from
from langevin_sim.reference.least_squares import stationary_covariance
from langevin_sim.reference.stability import mean_square_bound, no_second_moment, tails
from langevin_sim.simulation.divergence import LARGEST, _grows

HEAVY = np.array([0.1, -0.3, 0.5, 0.7, -0.2, 0.4, 2.6, 0.9, -0.6, 1.1])[:, None]
VALUES = np.array([0.3, -1.0, 0.2, 0.8, -0.4, 1.0, 0.5, -0.7, 0.0, 0.1])


def batch_means(a, size, replacement):
    draws = itertools.product(a, repeat=size) if replacement else itertools.combinations(a, size)
    return np.array([np.mean(batch) for batch in draws])


@pytest.mark.parametrize(("size", "replacement"), [(1, True), (2, False), (3, False), (3, True)])
@pytest.mark.parametrize("eta", [0.9, 1.7])
def test_tails_equal_enumeration(size, replacement, eta):
    """E log|1 - eta a_B|, alpha and the bound, from all batches in one dimension."""
    U = regression_from(HEAVY, VALUES)
    found = tails(U, ls.SGD(eta, batch_size=size, replacement=replacement))
    means = batch_means(HEAVY[:, 0] ** 2, size, replacement)
    factors = np.abs(1 - eta * means)
    bound = brentq(lambda step: np.mean((1 - step * means) ** 2) - 1, 1e-3, 50)
    assert found.bound == pytest.approx(bound, rel=1e-10)
    assert found.growth == pytest.approx(np.log(factors).mean(), abs=1e-3 if size > 1 else 1e-12)
    alpha = brentq(lambda power: np.mean(factors**power) - 1, 0.05, 60)
    assert abs(found.exponent - alpha) <= 10 * found.exponent_error
    assert found.exponent_error < 1e-3 * alpha
    assert (found.exponent > 2) == (eta < found.bound)


def test_where_there_is_no_tail():
    """Interpolation: x tends to 0; no factor above 1: all moments; growth: walkers do not come back; tilts: GD's own bound."""
    assert tails(multiplicative(1), ls.SGD(1.0, batch_size=1)).exponent is None
    assert tails(regression_from(HEAVY, VALUES), ls.SGD(0.1, batch_size=1)).exponent == math.inf
    away = tails(regression_from(HEAVY, VALUES), ls.SGD(30.0, batch_size=1))
    assert away.growth > 0
    assert away.exponent is None
    assert "do not come back" in no_second_moment(away, 30.0)
    assert no_second_moment(away, 0.5 * away.bound) == ""
    tilted = ls.potentials.tilted(ls.potentials.quadratic(2), 1.0, terms=20)
    assert mean_square_bound(tilted, ls.SGD(0.1)) == pytest.approx(tilted.stability_bound, rel=1e-6)
    assert tails(ls.potentials.twowell(1), ls.GDL(0.1)) is None


@pytest.mark.parametrize("dim", [3, 14])
def test_the_bound_is_where_the_covariance_ends(dim):
    """Least squares in any dimension: just below the bound there is a stationary covariance, just above there is none."""
    rng = np.random.default_rng(dim)
    U = regression_from(rng.normal(size=(30, dim)), rng.normal(size=30))
    bound = mean_square_bound(U, ls.SGD(0.1, batch_size=2))
    assert bound < 0.9 * U.stability_bound
    assert np.isfinite(stationary_covariance(U, ls.SGD(0.999 * bound, batch_size=2))).all()
    with pytest.raises(ReferenceUnavailable, match="grows"):
        stationary_covariance(U, ls.SGD(1.001 * bound, batch_size=2))


def test_the_bound_of_a_sum_of_ones_own_is_that_of_regression():
    rng = np.random.default_rng(8)
    a, y = rng.normal(size=(9, 2)), rng.normal(size=9)
    own = finite_sum("(a*x1 + b*x2 - y)^2/2", 2, {"a": a[:, 0], "b": a[:, 1], "y": y})
    dynamics = ls.SGD(0.1, batch_size=2)
    assert mean_square_bound(own, dynamics) == pytest.approx(mean_square_bound(regression_from(a, y), dynamics), rel=1e-7)


SMALL = {"walkers": 1024, "steps": 8000, "burn_in": 2000, "record_every": 40, "seed": 20}


def test_heavy_tails_are_not_divergence():
    """SGD on regression far beyond the bound, where walkers come back: stationary, with the exponent that is predicted.

    Hill's estimate over 1,024 independent walkers' last positions, the 64 farthest: alpha within 4.9 alpha / sqrt(64), a
    false-alarm rate of 1e-6; Gaussian tails of the same spread (the control) are outside.
    """
    U = regression_from(HEAVY, VALUES)
    dynamics = ls.SGD(1.6, batch_size=1, replacement=True)
    found = tails(U, dynamics)
    assert found.exponent < 2 < 1.6 / found.bound
    run = ls.simulate(U, dynamics, **SMALL)
    assert run.diverged == 0
    assert run.alive.all()
    assert np.abs(run.final).max() > 100 * np.abs(U.extent(1.0)).max()  # where walkers were lost before

    def hill(x):
        ordered = np.sort(np.abs(x - U.minima[0]).ravel())[::-1]
        return 1.0 / np.mean(np.log(ordered[:64] / ordered[64]))

    width = 4.9 * found.exponent / math.sqrt(64)
    assert abs(hill(run.final) - found.exponent) < width
    assert abs(hill(np.random.default_rng(1).normal(size=1024)) - found.exponent) > width
    assert any("the tails fall as" in reason for reason in run.verdict().reasons)


@pytest.mark.parametrize(
    ("potential", "dynamics"),
    [
        (lambda: ls.potentials.quadratic(2), ls.GD(2.01)),
        (lambda: ls.potentials.quadratic(1), ls.GDL(2.1)),
        (lambda: ls.potentials.twowell(1), ls.GDL(5.0)),
        (lambda: ls.potentials.doublewell(2), ls.GDL(0.5)),
        (lambda: regression_from(HEAVY, VALUES), ls.SGD(30.0, batch_size=1)),
        (lambda: regression_from(HEAVY, VALUES), ls.GD(3.0)),
    ],
)
def test_growth_ends_a_run_at_once(potential, dynamics):
    """Stopped within a few thousand of a million steps, with one line that names the bound; SGD has its own bound."""
    U = potential()
    with pytest.raises(DivergenceError, match="is stable below") as caught:
        ls.simulate(U, dynamics, **(SMALL | {"steps": 1_000_000}))
    told = str(caught.value)
    assert "\n" not in told
    assert int(told.split("by step ")[1].split(":")[0]) <= 4096
    assert ("second moment below" in told) == isinstance(dynamics, ls.SGD)


def test_a_short_run_is_ended_too():
    with pytest.raises(DivergenceError):
        ls.simulate(ls.potentials.quadratic(1), ls.GDL(2.5), walkers=256, steps=40, burn_in=0, record_every=40, seed=1)


def test_a_far_start_comes_back():
    """All walkers a million extents away: gradient descent brings them in, and none has diverged."""
    U = ls.potentials.quadratic(2)
    run = ls.simulate(U, ls.GDL(0.1), start=1e7, walkers=256, steps=400, burn_in=400, record_every=40, seed=2)
    assert run.diverged == 0
    assert np.abs(run.final).max() < 10


def test_what_counts_as_growth():
    """Growth is a factor of ten on average, significantly, not from a few walkers."""
    assert _grows(np.full(5, 3.0))
    assert not _grows(np.full(5, 2.0))
    assert not _grows(np.array([30.0, -10.0, -5.0]))
    assert not _grows(np.array([5.0]))
    assert np.finfo(float).max > LARGEST**2


def test_shown_in_summary_report_and_table(tmp_path, monkeypatch):
    """Heavy-tailed rows, b = 1, with replacement: COMPLETED, and reported in all three places."""
    monkeypatch.chdir(tmp_path)
    lines = [f"{a:g},{y:g}" for a, y in zip(HEAVY[:, 0], VALUES, strict=True)]
    (tmp_path / "points.csv").write_text("\n".join(["a,y", *lines]))
    options = ["--walkers", "256", "--steps", "800", "--burn-in", "400", "--seed", "1", "--batch-size", "1", "--replacement"]
    shared = ["run", "--potential", "regression", "--data", "points.csv", "--dynamics", "sgd", *options]
    told = CliRunner().invoke(main, [*shared, "--step-size", "1.6", "--out", "heavy"])
    assert told.exit_code == 0, told.output
    result = json.loads((tmp_path / "heavy" / "summary.json").read_text())["results"][0]
    expected = tails(regression_from(HEAVY, VALUES), ls.SGD(1.6, batch_size=1, replacement=True))
    assert result["diverged"] == 0
    assert result["tails"]["bound"] == pytest.approx(expected.bound, rel=1e-9)
    assert result["tails"]["exponent"] == pytest.approx(expected.exponent, rel=1e-9)
    assert f"the tails fall as |x|^-{expected.exponent:.3g}" in told.output.replace("\n", " ")
    assert "tail exponent" in (tmp_path / "heavy" / "report.html").read_text()
    refused = CliRunner().invoke(main, [*shared, "--step-size", "30", "--out", "away"])
    assert refused.exit_code == 2
    assert f"has a second moment below {expected.bound:.3g}" in refused.stderr
