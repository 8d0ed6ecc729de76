import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import chi2, norm

from langevin_sim import potentials
from langevin_sim.errors import InputError
from langevin_sim.reference import boltzmann


@pytest.mark.parametrize("dim", [1, 2, 3, 10, 100])
def test_quadratic_is_gaussian(dim):
    law = boltzmann(potentials.quadratic(dim, stiffness=3.0), 0.7)
    assert law.mass("core") == pytest.approx(chi2.cdf(dim / 0.7, dim), abs=1e-10)
    assert law.mean_energy == pytest.approx(0.35 * dim, rel=1e-10)
    edges = np.linspace(-2.5, 2.5, 31)
    exact = np.diff(norm.cdf(edges / np.sqrt(0.7 / 3.0)))
    np.testing.assert_allclose(law.bin_masses(edges), exact, atol=1e-9)


@pytest.mark.parametrize("dim", [1, 2, 5, 100])
def test_a_mixture_of_gaussians_in_closed_form(dim):
    """With softness = T the law is the mixture of two Gaussians, weights as their volumes."""
    U = potentials.twowell(dim, softness=1.0, ratio=1.2)
    law = boltzmann(U, 1.0)
    weight = 1.2**dim / (1 + 1.2**dim)
    edges = np.linspace(-6, 6, 61)
    exact = weight * np.diff(norm.cdf(edges, -2, 1)) + (1 - weight) * np.diff(norm.cdf(edges, 2, 1 / 1.2))
    np.testing.assert_allclose(law.bin_masses(edges), exact, atol=1e-8)


def test_one_dimension_against_adaptive_quadrature():
    U = potentials.twowell(1)
    law = boltzmann(U, 0.5)

    def density(x):
        return float(np.exp(-U.energy(np.array([x])) / 0.5))

    wide = quad(density, -12, 2 / 3, epsabs=1e-13, limit=200)[0] + quad(density, 6, 12)[0]
    narrow = quad(density, 2 / 3, 6, epsabs=1e-13, limit=200)[0]
    assert law.mass("wide") == pytest.approx(wide / (wide + narrow), abs=1e-9)
    assert law.errors["wide"] < 1e-7


@pytest.mark.parametrize("dim", [1, 3, 5])
def test_cold_limit(dim):
    assert boltzmann(potentials.twowell(dim), 0.02).mass("wide") == pytest.approx(2**dim / (1 + 2**dim), abs=2e-3)


def test_temperature_must_be_positive():
    with pytest.raises(InputError):
        boltzmann(potentials.twowell(1), 0.0)


@pytest.mark.parametrize("dim", [1, 5])
def test_a_bin_may_be_wide(dim):
    """P(x_1 < 2/3) with softness = T, a mixture of two Gaussians: 0.66539 for d = 1."""
    law = boltzmann(potentials.twowell(dim, softness=1.0), 1.0)
    weight = 2.0**dim / (1 + 2.0**dim)
    exact = weight * norm.cdf(2 / 3, -2, 1) + (1 - weight) * norm.cdf(2 / 3, 2, 0.5)
    for low in (-np.inf, -50.0, -8.0):
        assert law.bin_masses(np.array([low, 2 / 3]))[0] == pytest.approx(exact, abs=1e-8)
