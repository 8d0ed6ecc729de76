"""The law of a chain with a finite step: closed forms, plain twins, and ensembles of walkers."""

import math
import pickle
from dataclasses import replace

import naive
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr
from scipy.stats import chi2
from scipy.stats import t as student

from langevin_sim import potentials
from langevin_sim.dynamics import GD, GDL, LM, MALA, RWM, SGD, SGDL, Domain, Schedule
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Factor, Quadratic
from langevin_sim.reference import boltzmann, chain_law
from langevin_sim.reference.chain import convolution, grid
from langevin_sim.simulation.simulate import simulate

FALSE_ALARM_RATE = 1e-4  # of every comparison with an ensemble, over all that it compares
SEED = 20180109


def broad_twowell(dim):
    """softness = T = 1: Boltzmann's law is a mixture of two Gaussians."""
    return potentials.twowell(dim, softness=1.0)


def bins(U):
    low, high = U.extent(1.0)[0]
    return np.linspace(low, high, 33)


def tilted_quadratic(dim, covariance):
    return potentials.tilted(potentials.quadratic(dim, stiffness=2.0), covariance, terms=100)


@pytest.mark.parametrize("dim", [1, 2, 3, 5])
@pytest.mark.parametrize(
    "dynamics",
    [GDL(0.1, 0.7), GDL(0.6, 0.7), SGD(0.3, batch_size=10), SGDL(0.3, 0.5, batch_size=10), LM(0.1, 0.7), LM(0.6, 0.7)],
    ids=lambda d: f"{d.name} {d.step_size}",
)
def test_a_quadratic_has_a_normal_law(dim, dynamics):
    """x ~ N(0, v I): v = T/(k (1 - eta k/2)); with batches (2 eta T + eta^2 s^2 f)/(eta k (2 - eta k)); LM T/k."""
    U, k, eta, s_squared = tilted_quadratic(dim, 4.0), 2.0, dynamics.step_size, 4.0
    noise = 2 * eta * dynamics.temperature
    if dynamics.stochastic_gradient:
        noise += eta**2 * s_squared * (100 - 10) / (10 * 99)
    variance = dynamics.temperature / k if dynamics.name == "lm" else noise / (eta * k * (2 - eta * k))
    law = chain_law(U, dynamics)
    assert law.mean_energy == pytest.approx(dim / 2 * k * variance, abs=1e-8)
    assert abs(law.mass("core") - chi2.cdf(dim / k / variance, dim)) <= law.errors["core"]
    assert law.errors["core"] < (1e-3 if dynamics.stochastic_gradient else 1e-5)  # a batch is not quite Gaussian
    edges = np.linspace(-2, 2, 21)
    np.testing.assert_allclose(law.bin_masses(edges), np.diff(ndtr(edges / np.sqrt(variance))), atol=2e-8)
    assert sum(law.masses.values()) == pytest.approx(1.0, abs=1e-12)


def test_variances_that_differ_between_the_axes():
    U, eta = tilted_quadratic(2, np.diag([4.0, 1.0])), 0.3
    law = chain_law(U, SGD(eta, batch_size=10))
    variances = eta**2 * np.array([4.0, 1.0]) / 11 / (eta * 2 * (2 - eta * 2))
    assert law.mean_energy == pytest.approx(variances.sum(), abs=1e-8)
    edges = np.linspace(-1, 1, 9)
    np.testing.assert_allclose(law.bin_masses(edges), np.diff(ndtr(edges / np.sqrt(variances[0]))), atol=1e-7)


@pytest.mark.parametrize("dim", [1, 2, 3, 5])
def test_relaxation_of_a_quadratic(dim):
    """GDL's second eigenvalue is 1 - eta k; for large steps it may be negative."""
    for eta in (0.05, 0.3, 0.8):
        law = chain_law(potentials.quadratic(dim, stiffness=2.0), GDL(eta, 1.0))
        assert law.relaxation_steps == pytest.approx(-1 / math.log(abs(1 - 2 * eta)), rel=1e-6)


