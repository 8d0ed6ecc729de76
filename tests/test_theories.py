"""The theories of SGD against closed forms, and the figure that compares them with the exact laws."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import langevin_sim as ls
from langevin_sim import potentials
from langevin_sim.cli.main import main
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.memo import registry, theories
from langevin_sim.memo.reproduce_laws import reproduce_laws
from langevin_sim.reference.least_squares import lyapunov_covariance
from langevin_sim.reference.theories import (
    boltzmann_cells,
    cells,
    diffusion,
    modified_equation_cells,
    ornstein_uhlenbeck_cells,
    total_variation,
)


def variance(where, p):
    x = where.middles[:, 0]
    return p @ x**2 - (p @ x) ** 2


def test_where_the_noise_is_the_same_everywhere_the_first_order_is_boltzmanns_law():
    potential, dynamics = potentials.tilted(potentials.twowell(1), 40.0), ls.SGD(0.05, batch_size=1)
    where = cells([-8.0], [7.0], 3000)
    one = modified_equation_cells(potential, dynamics, where, 1)
    assert total_variation(one, boltzmann_cells(potential, 1.0, where)) < 1e-5
    assert total_variation(one, boltzmann_cells(potential, 1.1, where)) > 1e-2


def test_on_a_torus_central_differences_tend_to_boltzmanns_law():
    """Noise that is the same everywhere and in all directions: the error falls as the square of the cells' width."""
    torus = ls.Domain("torus", 0.0, 2.0 * np.pi)
    potential = potentials.tilted(potentials.make("cos(x1) + cos(x2) + cos(x1 + x2) / 2", 2, domain=torus), 2.0)
    dynamics = ls.SGDL(0.1, 0.3, batch_size=1)
    errors = []
    for count in (16, 32, 64):
        where = cells([0.0, 0.0], [2.0 * np.pi] * 2, count)
        np.testing.assert_allclose(diffusion(potential, dynamics, where.middles[:1])[0], 0.4 * np.eye(2), atol=1e-12)
        found = modified_equation_cells(potential, dynamics, where, 1)
        errors.append(total_variation(found, boltzmann_cells(potential, 0.4, where)))
    assert errors[2] < 1e-2
    assert errors[2] < 0.3 * errors[1] < 0.09 * errors[0]


def test_multiplicative_noise_has_a_power_law_in_the_first_order():
    """D = T + c x^2, U = x^2/2: p ~ (T + c x^2)^-(1 + 1/(2c)). And the variance T/(1 - c) that follows from it."""
    potential, dynamics = potentials.multiplicative(rows=20), ls.SGDL(0.2, 0.5, batch_size=2)
    curvatures = potential.terms.data[:, 0] ** 2
    c = 0.1 * dynamics.variance_factor(20) * curvatures.var()
    where = cells([-60.0], [60.0], 40_000)
    found = modified_equation_cells(potential, dynamics, where, 1)
    x = where.middles[:, 0]
    exact = (0.5 + c * x**2) ** (-1.0 - 0.5 / c)
    assert total_variation(found, exact / exact.sum()) < 1e-6
    assert variance(where, found) == pytest.approx(0.5 / (1.0 - c), rel=1e-3)


def test_on_a_parabola_the_orders_have_their_variances():
    """D/k times 1 and 1/(1 + eta k/2); the exact chain law 1/(1 - eta k/2); Ornstein-Uhlenbeck as the first order."""
    k, eta = 2.0, 0.3
    potential, dynamics = potentials.tilted(potentials.quadratic(1, stiffness=k), 4.0), ls.SGDL(eta, 0.2, batch_size=10)
    where = cells([-6.0], [6.0], 6000)
    level = float(diffusion(potential, dynamics, np.zeros((1, 1)))[0, 0, 0]) / k
    assert level == pytest.approx((0.2 + 0.15 * 4.0 * dynamics.variance_factor(1000)) / k)
    assert variance(where, modified_equation_cells(potential, dynamics, where, 1)) == pytest.approx(level, rel=1e-4)
    assert variance(where, modified_equation_cells(potential, dynamics, where, 2)) == pytest.approx(
        level / (1 + eta * k / 2), rel=1e-4
    )
    assert variance(where, ornstein_uhlenbeck_cells(potential, dynamics, level, where)) == pytest.approx(level, rel=1e-4)
    assert ls.chain_law(potential, dynamics).moments.second[0] == pytest.approx(level / (1 - eta * k / 2), rel=1e-6)


