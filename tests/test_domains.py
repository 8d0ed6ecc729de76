"""Domains: the projection, the steps on them, RWM, and Metropolis at a wall."""

from dataclasses import replace

import naive
import numpy as np
import pytest
from scipy import stats

from langevin_sim import potentials
from langevin_sim.dynamics import GDL, Domain, make, parse_domain
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.ensemble import new_ensemble
from langevin_sim.engine.normals import fill_normals, fill_uniforms
from langevin_sim.engine.projections import project
from langevin_sim.errors import InputError
from langevin_sim.simulation.simulate import available_threads, landscape

SIGMAS = 4.9  # false-alarm rate 1e-6 of each comparison
DOMAINS = [Domain(), Domain("torus", -1.5, 1.5), Domain("box", -1.5, 1.5), Domain("reflecting", -1.5, 1.5)]
CUBES = [(0.0, 18.0), (-0.1, 0.3), (-1 / 3, 0.7), (0.1, 1.3), (-3.3, 7.7), (0.0, 2 * np.pi), (1e6, 1e6 + 1)]
WALLS = ["torus", "box", "reflecting"]


def projected(values, domain):
    x = np.array(values, float).reshape(1, -1)
    project(x, np.array([domain.code, domain.low, domain.high], float))
    return x[0]


def ensemble(U, dynamics, starts, threads=1):
    return new_ensemble(landscape(U), dynamics, starts, seed=11, key=(U.dim,), burn_in=0, every=10, bound=1e3, threads=threads)


def on(domain, dim=3):
    """twowell on a domain, and BLOCK starting points inside it."""
    low, high = (-2.5, 2.5) if domain.kind == "space" else (domain.low, domain.high)
    starts = np.random.default_rng([20180109, dim]).uniform(low, high, (BLOCK, dim))
    return replace(potentials.twowell(dim), domain=domain), starts


@pytest.mark.parametrize(("low", "high"), CUBES)
@pytest.mark.parametrize("kind", ["space", *WALLS])
def test_projection_equals_the_twin(kind, low, high):
    domain = Domain() if kind == "space" else Domain(kind, low, high)
    width, rng = high - low, np.random.default_rng(1)
    values = np.concatenate([rng.uniform(low - reach * width, high + reach * width, 500) for reach in (0, 1, 100, 1e4)])
    seen, expected = projected(values, domain), naive.project(values, kind, low, high)
    difference = np.abs(seen - expected)
    if kind == "torus":  # an image of the same point
        difference = np.minimum(difference, width - difference)
    assert (difference <= 4 * np.finfo(float).eps * (np.abs(values) + abs(low) + width)).all()
    inside = (values >= low) & (values < high)
    assert np.abs(seen - values)[inside].max() <= 4 * np.finfo(float).eps * (abs(low) + width)


@pytest.mark.parametrize(("low", "high"), CUBES)
@pytest.mark.parametrize("kind", WALLS)
def test_projection_ends_inside(kind, low, high):
    """Also for values within an ulp of a wall or of one of its images, where rounding decides."""
    walls = low + (high - low) * np.arange(-50, 51)
    walls = np.concatenate([walls, [low, high]])
    values = np.concatenate([walls, np.nextafter(walls, np.inf), np.nextafter(walls, -np.inf), [-1e-300, 1e-300, 1e15]])
    seen = projected(values, Domain(kind, low, high))
    assert (seen >= low).all()
    assert (seen < high).all() if kind == "torus" else (seen <= high).all()