@pytest.mark.parametrize(("dim", "expected"), [(1, 0.67903), (5, 0.97069)])
def test_values_known_from_elsewhere(dim, expected):
    """P(x_1 < 2/3) at eta = 0.05, from another program with 10,240 walkers and with a grid."""
    law = chain_law(broad_twowell(dim), GDL(0.05, 1.0))
    below = law.bin_masses(np.array([-np.inf, 2 / 3]))[0]
    assert below == pytest.approx(expected, abs=1e-4)
    if dim == 1:
        assert below == pytest.approx(law.mass("wide"), abs=1e-4)  # the narrow well ends at 6, where nothing is
        exact = 2 / 3 * ndtr(8 / 3) + 1 / 3 * ndtr(-8 / 3)
        assert boltzmann(broad_twowell(1), 1.0).mass("wide") == pytest.approx(exact, abs=1e-8)
        assert abs(below - exact) > 0.01


def test_fifty_dimensions():
    law = chain_law(broad_twowell(50), GDL(0.05, 1.0))
    assert law.mass("wide") == pytest.approx(1.0, abs=1e-8)
    assert law.mean_energy == pytest.approx(25 / (1 - 0.025), abs=1e-4)  # one well of stiffness 1


@pytest.mark.parametrize("dynamics", [GDL(0.1, 1.0), LM(0.1, 1.0)], ids=lambda d: d.name)
def test_two_axes_against_the_plane(dynamics):
    U = broad_twowell(2)
    one, other = chain_law(U, dynamics), chain_law(replace(U, symmetry=""), dynamics)
    np.testing.assert_allclose(one.bin_masses(bins(U)), other.bin_masses(bins(U)), atol=1e-8)
    assert one.mass("wide") == pytest.approx(other.mass("wide"), abs=1e-7)
    assert one.mean_energy == pytest.approx(other.mean_energy, abs=1e-7)
    assert one.relaxation_steps == pytest.approx(other.relaxation_steps, rel=1e-5)


@pytest.mark.parametrize(
    ("domain", "U"),
    [
        (Domain("box", -3.0, 1.5), broad_twowell(1)),
        (Domain("reflecting", -3.0, 1.5), broad_twowell(1)),
        (Domain("torus", 0.0, 18.0), potentials.gaussians(1)),
        (Domain("torus", -3.0, 4.0), broad_twowell(1)),  # the gradient jumps where the torus closes
    ],
    ids=["box", "reflecting", "torus", "torus with a jump"],
)
def test_a_line_against_the_twin(domain, U):
    """Masses of bins, and of the atoms at a box's walls."""
    U, dynamics = U.on(domain), GDL(0.1, 1.0)
    law = chain_law(U, dynamics)
    edges, p, atoms = naive.chain_on_a_line(
        lambda x: U.gradient(x[:, None])[:, 0], 0.1, dynamics.noise, domain.kind, domain.low, domain.high, 1200
    )
    tolerance = 2e-4 if domain.low == -3.0 and domain.kind == "torus" else 1e-5
    expected = p.reshape(24, 50).sum(1)
    expected[-1] += atoms[1]
    np.testing.assert_allclose(law.bin_masses(edges[::50]), expected, atol=tolerance)
    assert law.bin_masses(np.array([-np.inf, domain.low]))[0] == pytest.approx(atoms[0], abs=tolerance)
    x = 0.5 * (edges[1:] + edges[:-1])
    ends = U.energy(np.array([[domain.low], [domain.high]]))
    energy = p @ U.energy(x[:, None]) + atoms @ ends
    assert law.mean_energy == pytest.approx(energy, abs=5 * tolerance + law.mean_energy_error)
    for k, region in enumerate(U.regions):
        mass = p[U.label(x[:, None]) == k].sum() + atoms @ (U.label(np.array([[domain.low], [domain.high]])) == k)
        assert law.mass(region.name) == pytest.approx(mass, abs=1e-3)  # the twin's cells are cut by borders