def test_ornstein_uhlenbeck_has_lyapunovs_covariance():
    generator = np.random.default_rng(5)
    rows = generator.normal(size=(6, 2))
    potential = potentials.regression_from(rows, rows @ np.array([1.0, 2.0]) + generator.normal(size=6))
    dynamics = ls.SGDL(0.1, 0.1, batch_size=3)
    where = cells(potential.minima[0] - 4.0, potential.minima[0] + 4.0, 200)
    p = ornstein_uhlenbeck_cells(potential, dynamics, 0.2, where).ravel()
    away = where.middles - potential.minima[0]
    np.testing.assert_allclose((away * p[:, None]).T @ away, lyapunov_covariance(potential, dynamics), rtol=1e-6)


def test_what_a_theory_cannot_do_is_refused():
    potential = potentials.regression(2)
    where = cells([-2.0, -2.0], [2.0, 2.0], 8)
    with pytest.raises(ReferenceUnavailable, match="in one dimension, and on a torus in two"):
        modified_equation_cells(potential, ls.SGDL(0.1, 0.1, batch_size=3), where)
    with pytest.raises(ReferenceUnavailable, match="diffusion vanishes"):
        modified_equation_cells(potentials.multiplicative(), ls.SGD(0.1, batch_size=3), cells([-1.0], [1.0], 11))
    with pytest.raises(ReferenceUnavailable, match="not a finite sum"):
        diffusion(potentials.twowell(1), ls.SGDL(0.1, 0.1), np.zeros((1, 1)))


def test_the_plane_of_a_law_has_its_marginals():
    """Batches on rbf: sums over x_2 are the marginal of x_1; all of it is 1. On a line there is no plane."""
    law = ls.chain_law(potentials.rbf(), ls.SGDL(60.0, 0.003, batch_size=3))
    edges = np.linspace(0.0, 8.0, 41)
    plane = law.plane(edges, edges)
    np.testing.assert_allclose(plane.sum(axis=1), law.marginal(0, edges), atol=1e-12)
    np.testing.assert_allclose(plane.sum(axis=0), law.marginal(1, edges), atol=1e-12)
    assert plane.sum() == pytest.approx(1.0, abs=1e-12)
    with pytest.raises(ReferenceUnavailable, match="by its marginals alone"):
        ls.chain_law(potentials.twowell(1), ls.GDL(0.1)).plane(edges, edges)


def test_the_figure_on_few_settings(tmp_path, monkeypatch):
    small = theories.Setting("tilts", "tilts of twowell", theories._tilts, (0.01, 0.2), (1, 10))
    monkeypatch.setattr(theories, "SETTINGS", (small,))
    figure = theories.LawFigure("theories", lambda progress: theories.compute(progress, (small,)), theories.text, theories.draw)
    monkeypatch.setattr(theories, "FIGURE", figure)
    said = []
    folder, summary = reproduce_laws("theories", tmp_path / "here", lambda *how_far: said.append(how_far))
    assert said[0] == ("tilts, eta = 0.01, b = 1", 0, 4)
    assert json.loads((folder / "summary.json").read_text())["results"] == summary["results"]
    near, far = (entry["theories"]["boltzmann"]["tv"] for entry in summary["results"] if entry["batch_size"] == 10)
    assert near < theories.GOOD < far
    text = (folder / "figure.md").read_text()
    assert "2 of 3; all up to eta = 0.01" in text
    assert "No exact law: tilts, eta = 0.2, b = 1" in text
    assert (folder / "figure.png").stat().st_size > 10_000
    assert (folder / "report.html").exists()


def test_the_command_takes_no_options_of_the_other_figures():
    assert list(registry.law_figures()) == ["theories"]
    answer = CliRunner().invoke(main, ["reproduce", "theories", "--literal"])
    assert answer.exit_code == 2
    assert "--literal does not apply to theories, which takes --out, --json and --quiet" in answer.stderr
