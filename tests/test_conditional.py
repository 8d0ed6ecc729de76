"""Boltzmann's law where U is quadratic given one coordinate, beside closed forms and beside quadrature in all coordinates."""

import math

import numpy as np
import pytest
from scipy import stats

import langevin_sim as ls
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.expression import structure
from langevin_sim.expression.grammar import parse
from langevin_sim.reference.boltzmann import tensor

# far down the neck exp(-x1) overflows: 15,000 temperatures up
pytestmark = pytest.mark.filterwarnings("ignore:.*is not finite from")

FUNNEL = "x1^2/18 + (sum(x^2) - x1^2)*exp(-x1)/2 + a*x1"


def funnel(dim):
    return ls.potentials.make(FUNNEL, dim, parameters={"a": (dim - 1) / 2})


@pytest.mark.parametrize(("dim", "temperature"), [(3, 1.0), (10, 1.0), (10, 1.1), (40, 1.0)])
def test_a_funnel_that_is_written_out(dim, temperature):
    U, exact = funnel(dim), ls.potentials.funnel(dim)
    law, known = ls.boltzmann(U, temperature), ls.boltzmann(exact, temperature)
    assert abs(law.mean_energy - known.mean_energy) <= law.mean_energy_error <= 1e-9 * max(1.0, known.mean_energy)
    edges = np.linspace(*exact.extent(temperature)[0], 21)
    assert (np.abs(law.bin_masses(edges) - known.bin_masses(edges)) <= law.bin_errors(edges) + 1e-13).all()
    assert law.bin_errors(edges).max() < 1e-10
    moments = law.moments
    mean = 4.5 * (dim - 1) * (temperature - 1)
    second = temperature * math.exp(mean + 4.5 * temperature)  # E x_2^2 = T E e^v
    assert abs(moments.mean[0] - mean) <= moments.mean_error[0] + 1e-12
    assert abs(moments.second[1] - second) <= moments.second_error[1] <= 1e-5 * second
    # the extent is where the law is, not where the minimum lies
    low, high = U.extent(temperature)[0]
    assert low < mean - 4 * 3 < mean + 4 * 3 < high


def test_marginals_and_draws_of_the_gaussian_coordinates():
    """x_2 of the funnel: a mixture of normals, integrated here by a plain rule; draws within 4.5 standard errors (1e-5)."""
    law = ls.boltzmann(funnel(10), 1.0)
    edges = np.array([-10.0, -1.0, 0.0, 0.5, 3.0])
    v = np.linspace(-40.0, 40.0, 400_001)
    weight = stats.norm.pdf(v, scale=3.0) * (v[1] - v[0])
    below = [weight @ stats.norm.cdf(edge * np.exp(-0.5 * v)) for edge in edges]
    found, errors = law.marginal(1, edges), law.marginal_errors(1, edges)
    assert (np.abs(found - np.diff(below)) <= errors + 1e-11).all()
    assert errors.max() < 1e-9
    x = law.sample(40_000, seed=1)
    for j, exact in ((0, stats.norm(scale=3.0).cdf), (7, lambda edge: weight @ stats.norm.cdf(edge * np.exp(-0.5 * v)))):
        for edge in (-1.0, 0.3):
            share = exact(edge)
            assert abs((x[:, j] <= edge).mean() - share) < 4.5 * math.sqrt(share * (1 - share) / len(x))


@pytest.mark.parametrize(
    "text",
    [
        "(x1^2-1)^2 + (x2-x1^2)^2 + (x3-x1*x2)^2",  # coupled, with A not diagonal
        "x3^4/4 + x1^2*(1+x3^2) + (x2-sin(x3))^2 + x1*x2/2",  # given the last coordinate
        "cosh(x2) + (x1-x2)^2/2 + (x3-2*x2)^2*(1+x2^2)/2",
    ],
)
def test_beside_quadrature_in_three_dimensions(text):
    U = ls.potentials.make(text, 3)
    law, other = ls.boltzmann(U, 0.7), tensor.integrals(U, 0.7)
    assert "in closed form" in law.method
    assert abs(law.mean_energy - other.energy) <= law.mean_energy_error + other.energy_error
    assert law.mean_energy_error < 1e-10
    edges = np.linspace(*U.extent(0.7)[0], 13)
    masses, errors = other.marginal(edges)
    assert (np.abs(law.bin_masses(edges) - masses) <= law.bin_errors(edges) + errors + 1e-12).all()


def test_masses_of_several_regions_come_from_points_of_the_law():
    U = ls.potentials.make("(x1^2-1)^2 + 0.3*x1 + (x2-x1)^2 + (x3-x2)^2 + (x4-x3*(1+x1^2))^2", 4)
    law = ls.boltzmann(U, 0.5)
    assert len(law.masses) == 2
    x = law.sample(100_000, seed=2)
    for k, (name, mass) in enumerate(law.masses.items()):
        share = (U.label(x) == k).mean()
        assert abs(share - mass) < 4.5 * math.sqrt(mass * (1 - mass) / len(x)) + law.errors[name]


@pytest.mark.parametrize(
    ("text", "dim", "given"),
    [
        (FUNNEL, 5, 0),
        ("x1^2/200+(x2+b*x1^2-100*b)^2/2+x3^2/2", 3, 0),
        ("x3^4 + x1^2*x3^2 + (x2-x3)^2", 3, 2),
        ("sum(x^2)^2", 3, None),
        ("sum((x^2-1)^2) + x1*x2*x3", 3, None),
        ("x1^2*x2^2 + x2^4 + x1^4", 2, None),
        ("max(x)*x1", 3, None),
        ("mean(x^2)*exp(x2)", 4, 1),
    ],
)
def test_what_is_found_in_an_expression(text, dim, given):
    assert structure.given(parse(text), dim) == given


def test_what_has_no_integral_is_refused():
    """x_2 is free where x_1^2 < 1."""
    U = ls.potentials.make("x1^4 + x2^2*(1+x1^2) + x3^2*(x1^2+1)", 3)
    assert ls.boltzmann(U, 1.0).mean_energy > 0  # the control
    with pytest.raises((ReferenceUnavailable, ls.errors.InputError)):
        ls.boltzmann(ls.potentials.make("x1^4 + x1*x3 + x2^2*(x1^2-1) + x3^2 + x2*x3*x1", 3), 1.0)