def test_a_torus_of_two_dimensions_against_the_twin():
    U, dynamics = potentials.gaussians(2), GDL(1.0, 0.3)
    law = chain_law(U, dynamics)
    x, p = naive.chain_on_a_plane(U.gradient, 1.0, dynamics.noise, 0.0, 18.0, 48)
    assert law.mean_energy == pytest.approx(p @ U.energy(x), abs=1e-6)
    # of a smooth function: bins as narrow as the twin's nodes would be coarse
    edges = np.linspace(0, 18, 1441)
    middle = 0.5 * (edges[1:] + edges[:-1])
    for harmonic in (1, 2, 5):
        wave = np.exp(2j * np.pi * harmonic * middle / 18) @ law.bin_masses(edges)
        assert wave == pytest.approx(p @ np.exp(2j * np.pi * harmonic * x[:, 0] / 18), abs=1e-4)


@pytest.mark.parametrize("kind", ["box", "reflecting"])
def test_independent_coordinates_between_walls(kind):
    """A quadratic on a square is two independent chains on a line."""
    one, two = (chain_law(potentials.quadratic(dim).on(Domain(kind, -1.0, 2.0)), GDL(0.2, 1.0)) for dim in (1, 2))
    edges = np.concatenate([[-np.inf], np.linspace(-1, 2, 25)])
    np.testing.assert_allclose(two.bin_masses(edges), one.bin_masses(edges), atol=1e-7)
    assert two.mean_energy == pytest.approx(2 * one.mean_energy, abs=1e-6)
    assert two.relaxation_steps == pytest.approx(one.relaxation_steps, rel=1e-5)


def scores(run, law, coarse=8):
    """t-scores of region masses, mean energy and ``coarse`` bins of x_1; degrees of freedom."""
    z = [(run.occupancy[region].mean - mass) / run.occupancy[region].stderr for region, mass in law.masses.items()]
    z.append((run.energy.mean - law.mean_energy) / run.energy.stderr)
    size = (run.edges.size - 1) // coarse
    shares = run.counts / run.counts.sum(axis=1, keepdims=True)
    seen = shares[:, 1 : 1 + size * coarse].reshape(len(shares), coarse, size).sum(axis=2)
    expected = law.bin_masses(run.edges[: size * coarse + 1 : size])
    kept = expected > 1e-3
    error = seen.std(axis=0, ddof=1) / np.sqrt(len(seen))
    return np.append(z, ((seen.mean(axis=0) - expected) / error)[kept]), len(shares) - 1


@pytest.mark.parametrize("dim", [1, 2, 3])
@pytest.mark.parametrize(
    "dynamics", [GDL(0.2, 1.0), LM(0.25, 1.0), SGD(0.2, batch_size=20), SGDL(0.2, 0.5, batch_size=20)], ids=lambda d: d.name
)
def test_walkers_sample_the_chains_law(dim, dynamics):
    """False-alarm rate FALSE_ALARM_RATE a case, by Bonferroni; the seed was fixed before looking.

    The control: Boltzmann's law must fail. At these steps SGD has about T_eff = 1, SGDL T + T_eff = 1.
    """
    covariance = 210.0 if dynamics.name == "sgd" else 105.0
    U = potentials.tilted(broad_twowell(dim), covariance)
    law = chain_law(U, dynamics)
    batches = dynamics.stochastic_gradient
    run = simulate(U, dynamics, walkers=8192, steps=1600 if batches else 6000, burn_in=1000, every=4, seed=SEED)
    z, freedom = scores(run, law)
    print("z", z)
    critical = student.isf(FALSE_ALARM_RATE / 2 / z.size, freedom)
    assert np.abs(z).max() < critical
    factor = dynamics.variance_factor(1000) if batches else 0.0
    base = boltzmann(U, dynamics.temperature + 0.5 * dynamics.step_size * covariance * factor)
    assert np.abs(scores(run, base)[0]).max() > critical


