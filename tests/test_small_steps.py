"""GDL in two dimensions with steps that are too small for a grid: the drift, then a convolution by Fourier transforms."""

import numpy as np
import pytest
from scipy.special import ndtr

import langevin_sim as ls
from langevin_sim import potentials
from langevin_sim.reference.chain import grid
from langevin_sim.reference.chain.batches import convolved_law, end_corrections
from langevin_sim.reference.chain.convolution import TooManyNodes


def test_the_corrected_midpoint_rule_is_exact_for_polynomials():
    """Degree 9 on [0, 1] with 20 cells; one degree more is not integrated exactly by eight corrections."""
    x, weights = (np.arange(20) + 0.5) / 20, np.ones(20)
    weights[:10] += end_corrections(10)
    weights[-10:] += end_corrections(10)[::-1]
    for degree in range(10):
        assert weights @ x**degree / 20 == pytest.approx(1 / (degree + 1), rel=1e-11)
    assert np.ones(20) @ x**9 / 20 != pytest.approx(0.1, rel=1e-4)


def test_a_harmonic_well_has_its_closed_form():
    """Variances T/(k (1 - eta k/2)) along the axes of a form that is turned, and the mass of a half-plane."""
    U = potentials.make("x1^2 + 0.6*x1*x2 + 0.8*x2^2", 2)
    step, temperature = 0.2, 0.7
    curvature = np.array([[2.0, 0.6], [0.6, 1.6]])
    covariance = temperature * np.linalg.inv(curvature @ (np.eye(2) - 0.5 * step * curvature))
    law = convolved_law(U, ls.GDL(step, temperature))
    assert law.mean_energy == pytest.approx(0.5 * np.trace(curvature @ covariance), rel=1e-9)
    assert law.mean_energy_error < 1e-6
    np.testing.assert_allclose(law.moments.second, np.diag(covariance), rtol=1e-9)
    above = law.marginal(1, np.array([0.5, 50.0]))[0]
    assert above == pytest.approx(ndtr(-0.5 / np.sqrt(covariance[1, 1])), abs=1e-8)


@pytest.mark.parametrize(
    ("potential", "dynamics"),
    [
        (potentials.twowell(2, softness=1.0), ls.GDL(0.2, 1.0)),
        (potentials.gaussians(2), ls.GDL(0.5, 0.4)),
        (potentials.twowell(2, softness=1.0).on(ls.Domain("reflecting", -3.0, 3.0)), ls.GDL(0.2, 1.0)),
    ],
    ids=["space", "torus that does not match at the seam", "mirrors"],
)
def test_the_law_is_that_of_the_grid(potential, dynamics):
    """Masses, energy and marginals, within the errors that both claim."""
    found, other = convolved_law(potential, dynamics), ls.chain_law(potential, dynamics)
    assert "Fourier" in found.method
    assert "Fourier" not in other.method
    for name, mass in found.masses.items():
        assert mass == pytest.approx(other.masses[name], abs=found.errors[name] + other.errors[name])
        assert found.errors[name] < 1e-4
    assert found.mean_energy == pytest.approx(other.mean_energy, abs=found.mean_energy_error + other.mean_energy_error)
    assert found.relaxation_steps == pytest.approx(other.relaxation_steps, rel=1e-3)
    edges = np.linspace(*potential.extent(dynamics.temperature)[1], 9)
    np.testing.assert_allclose(found.marginal(1, edges), other.marginal(1, edges), atol=2e-4)


def test_a_symmetric_landscape_has_its_slow_mode():
    """Two equal wells: the guess is not as symmetric as U, or the time between the wells would not be seen."""
    U, dynamics = potentials.twowell(2, ratio=1.0), ls.GDL(0.3, 1.0)
    assert convolved_law(U, dynamics).relaxation_steps == pytest.approx(ls.chain_law(U, dynamics).relaxation_steps, rel=1e-3)


def test_what_is_too_large_for_a_grid_is_convolved(monkeypatch):
    """And what is too large for that as well is told in terms of the settings."""
    potential, dynamics = potentials.gaussians(2), ls.GDL(0.5, 0.4)
    expected = ls.chain_law(potential, dynamics)
    monkeypatch.setattr(grid, "MAX_WORK", 1e5)
    law = ls.chain_law(potential, dynamics)
    assert "Fourier" in law.method
    assert law.masses["wide"] == pytest.approx(expected.masses["wide"], abs=1e-6)
    with pytest.raises(TooManyNodes, match=r"noise, 0.00632, is small beside the window of 18 by 18 .* larger step"):
        convolved_law(potential, ls.GDL(1e-4, 0.2))