def test_ends_far_values_and_nan():
    assert projected([0, 18, 19, -1, 18 * 7 + 5, -18 * 7 + 5], Domain("torus", 0, 18)).tolist() == [0, 0, 1, 17, 5, 5]
    assert projected([0, 18, 19, -1, np.inf, -np.inf], Domain("box", 0, 18)).tolist() == [0, 18, 18, 0, 18, 0]
    folded = projected([0, 18, 19, -1, 36, 37, 18 * 8 + 5, 18 * 7 + 5], Domain("reflecting", 0, 18))
    assert folded.tolist() == [0, 18, 17, 1, 0, 1, 5, 13]
    for domain in DOMAINS:
        assert np.isnan(projected([np.nan, -np.nan], domain)).all()
    assert np.isnan(projected([np.inf, -np.inf], Domain("torus", 0, 18))).all()
    assert np.isnan(projected([np.inf, -np.inf], Domain("reflecting", 0, 18))).all()
    assert projected([-np.inf, 1e300, np.inf], Domain()).tolist() == [-np.inf, 1e300, np.inf]


@pytest.mark.parametrize("domain", DOMAINS, ids=str)
@pytest.mark.parametrize("name", ["gdl", "gd", "lm"])
def test_step_equals_the_twin(name, domain):
    eta, T = 0.05, 0.8
    U, x = on(domain)
    e = ensemble(U, make(name, eta, T), x)
    stream, z, previous = e.streams[0].copy(), np.zeros((U.dim, BLOCK)), np.zeros((U.dim, BLOCK))
    if name == "lm":
        fill_normals(stream, previous)
    crossed = 0
    for _ in range(10):
        if name != "gd":
            fill_normals(stream, z)
        xi = (z + previous) / 2 if name == "lm" else z
        y = naive.langevin_step(x, U.gradient(x), eta, np.sqrt(2 * eta * T), xi.T)
        x = naive.project(y, domain.kind, domain.low, domain.high)
        previous = z.copy()
        crossed += (x != y).sum()
    e.advance(10)
    np.testing.assert_allclose(e.positions[0].T, x, rtol=1e-11, atol=1e-11)
    assert crossed or domain.kind == "space"


@pytest.mark.parametrize("domain", DOMAINS, ids=str)
def test_rwm_equals_the_twin(domain):
    """Ten steps with the same normals and uniforms; beyond the wall of a box every proposal is refused."""
    eta, T = 0.2, 0.8
    U, x = on(domain)
    e = ensemble(U, make("rwm", eta, T), x)
    stream, z, u = e.streams[0].copy(), np.empty((U.dim, BLOCK)), np.empty(BLOCK)
    accepted = np.zeros(BLOCK)
    for _ in range(10):
        fill_normals(stream, z)
        fill_uniforms(stream, u)
        x, take = naive.rwm_step(x, U.energy, T, np.sqrt(2 * eta * T), z.T, u, (domain.kind, domain.low, domain.high))
        accepted += take
    e.advance(10)
    np.testing.assert_allclose(e.positions[0].T, x, rtol=1e-11, atol=1e-11)
    np.testing.assert_array_equal(e.memory[0, U.dim + 1], accepted)
    assert 0 < accepted.sum() < 10 * BLOCK


MALA_ON = {
    **{str(domain): (domain, 0.2) for domain in (DOMAINS[0], DOMAINS[2], DOMAINS[3])},
    "gaussians": (None, 2.0),  # on its torus, whose period its energy has, as MALA needs
}


@pytest.mark.parametrize("case", MALA_ON)
def test_mala_equals_the_twin(case):
    (domain, eta), T = MALA_ON[case], 0.8
    if domain:
        U, x = on(domain)
    else:
        U = potentials.gaussians(2)
        domain = U.domain
        x = np.random.default_rng(20180109).uniform(domain.low, domain.high, (BLOCK, 2))
    e = ensemble(U, make("mala", eta, T), x)
    stream, z, u = e.streams[0].copy(), np.empty((U.dim, BLOCK)), np.empty(BLOCK)
    accepted = np.zeros(BLOCK)
    for _ in range(10):
        fill_normals(stream, z)
        fill_uniforms(stream, u)
        x, take = naive.mala_step(x, U.energy, U.gradient, eta, T, z.T, u, (domain.kind, domain.low, domain.high))
        accepted += take
    e.advance(10)
    np.testing.assert_allclose(e.positions[0].T, x, rtol=1e-11, atol=1e-11)
    np.testing.assert_array_equal(e.memory[0, U.dim + 1], accepted)
    assert 0 < accepted.sum() < 10 * BLOCK