def test_small_steps_are_extrapolated_within_the_stated_error(monkeypatch):
    for U, dynamics in (
        (broad_twowell(2), GDL(0.01, 1.0)),
        (potentials.tilted(broad_twowell(2), 4000.0), SGD(0.01, batch_size=20)),
    ):
        direct = chain_law(U, dynamics)
        assert direct.method.startswith("transition kernel")
        with monkeypatch.context() as patch:
            patch.setattr(grid, "MAX_WORK", 2e7)
            patch.setattr(convolution, "_MOST_NODES", 1000)
            far = chain_law(U, dynamics)
        assert far.method.startswith("extrapolated from steps")
        assert abs(far.mass("wide") - direct.mass("wide")) < far.errors["wide"] < 5e-3
        assert abs(far.mean_energy - direct.mean_energy) < far.mean_energy_error < 1e-2
        assert far.relaxation_steps == pytest.approx(direct.relaxation_steps, rel=0.1)
        np.testing.assert_allclose(far.bin_masses(bins(U)), direct.bin_masses(bins(U)), atol=2e-4)


def test_mueller_and_brown_on_a_plane():
    """No symmetry at all; the larger the step, the farther from Boltzmann's law."""
    U = potentials.muellerbrown()
    one, other = chain_law(U, GDL(0.006, 1.0)), chain_law(U, GDL(0.004, 1.0))
    assert sum(one.masses.values()) == pytest.approx(1.0, abs=1e-10)
    assert one.bin_masses(np.array([-np.inf, np.inf]))[0] == pytest.approx(1.0, abs=1e-12)
    base = boltzmann(U, 1.0).mean_energy
    assert one.mean_energy > other.mean_energy > base + 0.02


@pytest.mark.parametrize(
    ("U", "dynamics", "reason"),
    [
        (broad_twowell(2), MALA(0.1, 1.0), "mala samples Boltzmann"),
        (broad_twowell(2), RWM(0.1, 1.0), "rwm samples Boltzmann's law at any step"),
        (broad_twowell(2), GDL(0.1, 1.0, step_schedule=Schedule("power")), "with a schedule"),
        (broad_twowell(2), GDL(0.1, 1.0, noise_schedule=Schedule("power")), "with a schedule"),
        (broad_twowell(2), GD(0.1), "gd without noise"),
        (broad_twowell(2), GDL(0.1, 0.0), "gdl without noise"),
        (replace(potentials.regression(3), quadratic=None), GDL(0.01, 1.0), "not symmetric about an axis"),
        (broad_twowell(3).on(Domain("torus", -6.0, 6.0)), GDL(0.1, 1.0), "3 dimensions"),
        (potentials.gaussians(3), GDL(0.1, 1.0), "not symmetric about an axis"),
        (potentials.rbf(), SGD(1.0), "no noise but that of the batches"),
        (potentials.tilted(broad_twowell(2), np.array([[1.0, 0.5], [0.5, 1.0]])), SGD(0.1), "correlated"),
        (potentials.tilted(broad_twowell(3), np.diag([1.0, 1.0, 2.0])), SGD(0.1), "differs between"),
        (potentials.tilted(broad_twowell(3), np.diag([2.0, 1.0, 1.0])), SGD(0.1), "same in all directions"),
        (potentials.tilted(broad_twowell(2), np.diag([1.0, 0.0])), SGD(0.1), "without noise in some direction"),
        (potentials.tilted(broad_twowell(2), 1.0, terms=20), SGD(0.1, batch_size=20), "without noise in some direction"),
        (broad_twowell(2), GDL(0.5, 1.0), "beyond the stability bound 0.5"),
        (broad_twowell(2), LM(0.6, 1.0), "beyond the stability bound 0.5"),
        (broad_twowell(1).on(Domain("box", -3.0, 3.0)), LM(0.1, 1.0), "wall"),
        (broad_twowell(2).on(Domain("reflecting", -3.0, 3.0)), LM(0.1, 1.0), "wall"),
    ],
)
def test_refusals_say_why(U, dynamics, reason):
    with pytest.raises(ReferenceUnavailable, match=reason):
        chain_law(U, dynamics)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 49])
