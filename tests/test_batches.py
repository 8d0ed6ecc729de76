"""The chain law where the gradient noise depends on x: batches as they are drawn, against enumeration and closed forms."""

import itertools
import pickle

import numpy as np
import pytest
from scipy.stats import norm

import langevin_sim as ls
from langevin_sim import potentials
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.reference.chain import convolution
from langevin_sim.reference.chain.batch_mean import TILE, batch_characteristic
from langevin_sim.reference.chain.kernels import KERNELS
from langevin_sim.reference.chain.nystroem import kurtosis_shift
from langevin_sim.reference.chain.refinement import on_grids
from langevin_sim.reference.chain.spectral import Window
from langevin_sim.reference.least_squares import stationary_covariance

ROWS, VALUES = np.array([[1.0], [0.5], [2.0], [-1.0]]), np.array([1.0, 0.2, 1.5, -0.3])
DYNAMICS = ls.SGDL(0.1, 0.2, batch_size=2)


@pytest.mark.parametrize("replacement", [False, True])
@pytest.mark.parametrize(("terms", "size"), [(7, 1), (7, 3), (6, 2), (5, 5)])
def test_the_characteristic_function_is_the_mean_over_all_batches(terms, size, replacement):
    shifts = 0.3 * np.random.default_rng(3).normal(size=(3, terms, 2))
    first, last, spacing = np.array([0, 3]), np.array([-40, -3]), np.array([0.7, 0.9])
    found = np.empty((3, 2, 2, TILE))
    batch_characteristic(shifts, first, last, spacing, size, replacement, found)
    batches = list(itertools.product(range(terms), repeat=size) if replacement else itertools.combinations(range(terms), size))
    sums = shifts[:, np.array(batches)].sum(axis=2)  # [nodes, batches, 2]
    for tile in range(2):
        k = np.stack([np.full(TILE, first[tile] * spacing[0]), (last[tile] + np.arange(TILE)) * spacing[1]], axis=1)
        expected = np.exp(-1j * sums @ k.T).mean(axis=1)
        np.testing.assert_allclose(found[:, tile, 0] + 1j * found[:, tile, 1], expected, atol=1e-13)


def enumerated(potential, dynamics, low, high, nodes=1500):
    """Midpoints and probabilities of the chain before its projection: every batch, every node, by repeated steps."""
    y = low + (high - low) * (np.arange(nodes) + 0.5) / nodes
    domain = potential.domain
    if domain.kind == "box":
        x = np.clip(y, domain.low, domain.high)
    elif domain.kind == "reflecting":
        way = (y - domain.low) % (2.0 * domain.width)
        x = domain.low + np.minimum(way, 2.0 * domain.width - way)
    else:
        x = y
    terms = range(potential.terms.n_terms)
    batches = itertools.combinations(terms, dynamics.batch_size)
    kernel = np.zeros((nodes, nodes))
    for batch in batches:
        centre = x - dynamics.step_size * potential.batch_gradient(x[:, None], np.tile(batch, (nodes, 1)))[:, 0]
        for image in (-1, 0, 1) if domain.kind == "torus" else (0,):
            kernel += np.exp(-0.5 * ((y + image * (high - low) - centre[:, None]) / dynamics.noise) ** 2)
    kernel /= kernel.sum(axis=1, keepdims=True)
    probabilities = np.full(nodes, 1.0 / nodes)
    for _ in range(300):
        probabilities = probabilities @ kernel
    return x, probabilities


