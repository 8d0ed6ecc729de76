"""Boltzmann's law over a plane and over (x_1, rho), against closed forms."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import digamma
from scipy.stats import norm, t

from langevin_sim import potentials
from langevin_sim.dynamics import Domain
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.reference import boltzmann
from langevin_sim.reference.boltzmann import nested


def bare(name, dim, **parameters):
    """The potential without its closed forms."""
    U = potentials.get(name, dim, **parameters)
    return replace(U, factors=None, exact_masses=None, exact_marginal=None, exact_energy=None, quadratic=None)


@pytest.mark.parametrize(
    ("name", "dim", "temperature", "parameters"),
    [
        ("funnel", 2, 1.0, {}),
        ("funnel", 2, 0.3, {}),
        ("funnel", 10, 1.0, {}),
        ("banana", 2, 1.0, {}),
        ("banana", 2, 3.0, {"bend": 1.0}),
        ("rosenbrock", 2, 0.5, {}),
        ("gaussians", 2, 0.15, {}),
        ("boxes", 2, 0.3, {}),
        ("wedge", 2, 0.2, {}),
        ("valley", 2, 1.0, {}),
        ("illconditioned", 2, 1.0, {}),
        ("studentt", 2, 1.0, {}),
        ("studentt", 2, 1.0, {"freedom": 2.2}),
        ("studentt", 10, 1.0, {"freedom": 1.0}),
    ],
)
def test_closed_forms(name, dim, temperature, parameters):
    """True errors are within the claimed ones, which are small; total and bins come from one rule."""
    U = potentials.get(name, dim, **parameters)
    law = nested.integrals(bare(name, dim, **parameters), temperature)
    energy = U.quadratic.minimum + dim * temperature / 2 if U.quadratic else U.exact_energy(temperature)
    assert abs(law.energy - energy) <= law.energy_error < 1e-6 * (1.0 + abs(energy))
    if U.exact_masses is not None:
        assert (np.abs(law.masses - U.exact_masses(temperature)) <= law.errors).all()
    assert law.errors.max() < 1e-6
    assert law.masses.sum() == pytest.approx(1.0, abs=1e-12)
    if U.exact_marginal is not None:
        edges = np.linspace(*U.extent(temperature)[0], 21)
        bins, errors = law.marginals[0].bins(edges)
        assert (np.abs(bins - U.exact_marginal(temperature, edges)) <= errors).all()
        assert errors.max() < 1e-6
        assert law.marginals[0].bins(np.array([-np.inf, np.inf]))[0] <= 1.0


@pytest.mark.parametrize("dim", [2, 5, 1000])
def test_wells_far_apart(dim):
    """Masses are proportional to volumes at any distance; a single grid would miss both wells."""
    law = boltzmann(potentials.twowell(dim, separation=1e4), 1.0)
    assert law.mass("wide") == pytest.approx(2.0**dim / (1 + 2.0**dim) if dim < 1000 else 1.0, abs=1e-7)
    assert law.mean_energy == pytest.approx(dim / 2, rel=1e-8)


def test_a_rotated_well():
    law = nested.integrals(bare("expr: (x1+x2)^2/4+k*(x1-x2)^2/4", 2, k=1e6), 1.0)
    assert law.energy == pytest.approx(1.0, abs=1e-9)
    assert law.moments.second == pytest.approx([0.5 + 0.5e-6] * 2, rel=1e-8)
    assert law.marginals[1].bins(np.array([0.0, 0.3]))[0][0] == pytest.approx(
        norm.cdf(0.3 / np.sqrt(0.5 + 0.5e-6)) - 0.5, abs=1e-9
    )


@pytest.mark.parametrize("nu", [1.5, 2.0, 5.0])
def test_heavy_tails_leave_moments_infinite(nu):
    """Student's t in the plane: U/T = (nu + 2)/2 log(1 + r^2/nu)."""
    law = boltzmann(potentials.make(f"({nu}+2)/2*log(1+(x1^2+x2^2)/{nu})", 2), 1.0)
    assert law.mean_energy == pytest.approx((nu + 2) / 2 * (digamma((nu + 2) / 2) - digamma(nu / 2)), abs=1e-6)
    edges = np.array([-1.0, 0.0, 2.0])
    for coordinate in (0, 1):
        np.testing.assert_allclose(law.marginal(coordinate, edges), np.diff(t.cdf(edges, nu)), atol=1e-7)
    second = nu / (nu - 2) if nu > 2 else np.inf
    assert law.moments.second == pytest.approx([second, second], rel=1e-6)
    assert law.moments.mean == pytest.approx([0.0, 0.0], abs=1e-6)


@pytest.mark.parametrize(
    ("text", "temperature"), [("log(1+x1^2+x2^2)", 1.0), ("log(1+x1^2+x2^2)", 2.0), ("2*log(1+x1^2)+log(1+x2^2)/2", 1.01)]
)
def test_tails_without_an_integral_are_refused(text, temperature):
    U = potentials.make(text, 2, temperature=0.1)
    with pytest.raises(ReferenceUnavailable, match="cannot be normalised"):
        nested.integrals(U, temperature)


def test_a_valley_without_an_integral_is_refused():
    """U = (x_1 x_2 - 1)^2 in R^2: the integral of exp(-U/T) over x_2 is sqrt(pi T)/|x_1|, infinite at 0 and at infinity."""
    with pytest.raises(ReferenceUnavailable, match="cannot be normalised"):
        nested.integrals(replace(potentials.valley(2), domain=Domain()), 1.0)


def test_a_kink_across_the_axes():
    """abs(x1) + abs(x1 - x2) + abs(x2): exp(-U) is homogeneous, so that E U = 2."""
    law = nested.integrals(bare("expr: abs(x1)+abs(x1-x2)+abs(x2)", 2), 1.0)
    assert abs(law.energy - 2.0) <= law.energy_error < 1e-6


@pytest.mark.parametrize(("name", "dim"), [("twowell", 2), ("twowell", 4)])
def test_draws(name, dim):
    """Means and second moments of 4,000 draws within 4.5 standard errors, of 2 dim numbers: false alarms below 1e-4."""
    law = pickle.loads(pickle.dumps(boltzmann(potentials.get(name, dim), 1.0)))
    x = law.sample(4000, seed=1)
    assert x.shape == (4000, dim)
    for power, expected in ((1, law.moments.mean), (2, law.moments.second)):
        error = (x**power).std(axis=0) / np.sqrt(4000)
        assert (np.abs((x**power).mean(axis=0) - expected) < 4.5 * error).all()