def test_a_step_of_rho_against_an_integral_over_the_angle(k):
    """|c e_1 + s xi| in R^k: a distribution function from the noncentral chi-square, without Bessel functions."""
    from scipy.stats import ncx2

    from langevin_sim.reference.chain.radial import radial

    sigma, centres = 0.4, np.array([0.0, 0.3, 2.0, 4.0])
    axis = radial(k + 1, 0.0, 9.0, 200)
    shares = axis.on_nodes(centres, sigma)
    np.testing.assert_allclose(shares.sum(1), 1.0, atol=1e-10)
    for c, row in zip(centres, shares, strict=True):
        second = quad(lambda r, c=c: 2 * r * (1 - ncx2.cdf((r / sigma) ** 2, k, max(c / sigma, 1e-9) ** 2)), 0, 9, limit=200)[0]
        assert row @ axis.nodes**2 == pytest.approx(second, rel=1e-6)
        assert row @ axis.nodes**2 == pytest.approx(c * c + k * sigma**2, rel=1e-9)


@pytest.mark.parametrize("dynamics", [GDL(1e-6, 0.7), LM(1e-6, 0.7)], ids=lambda d: d.name)
def test_an_ill_conditioned_quadratic_in_closed_form(dynamics):
    """Curvatures 1 and 1e6, turned: E U = (T/2) sum 1/(1 - eta k/2) for GDL, T for LM; relaxation from 1 - eta k."""
    turn = np.array([[1.0, -1.0], [1.0, 1.0]]) / math.sqrt(2.0)
    form = Quadratic(np.zeros(2), turn @ np.diag([1.0, 1e6]) @ turn.T)
    U = potentials.quadratic(2)
    law = chain_law(replace(U, quadratic=form, factors=None, regions=U.regions[:1]), dynamics)
    widened = 1.0 if dynamics.name == "lm" else 1.0 / (1.0 - 0.5e-6 * np.array([1.0, 1e6]))
    assert abs(law.mean_energy - 0.35 * np.sum(widened * np.ones(2))) <= law.mean_energy_error < 1e-7
    assert law.relaxation_steps == pytest.approx(1e6, rel=1e-5)
    variance = 0.7 * np.mean(widened * np.array([1.0, 1e-6]))
    np.testing.assert_allclose(law.moments.second, variance, rtol=1e-8)
    np.testing.assert_allclose(law.marginal(1, np.array([-0.5, 0.5])), 2 * ndtr(0.5 / math.sqrt(variance)) - 1, rtol=1e-8)


def test_a_product_law_is_the_law_of_the_plane():
    """A tilted quartic times a quadratic, as two factors and on a grid."""
    dynamics = GDL(0.02, 0.7)
    one = potentials.doublewell(1, tilt=0.4)
    well = replace(potentials.quadratic(1), regions=potentials.quadratic(1).regions[:1])
    well = replace(well, quadratic=Quadratic(np.zeros(1), np.eye(1)))
    U = potentials.doublewell(2, tilt=0.4)
    regions = (replace(U.regions[0], factor_regions=(0, 0)), replace(U.regions[1], factor_regions=None))
    product = replace(U, factors=(Factor((0,), one), Factor((1,), well)), regions=regions)
    found, other = chain_law(product, dynamics), chain_law(replace(U, factors=None), dynamics)
    assert found.method.startswith("product of 2 laws")
    assert not other.method.startswith("product")
    for name in found.masses:
        assert abs(found.mass(name) - other.mass(name)) <= found.errors[name] + other.errors[name]
    assert abs(found.mean_energy - other.mean_energy) <= found.mean_energy_error + other.mean_energy_error
    assert found.relaxation_steps == pytest.approx(other.relaxation_steps, rel=1e-4)
    np.testing.assert_allclose(found.moments.second, other.moments.second, atol=1e-5)
    for j in (0, 1):
        edges = np.linspace(-2, 2, 17)
        np.testing.assert_allclose(found.marginal(j, edges), other.marginal(j, edges), atol=1e-6)