@pytest.mark.parametrize(
    ("domain", "low", "high"),
    [
        (ls.Domain(), -4.0, 5.0),
        (ls.Domain("torus", -2.0, 4.0), -2.0, 4.0),
        (ls.Domain("box", 0.3, 1.5), -2.5, 4.5),
        (ls.Domain("reflecting", 0.3, 1.5), -2.5, 4.5),
    ],
)
def test_a_line_has_the_law_of_all_batches(domain, low, high):
    potential = potentials.regression_from(ROWS, VALUES).on(domain)
    law = ls.chain_law(potential, DYNAMICS)
    x, probabilities = enumerated(potential, DYNAMICS, low, high)
    assert law.mean_energy == pytest.approx(probabilities @ potential.energy(x[:, None]), rel=2e-5)
    assert law.moments.mean[0] == pytest.approx(probabilities @ x, rel=2e-5)
    edges = np.array([0.35, 0.6, 0.9, 1.2, 1.45])
    expected = [probabilities[(x > a) & (x <= b)].sum() for a, b in itertools.pairwise(edges)]
    np.testing.assert_allclose(law.bin_masses(edges), expected, atol=4e-3)  # a node of the enumeration holds as much
    assert law.bin_errors(edges).max() < 1e-8
    again = pickle.loads(pickle.dumps(law))
    np.testing.assert_array_equal(again.bin_masses(edges), law.bin_masses(edges))


def test_regression_has_its_exact_covariance():
    potential = potentials.regression_from(ROWS, VALUES)
    law = ls.chain_law(potential, DYNAMICS)
    variance = law.moments.second[0] - law.moments.mean[0] ** 2
    exact = stationary_covariance(potential, DYNAMICS)[0, 0]
    assert variance == pytest.approx(exact, rel=1e-7)
    assert law.mean_energy_error < 1e-7
    # the control: without the batches' noise it is another law
    curvature = float((ROWS**2).mean())
    assert abs(0.2 / (curvature * (1.0 - 0.05 * curvature)) - exact) > 1e-3


def test_regression_in_the_plane_has_its_exact_covariance():
    generator = np.random.default_rng(5)
    rows = generator.normal(size=(6, 2))
    potential = potentials.regression_from(rows, rows @ np.array([1.0, 2.0]) + generator.normal(size=6))
    dynamics = ls.SGDL(0.25, 0.5, batch_size=3, replacement=True)
    law = ls.chain_law(potential, dynamics)
    covariance = stationary_covariance(potential, dynamics)
    np.testing.assert_allclose(law.moments.mean, potential.minima[0], atol=1e-6)
    np.testing.assert_allclose(law.moments.second - law.moments.mean**2, np.diag(covariance), rtol=1e-5)
    assert sum(law.masses.values()) == pytest.approx(1.0)
    assert law.relaxation_steps > 1.0


def test_walkers_on_rbf_follow_the_exact_law_and_not_boltzmanns():
    """Three masses and the mean energy at a false-alarm rate of 1e-5; the control, Boltzmann at T, must fail."""
    potential, dynamics = potentials.rbf(), ls.SGDL(60.0, 0.0016, batch_size=3)
    law, base = ls.chain_law(potential, dynamics), ls.boltzmann(potential, dynamics.temperature)
    run = ls.simulate(potential, dynamics, walkers=1024, steps=1600, burn_in=600, record_every=20, seed=20180109)
    found = [*run.occupancy.values(), run.energy]
    exact = np.array([*law.masses.values(), law.mean_energy])
    errors = np.array([*law.errors.values(), law.mean_energy_error])
    deviations = np.hypot([one.stderr for one in found], errors)
    means = np.array([one.mean for one in found])
    bound = norm.isf(1e-5 / 2 / 4)
    assert (abs(means - exact) / deviations).max() < bound
    assert (abs(means - [*base.masses.values(), base.mean_energy]) / deviations).max() > bound