@pytest.mark.parametrize("kind", ["box", "reflecting"])
def test_metropolis_keeps_the_truncated_law(kind):
    """A quadratic between walls: walkers that start with Boltzmann's law keep its mean and mean square.

    4.9 sigma each. The control, GDL with the clipping projection, piles up at the walls and must fail.
    """
    low, high, walkers = -0.3, 1.0, 200_000
    U = replace(potentials.quadratic(1), domain=Domain(kind, low, high))
    law = stats.truncnorm(low, high)
    starts = law.ppf(np.random.default_rng(4).uniform(size=(walkers, 1)))

    def scores(name, potential):
        e = ensemble(potential, make(name, 0.1, 1.0), starts, threads=available_threads())
        e.advance(20)
        x = e.positions[:, 0].ravel()[:walkers]
        assert (x >= low).all()
        assert (x <= high).all()
        return [(np.mean(x**k) - law.moment(k)) / (np.std(x**k) / np.sqrt(walkers)) for k in (1, 2)]

    for name in ("rwm", "mala"):
        assert np.abs(scores(name, U)).max() < SIGMAS
    assert np.abs(scores("gdl", replace(U, domain=Domain("box", low, high)))).max() > SIGMAS


def test_gdl_on_a_reflecting_box_without_force_stays_uniform():
    """Reflected Brownian steps keep the uniform law exactly; 20 bins, false-alarm rate 1e-6. Control: clipping."""
    starts = np.random.default_rng(9).uniform(0, 1, (100_000, 1))
    pvalues = []
    for kind in ("reflecting", "torus", "box"):
        U = replace(potentials.quadratic(1, stiffness=1e-12), domain=Domain(kind, 0, 1))
        e = ensemble(U, GDL(0.02, 1.0), starts, threads=available_threads())
        e.advance(20)
        counts, _ = np.histogram(e.positions[:, 0].ravel()[:100_000], bins=20, range=(0, 1))
        pvalues.append(stats.chisquare(counts).pvalue)
    assert pvalues[0] > 1e-6
    assert pvalues[1] > 1e-6
    assert pvalues[2] < 1e-6


@pytest.mark.parametrize(
    "domain",
    [
        *DOMAINS,
        Domain("torus", 0, 18),
        Domain("torus", 0.0, 2 * np.pi),
        Domain("box", -1 / 3, 1e-7),
        Domain("reflecting", -1e9, 0.1),
    ],
    ids=str,
)
def test_text_of_a_domain_gives_it_back(domain):
    assert parse_domain(str(domain)) == domain


def test_parse_domain():
    assert parse_domain("space") == Domain()
    assert parse_domain(" torus:0,18 ") == Domain("torus", 0.0, 18.0)
    assert str(Domain("torus", 0, 18)) == str(Domain("torus", 0.0, 18.0)) == "torus:0,18"
    assert parse_domain("box:-1,1").width == 2.0
    assert [parse_domain(text).code for text in ("space", "torus:0,1", "box:0,1", "reflecting:0,1")] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sphere:0,1",
        "space:0,1",
        "space:",
        "torus",
        "torus:",
        "torus:1",
        "torus:0,1,2",
        "torus:a,b",
        "torus:0;1",
        "torus:1,0",
        "torus:1,1",
        "box:nan,1",
        "box:0,inf",
        "box:-inf,0",
        "Torus:0,1",
        ":0,1",
    ],
)
def test_parse_domain_refuses(text):
    with pytest.raises(InputError, match="domain"):
        parse_domain(text)


def test_domain_refuses():
    with pytest.raises(InputError, match="expected space, torus, box, reflecting"):
        Domain("ring", 0, 1)
    with pytest.raises(InputError, match="the lower first"):
        Domain("torus", 1, 0)
    with pytest.raises(InputError, match="finite ends"):
        Domain("box")