def test_a_chain_that_escapes_has_no_law():
    """A quartic overshoots far out: soon at a large step; so rarely at a small one that a quasi-stationary law exists."""
    U = potentials.doublewell(1, tilt=0.4)
    law = chain_law(U, GDL(0.05, 0.7))
    assert 1e-9 < law.leak < 1e-7
    assert "escape to infinity" in law.method
    assert law.leak * law.relaxation_steps <= law.errors["left"] < 1e-5
    assert chain_law(U, GDL(0.02, 0.7)).leak == 0.0
    with pytest.raises(ReferenceUnavailable, match=r"escapes to infinity at step size 0\.08"):
        chain_law(U, GDL(0.08, 0.7))


def test_the_authors_boxes_on_a_line():
    """eta = 1, gamma' = 0.2: wide : narrow, known from another program; the gradient jumps eight times."""
    law = chain_law(potentials.boxes(1), GDL(1.0, 0.02))
    assert law.mass("wide") / law.mass("narrow") == pytest.approx(3.7463, abs=5e-5)
    assert max(law.errors.values()) < 1e-6


def test_a_law_without_its_symmetry_is_within_both_claims():
    U = potentials.twowell(2)
    one, other = chain_law(U, GDL(0.02, 1.0)), chain_law(replace(U, symmetry=""), GDL(0.02, 1.0))
    assert max(*one.errors.values(), *other.errors.values()) < 1e-5
    for name in one.masses:
        assert abs(one.mass(name) - other.mass(name)) <= one.errors[name] + other.errors[name]
    assert other.mass("narrow") == pytest.approx(0.192571, abs=1e-6)
    np.testing.assert_allclose(one.moments.second, other.moments.second, atol=1e-6)
    edges = np.linspace(-3, 3, 13)
    np.testing.assert_allclose(one.marginal(1, edges), other.marginal(1, edges), atol=1e-7)


def test_a_law_is_small_and_can_be_pickled():
    law = chain_law(potentials.twowell(1), GDL(0.1, 1.0))
    parts = pickle.loads(pickle.dumps(law._marginals))
    assert len(pickle.dumps(law._marginals)) < 100_000
    edges = np.linspace(-4, 4, 9)
    np.testing.assert_array_equal(parts[0].masses(edges), law.bin_masses(edges))
    x = np.linspace(-12, 8, 2001)
    assert law.density(x).sum() * (x[1] - x[0]) == pytest.approx(1.0, abs=1e-6)
    assert (law.bin_errors(edges) < 1e-6).all()


def test_a_dynamics_without_a_kernel_has_no_law():
    class Unknown(GDL):
        name = "unknown"
        kernel = None

    with pytest.raises(ReferenceUnavailable, match="unknown declares no known transition kernel"):
        chain_law(broad_twowell(1), Unknown(0.1, 1.0))


@pytest.mark.parametrize(("dim", "tolerance"), [(20, 2e-6), (50, 1e-9), (100, 1e-9)])
def test_across_many_dimensions_a_coordinate_is_normal(dim, tolerance):
    """All but 2^-d of twowell is in its wide well, where every coordinate beyond x_1 is N(0, T/(1 - eta/2)): no ripples."""
    law = chain_law(potentials.twowell(dim), GDL(0.02))
    edges = np.linspace(-3.0, 3.0, 61)
    exact = np.diff(ndtr(edges * np.sqrt(1.0 - 0.01)))
    np.testing.assert_allclose(law.marginal(1, edges), exact, atol=tolerance)
    assert np.abs(law.marginal(dim - 1, edges) - exact).max() < law.marginal_errors(dim - 1, edges).max() + tolerance
