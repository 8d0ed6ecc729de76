"""The minima that are found, and the borders of the regions about them."""

import itertools
import math

import numpy as np
import pytest

import langevin_sim as ls
from langevin_sim.dynamics.domain import parse_domain
from langevin_sim.expression.components import components
from langevin_sim.expression.grammar import parse
from langevin_sim.potentials import make
from langevin_sim.potentials.custom import search

OVERFLOWS = pytest.mark.filterwarnings("ignore:.*logaddexp")  # written naively, as these are, which make() tells
TWOWELL = "-0.25*log(exp(-((x1+2)^2+x2^2)/0.5)+exp(-4*((x1-2)^2+x2^2)/0.5))"


@OVERFLOWS
def test_twowell_written_out_has_the_regions_of_the_built_in():
    """Regions are where either quadratic is smaller, not basins of descent, whose border contains the saddle at x_1 = 0.635."""
    U, own = make(TWOWELL, 2), ls.potentials.twowell(2)
    x = np.random.default_rng(1).uniform(-5.0, 5.0, (20_000, 2))
    assert np.array_equal(U.label(x), 1 - own.label(x))  # the narrow one, listed first, is lower by a trifle
    law, expected = ls.boltzmann(U, 1.0), ls.boltzmann(own, 1.0)
    assert law.mass("well1") == pytest.approx(expected.mass("narrow"), abs=law.errors["well1"] + expected.errors["narrow"])
    dynamics = ls.GDL(step_size=0.02, temperature=1.0)
    chain = ls.chain_law(U, dynamics)
    assert chain.mass("well1") == pytest.approx(0.192571, abs=1e-6)
    assert chain.errors["well1"] < 1e-5


@OVERFLOWS
@pytest.mark.parametrize(
    ("text", "count"),
    [
        (TWOWELL, 2),
        ("x1^2/9 - tau*log((2*exp(-x1^2)*exp(-x2^2) + exp(-(x1-3)^2 - x2^2))/tau + exp(1 - sum((x-4)^2)))", 3),
        ("-logaddexp(-(x1-2)^2 - x2^2, logaddexp(-x1^2 - x2^2, -3*x1^2 - mean(x^2)))", 3),
    ],
)
def test_the_exponents_of_a_soft_minimum(text, count):
    """U from the forms that were read, at random points, against U itself."""
    values = {"tau": 0.5} if "tau" in text else {}
    forms = components(parse(text), 2, values)
    assert len(forms) == count
    x = np.random.default_rng(0).normal(size=(50, 2))
    total = np.logaddexp.reduce([f.constant + x @ f.slope + np.einsum("ni,ij,nj->n", x, f.curvature, x) for f in forms])
    scale = 0.25 if text == TWOWELL else values.get("tau", 1.0)
    rest = x[:, 0] ** 2 / 9.0 if values else 0.0
    assert make(text, 2, parameters=values).energy(x) == pytest.approx(rest - scale * total, abs=1e-12)


@pytest.mark.parametrize("text", ["x1^2+x2^2", "log(1+x1^2+x2^2)", "-log(exp(-x1^4)+exp(-x2^2))", "-log(exp(-x1^2)+x2^2)"])
def test_what_is_no_soft_minimum_of_quadratics(text):
    assert components(parse(text), 2, {}) is None


def gaussians(centres, variance, weights=None):
    """-log sum_k w_k exp(-|x - c_k|^2 / (2 v)) and its gradient, vectorised."""
    log_weights = np.log(np.ones(len(centres)) if weights is None else weights)

    def exponents(x):
        return log_weights - ((x[..., None, :] - centres) ** 2).sum(axis=-1) / (2.0 * variance)

    def energy(x):
        return -np.logaddexp.reduce(exponents(x), axis=-1)

    def gradient(x):
        share = np.exp(exponents(x) + energy(x)[..., None])
        return (share[..., None] * (x[..., None, :] - centres)).sum(axis=-2) / variance

    return energy, gradient


def lattice(n, dim=2, angle=0.0):
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    points = np.array(list(itertools.product(2.0 * (np.arange(n) - (n - 1) / 2), repeat=2))) @ turn
    return points if dim == 2 else np.column_stack([points, points[:, 0] / 2.0])


RING = 4.0 * np.column_stack([np.cos(np.arange(12) * math.pi / 6), np.sin(np.arange(12) * math.pi / 6)])


@pytest.mark.parametrize(
    ("centres", "weights"),
    [
        (lattice(5), None),
        (lattice(5, angle=0.4) + 0.3, None),
        (lattice(3), [1, 2, 3, 4, 5, 6, 7, 8, 0.5]),
        (lattice(7), None),
        (lattice(5, dim=3), None),
        (RING, None),
        (np.array([[-2.0, 0.0], [2.0, 0.0]]), [1e-3, 0.999]),
    ],
    ids=["5 x 5", "rotated", "weights", "7 x 7", "space", "ring", "asymmetric"],
)
def test_no_well_is_missed(centres, weights):
    """Only values of the energy are known, as for a function in a file."""
    energy, gradient = gaussians(centres, 0.09, weights)
    found = search.minima(energy, gradient, centres.shape[1], parse_domain("space"), "own", 1.0)
    assert len(found) == len(centres)
    away = np.linalg.norm(found[:, None] - centres, axis=-1)
    assert away.min(axis=0).max() < 1e-3  # each centre has its minimum


@OVERFLOWS
def test_one_mixture_of_25_gaussians():
    text = f"-log({' + '.join(f'exp(-((x1-{a})^2+(x2-{b})^2)/0.18)' for a, b in lattice(5).astype(int))})".replace("--", "+")
    U = make(text, 2)
    law = ls.boltzmann(U, 1.0)
    assert len(U.regions) == 25
    own = ls.boltzmann(ls.potentials.gaussiangrid(2), 1.0)
    assert sorted(law.masses.values()) == pytest.approx(sorted(own.masses.values()), abs=1e-9)
    assert max(law.errors.values()) < 1e-8


def test_a_border_on_a_line_is_the_highest_point_between_two_minima():
    U = make("(x1^2-1)^2 + 0.3*x1", 1)
    saddle = np.sort(np.roots([4.0, 0.0, -4.0, 0.3]).real)[1]
    assert U.label(np.array([[saddle - 1e-9], [saddle + 1e-9]])).tolist() == [0, 1]
    V = make("-cos(2*pi*x1/3) + 0.1*cos(2*pi*x1/6)", 1, domain=parse_domain("torus:0,6"))
    top = 3.0 / math.pi * math.acos(0.025)  # dU/dx is in proportion to sin(t) (4 cos(t) - 0.1), t = pi x/3
    edges = np.array([[top - 1e-6], [top + 1e-6], [6.0 - top - 1e-6], [6.0 - top + 1e-6], [5.99], [0.01]])
    assert V.label(edges).tolist() == [1, 0, 0, 1, 1, 1]
