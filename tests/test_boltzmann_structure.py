"""Boltzmann's law from what is known of U: quadratic forms, sums over groups of coordinates; moments, marginals, draws."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import gamma
from scipy.stats import kstest, norm

from langevin_sim import potentials
from langevin_sim.dynamics import Domain
from langevin_sim.errors import InputError, ReferenceUnavailable
from langevin_sim.reference import boltzmann
from langevin_sim.reference.boltzmann.quadratic import integrals as gaussian

EDGES = np.linspace(-2.0, 2.0, 9)
FALSE_ALARM_RATE = 1e-4


def bare(U):
    return replace(U, factors=None, exact_masses=None, exact_marginal=None, exact_energy=None, symmetry="", quadratic=None)


@pytest.mark.parametrize(("name", "dim"), [("quadruple", 2), ("quadruple", 3), ("asymmetric", 2), ("styblinskitang", 2)])
def test_a_product_against_quadrature(name, dim):
    U = potentials.get(name, dim)
    whole, grid = boltzmann(U, 1.0), boltzmann(bare(U), 1.0)
    assert "product" in whole.method
    assert "product" not in grid.method
    assert abs(whole.mean_energy - grid.mean_energy) <= grid.mean_energy_error + whole.mean_energy_error + 1e-12
    for region, mass in whole.masses.items():
        assert abs(mass - grid.mass(region)) <= grid.errors[region] + whole.errors[region] + 1e-12
    np.testing.assert_allclose(whole.bin_masses(EDGES), grid.bin_masses(EDGES), atol=1e-8 if dim == 2 else 1e-4)


@pytest.mark.parametrize("dim", [3, 5])
def test_a_tilted_product_in_many_dimensions(dim):
    """sum((x^2 - 1)^2) + tilt x_1: the first coordinate's law, and dim - 1 times another's."""
    line, tilted = "(x1^2-1)^2", "(x1^2-1)^2 + tilt*x1"
    each = boltzmann(potentials.make(line, 1), 0.5)
    first = boltzmann(potentials.make(tilted, 1, parameters={"tilt": 0.2}), 0.5)
    U = potentials.make("sum((x^2-1)^2) + tilt*x1", dim, parameters={"tilt": 0.2})
    law = boltzmann(U, 0.5)
    assert law.mean_energy == pytest.approx(first.mean_energy + (dim - 1) * each.mean_energy, rel=1e-12)
    np.testing.assert_allclose(law.marginal(0, EDGES), first.bin_masses(EDGES), atol=1e-13)
    np.testing.assert_allclose(law.marginal(dim - 1, EDGES), each.bin_masses(EDGES), atol=1e-13)
    assert law.moments.second[1] == pytest.approx(each.moments.second[0], rel=1e-12)
    assert law.moments.mean[0] == pytest.approx(first.moments.mean[0], rel=1e-12)
    assert law.moments.mean[0] < -0.01


@pytest.mark.parametrize("text", ["x1^2/2+k*x2^2/2", "(x1+x2)^2/4+k*(x1-x2)^2/4", "k*(x1-3)^2/2+(x2+x1)^2/2+5"])
@pytest.mark.parametrize("k", [1.0, 1e6])
def test_a_quadratic_form_is_normal(text, k):
    """Whatever its condition and orientation: E U = minimum + d T/2."""
    U = potentials.make(text, 2, parameters={"k": k})
    law = boltzmann(U, 0.7)
    floor = 5.0 if text.endswith("5") else 0.0
    assert law.mean_energy == pytest.approx(floor + 0.7, rel=1e-9)
    x = law.sample(4000, seed=1)
    energies = U.energy(x) - floor  # T times an exponential variable in two dimensions
    assert kstest(energies / 0.7, "expon").pvalue > FALSE_ALARM_RATE
    assert kstest(energies / 0.77, "expon").pvalue < FALSE_ALARM_RATE  # the negative control
    for j in range(2):
        deviation = np.sqrt(law.moments.second[j] - law.moments.mean[j] ** 2)
        edges = law.moments.mean[j] + deviation * np.array([-1.0, 0.0, 2.0])
        np.testing.assert_allclose(law.marginal(j, edges), np.diff(norm.cdf([-1.0, 0.0, 2.0])), atol=1e-6)


def test_masses_of_a_quadratic_by_draws():
    """Where no grid can: against the grid where one can."""
    U = potentials.quadratic(5)
    exact = boltzmann(U, 1.0)
    found = gaussian(U, U.quadratic, 1.0, None)
    apart = np.abs(found.masses - list(exact.masses.values()))
    assert (apart <= found.errors).all()
    assert found.errors.max() < 4 * 0.5 / np.sqrt(16 * 2**13)  # four standard errors of as many independent draws


@pytest.mark.parametrize("power", [0.5, 1.0, 4.0])
def test_moments_of_powers(power):
    """U = |x|^b: E x^2 = Gamma(3/b)/Gamma(1/b), density(0) = 1/(2 Gamma(1 + 1/b)) at T = 1."""
    law = boltzmann(potentials.make("abs(x1)^b", 1, parameters={"b": power}), 1.0)
    exact = gamma(3.0 / power) / gamma(1.0 / power)
    assert abs(law.moments.second[0] - exact) <= law.moments.second_error[0] + 1e-14 * exact
    assert law.moments.second_error[0] < 1e-8 * exact
    assert law.density(np.array([0.0]))[0] == pytest.approx(0.5 / gamma(1.0 + 1.0 / power), rel=1e-4)


@pytest.mark.parametrize(("nu", "mean", "second"), [(5.0, 0.0, 5.0 / 3.0), (2.0, 0.0, np.inf), (1.0, np.nan, np.inf)])
def test_tails_that_leave_no_moments(nu, mean, second):
    moments = boltzmann(potentials.get("studentt", 1, freedom=nu), 1.0).moments
    np.testing.assert_allclose(moments.mean, mean, atol=1e-9)
    np.testing.assert_allclose(moments.second, second, atol=2 * moments.second_error[0])
    assert moments.second_error[0] < 1e-5


@pytest.mark.parametrize(
    "U",
    [potentials.twowell(1), potentials.get("studentt", 1), potentials.boxes(1), potentials.get("quadruple", 3)],
    ids=str,
)
def test_draws(U):
    """Against the marginal of the last coordinate; false-alarm rate FALSE_ALARM_RATE; a law 20 % hotter is told apart."""
    law = boltzmann(U, 1.0)
    x = law.sample(5000, seed=3)
    assert x.shape == (5000, U.dim)
    np.testing.assert_array_equal(x, law.sample(5000, seed=3))
    assert (x != law.sample(5000, seed=4)).any()
    last = U.dim - 1

    def below(law):
        return lambda at: law.marginal(last, np.concatenate([[-np.inf], at])).cumsum()

    assert kstest(x[:, last], below(law)).pvalue > FALSE_ALARM_RATE
    assert kstest(x[:, last], below(boltzmann(U, 2.0))).pvalue < FALSE_ALARM_RATE
    assert U.label(x).mean() == pytest.approx(np.arange(len(U.regions)) @ list(law.masses.values()), abs=5 * len(U.regions) / 70)


@pytest.mark.parametrize(
    "U",
    [
        potentials.twowell(1),
        potentials.twowell(3),
        potentials.quadratic(4),
        potentials.get("quadruple", 2),
        potentials.muellerbrown(),
        potentials.boxes(2),
        potentials.twowell(4).on(Domain("torus", -9.0, 9.0)),
    ],
    ids=str,
)
def test_laws_are_pickled(U):
    law = boltzmann(U, 0.8)
    again = pickle.loads(pickle.dumps(law))
    assert again.masses == law.masses
    np.testing.assert_array_equal(again.bin_masses(EDGES), law.bin_masses(EDGES))


def test_what_is_not_known_is_refused():
    law = boltzmann(bare(potentials.twowell(3)), 1.0)
    assert law.moments is None
    with pytest.raises(ReferenceUnavailable, match="marginal of x_2"):
        law.marginal(1, EDGES)
    with pytest.raises(ReferenceUnavailable, match="independent draws"):
        law.sample(3, seed=1)
    with pytest.raises(InputError, match="expected 0 to 2"):
        law.marginal(3, EDGES)


def test_a_product_on_a_bounded_domain():
    U = potentials.get("quadruple", 2).on(Domain("reflecting", -1.0, 3.0))
    whole, grid = boltzmann(U, 1.0), boltzmann(bare(U), 1.0)
    assert "product" in whole.method
    assert abs(whole.mean_energy - grid.mean_energy) <= grid.mean_energy_error + 1e-12
    assert whole.bin_masses(np.array([-1.0, 3.0]))[0] == pytest.approx(1.0, abs=1e-13)