@pytest.mark.parametrize("dim", [1, 2])
def test_a_step_on_tilts_is_the_sum_over_all_batches(dim):
    """The coefficients of y' from any weights of the nodes: against exp(-i k.y') averaged over every batch of two of six."""
    potential = potentials.tilted(potentials.twowell(dim), 2.0, terms=6)
    dynamics = ls.SGDL(0.1, 0.3, batch_size=2)
    window = Window(np.full(dim, -7.0), np.array([14.0, 13.0][:dim]))
    axes = [(low + width * np.arange(9) / 9, np.full(9, width / 9)) for low, width in zip(window.low, window.width, strict=True)]
    step = convolution.kernel(potential, dynamics, window, axes, np.array([6, 5][:dim]))
    density = np.random.default_rng(1).random(9**dim)
    found = step.push(density).coefficients
    x = step.points
    orders = np.stack(np.meshgrid(np.arange(7), *[np.arange(-5, 6)] * (dim - 1), indexing="ij"), axis=-1)
    k = orders * window.spacing
    expected = 0.0
    batches = list(itertools.combinations(range(6), 2))
    for batch in batches:
        y = x - 0.1 * potential.batch_gradient(x, np.tile(batch, (len(x), 1))) - window.low
        expected = expected + np.exp(-1j * k @ y.T) @ (step.weights * density) / len(batches)
    expected = expected * np.exp(-0.5 * dynamics.noise**2 * (k**2).sum(axis=-1))
    np.testing.assert_allclose(found, expected, atol=1e-9 * abs(expected).max())


@pytest.mark.parametrize("dynamics", [ls.SGDL(0.05, 0.3, batch_size=2), ls.SGD(0.05, batch_size=3)])
def test_walkers_on_few_tilts_have_the_law_of_the_batches(dynamics):
    """Eight tilts. SGD without added noise too: many batches, one after the other, make a smooth law. Rate 1e-5.

    The control: Gaussian noise of the same covariance.
    """
    potential = potentials.tilted(potentials.twowell(1), 150.0, terms=8)
    law = ls.chain_law(potential, dynamics)
    assert law.method == "transition kernel of the batches"
    run = ls.simulate(potential, dynamics, walkers=10_240, steps=4000, burn_in=1000, record_every=10, seed=20180109)
    gaussian = ls.chain_law(
        potentials.twowell(1), ls.GDL(0.05, dynamics.temperature + 0.025 * 150.0 * dynamics.variance_factor(8))
    )
    bound = norm.isf(1e-5 / 2 / 2)
    wide = run.occupancy["wide"]
    for seen, exact in ((run.energy, law.mean_energy), (wide, law.mass("wide"))):
        assert abs(seen.mean - exact) < bound * seen.stderr
    assert abs(wide.mean - gaussian.mass("wide")) > bound * wide.stderr


def test_tilts_have_the_law_of_their_batches_and_not_of_gaussian_noise():
    """Default twowell in two dimensions at T_eff = 1; and the error that the Gaussian law states covers the difference."""
    dynamics = ls.SGD(0.02, batch_size=10)
    potential = potentials.tilted(potentials.twowell(2), 2.0 / (0.02 * dynamics.variance_factor(1000)))
    law = ls.chain_law(potential, dynamics)
    assert law.mass("wide") == pytest.approx(0.807461, abs=2e-6)
    assert law.errors["wide"] < 2e-5
    assert law.relaxation_steps == pytest.approx(771.2, abs=0.1)
    noise = KERNELS["minibatch"].noise(potential, dynamics)
    gaussian = on_grids(potential, dynamics, KERNELS["minibatch"], noise)
    assert gaussian.mass("wide") == pytest.approx(0.807428, abs=2e-6)
    masses, energy = kurtosis_shift(potential, 0.02, noise.deviations("sgd"), noise.kurtosis)
    assert 0.3 * abs(masses[0]) < abs(law.mass("wide") - gaussian.mass("wide")) < 2.0 * abs(masses[0])
    assert 0.3 * abs(energy) < abs(law.mean_energy - gaussian.mean_energy) < 2.0 * abs(energy)


def test_what_has_no_such_law_says_why():
    with pytest.raises(ReferenceUnavailable, match="the law has no density"):
        ls.chain_law(potentials.regression_from(ROWS, VALUES), ls.SGD(0.1, batch_size=2))
    rows = np.random.default_rng(0).normal(size=(9, 3))
    with pytest.raises(ReferenceUnavailable, match="one or two dimensions"):
        ls.chain_law(potentials.regression_from(rows, np.ones(9)), DYNAMICS)
    with pytest.raises(ReferenceUnavailable, match=r"added noise, .* is too small"):
        ls.chain_law(potentials.rbf(), ls.SGDL(16.0, 1e-6, batch_size=15))
