"""Every way of integrating exp(-U/T) against the others, and against random points."""

import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import dblquad, quad
from scipy.stats import t as student

from langevin_sim import potentials
from langevin_sim.dynamics import MALA, RWM, Domain
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.reference import boltzmann
from langevin_sim.reference.boltzmann import nested, sobol, tensor
from langevin_sim.simulation.simulate import simulate

TEMPERATURES = {"boxes": 0.3, "gaussians": 0.15, "rbf": 0.003, "wedge": 0.3}
FALSE_ALARM_RATE = 1e-4  # of every test against random points, over all that it compares


def without_truth(U):
    return replace(U, exact_masses=None, exact_marginal=None, exact_energy=None)


def edges_of(U, temperature, bins=24):
    low, high = U.extent(temperature)[0]
    return np.linspace(low, high, bins + 1)


def differences(one, other):
    """|one - other| and the sum of their claimed errors, for masses, mean energy and bins."""
    edges = edges_of(one.potential, one.temperature)
    values = [np.array([*law.masses.values(), law.mean_energy, *law.bin_masses(edges)]) for law in (one, other)]
    errors = [np.array([*law.errors.values(), law.mean_energy_error, *law.bin_errors(edges)]) for law in (one, other)]
    return np.abs(values[0] - values[1]), errors[0] + errors[1]


@pytest.mark.parametrize(
    ("name", "dim", "tolerance"),
    [
        ("boxes", 1, 1e-12),
        ("boxes", 2, 1e-10),
        ("boxes", 3, 1e-10),
        ("gaussians", 1, 1e-12),
        ("gaussians", 2, 1e-9),
        ("gaussians", 3, 1e-6),
        ("wedge", 2, 5e-5),
        ("wedge", 3, 5e-4),
        ("valley", 2, 1e-8),
        ("valley", 3, 2e-3),
        ("regression", 1, 1e-9),
        ("regression", 2, 1e-7),
        ("regression", 3, 5e-3),
    ],
)
@pytest.mark.parametrize("colder", [1.0, 0.3])
def test_closed_forms_against_the_tensor_grid(name, dim, tolerance, colder):
    U = potentials.get(name, dim)
    temperature = colder * TEMPERATURES.get(name, 1.0)
    exact = boltzmann(U, temperature)
    assert exact.method == "closed form"
    began = time.perf_counter()
    grid = boltzmann(without_truth(U), temperature)
    assert time.perf_counter() - began < 10.0  # a second on an idle machine
    assert "quadrature" in grid.method
    apart, claimed = differences(exact, grid)
    assert apart.max() < tolerance
    assert (apart <= 2 * claimed + 1e-11).all()


@pytest.mark.parametrize("name", ["twowell", "doublewell", "quadratic"])
def test_the_plane_against_the_tensor_grid(name):
    U = replace(potentials.get(name, 2), quadratic=None)  # else its law is known in closed form
    one, other = nested.integrals(U, 1.0), tensor.integrals(U, 1.0)
    assert np.abs(one.masses - other.masses).max() < 1e-7
    assert abs(one.energy - other.energy) < 1e-7
    edges = edges_of(U, 1.0)
    np.testing.assert_allclose(one.marginal(edges)[0], other.marginal(edges)[0], atol=1e-7)


@pytest.mark.parametrize("name", ["twowell", "doublewell"])
def test_two_axes_against_the_tensor_grid(name):
    U = potentials.get(name, 3)
    one, other = boltzmann(U, 1.0), boltzmann(replace(U, symmetry=""), 1.0)
    assert one.method == "quadrature over (x_1, rho)"
    assert other.method == "tensor quadrature"
    apart, _ = differences(one, other)
    assert apart.max() < 1e-4


@pytest.mark.parametrize(
    ("name", "dim"),
    [("boxes", 4), ("gaussians", 5), ("wedge", 5), ("valley", 5), ("regression", 6), ("twowell", 5), ("doublewell", 6)],
)
def test_sobol_points_against_exact_laws(name, dim):
    """Masses and energy; by Bonferroni the false-alarm rate is FALSE_ALARM_RATE, the seed is fixed."""
    U = potentials.get(name, dim)
    temperature = TEMPERATURES.get(name, 1.0)
    exact = boltzmann(U, temperature)
    began = time.perf_counter()
    found = sobol.integrals(U, temperature, seed=20)
    assert time.perf_counter() - began < 20.0  # half a second on an idle machine
    z = np.append(
        (found.masses - list(exact.masses.values())) / found.errors, (found.energy - exact.mean_energy) / found.energy_error
    )
    print("z", z)
    assert abs(z).max() < student.isf(FALSE_ALARM_RATE / 2 / z.size, 15)
    assert found.errors.max() < 3e-3
    edges = edges_of(U, temperature)
    bins, errors = found.marginal(edges)
    deviations = abs(bins - exact.bin_masses(edges)) / np.maximum(errors, 1e-9)
    assert deviations.max() < student.isf(FALSE_ALARM_RATE / 2 / bins.size, 15)


def test_sobol_points_see_a_wrong_law():
    """The negative control: the law of a temperature 2 % higher."""
    U = potentials.boxes(4)
    exact = boltzmann(U, 0.306)
    found = sobol.integrals(U, 0.3, seed=20)
    z = (found.masses - list(exact.masses.values())) / found.errors
    assert abs(z).max() > student.isf(FALSE_ALARM_RATE / 2 / 4, 15)


@pytest.mark.parametrize(
    ("name", "dim"), [("wedge", 2), ("wedge", 3), ("rbf", 2), ("muellerbrown", 2), ("boxes", 2), ("gaussians", 3)]
)
def test_masses_against_random_points(name, dim):
    """Plain Monte Carlo over the extent; false-alarm rate FALSE_ALARM_RATE, by Bonferroni over the regions."""
    U = potentials.get(name, dim)
    temperature = TEMPERATURES.get(name, 1.0)
    law = boltzmann(U, temperature)
    low, high = U.extent(4 * temperature).T
    x = np.random.default_rng(11).uniform(low, high, (400_000, dim))
    weight = np.exp((U.energy(U.minima).min() - U.energy(x)) / temperature)
    labels = U.label(x)
    for k, exact in enumerate(law.masses.values()):
        mass = weight[labels == k].sum() / weight.sum()
        error = np.sqrt((weight**2 * ((labels == k) - mass) ** 2).sum()) / weight.sum()
        assert abs(mass - exact) < student.isf(FALSE_ALARM_RATE / 2 / len(law.masses), 1e6) * error


def test_wedge_by_adaptive_quadrature():
    U, T = potentials.wedge(2), 0.4

    def weight(y, x):
        return float(np.exp(-U.energy(np.array([x, y])) / T))

    quarter = dblquad(weight, 3, 4, lambda x: 3, lambda x: x)[0]  # an eighth of the pyramid, a smooth piece
    pyramid = 8 * quarter
    valley = 12 * 2 * quad(lambda y: weight(y, 6.0), 9, 10)[0]
    plateau = (144 - 24 - 4) * np.exp(-1 / T)
    total = pyramid + valley + plateau
    np.testing.assert_allclose(U.exact_masses(T), np.array([valley, pyramid, plateau]) / total, rtol=1e-9)


@pytest.mark.parametrize("dim", [2, 3, 5])
def test_the_wedge_is_flat_in_x1_but_for_the_pyramid(dim):
    U = potentials.wedge(dim)
    edges = np.linspace(0, 12, 49)
    bins = U.exact_marginal(0.1, edges)
    outside = (edges[1:] <= 2) | (edges[:-1] >= 4)
    np.testing.assert_allclose(bins[outside], bins[0], rtol=1e-10)
    assert bins[~outside].min() > bins[0]


@pytest.mark.parametrize("name", ["boxes", "gaussians", "wedge"])
def test_closed_forms_in_many_dimensions(name):
    law = boltzmann(potentials.get(name, 300), 0.01)
    assert sum(law.masses.values()) == pytest.approx(1.0, abs=1e-9)
    assert all(np.isfinite(law.bin_masses(np.linspace(0, 12, 25))))


@pytest.mark.parametrize("dim", [2, 5])
def test_too_cold_for_the_series(dim):
    law = boltzmann(potentials.gaussians(dim), 1e-3)
    assert law.method != "closed form"
    weight = 2**dim / (1 + 2**dim)
    assert law.mass("wide") == pytest.approx(weight, abs=2e-3)


def test_mean_energy_is_the_derivative_of_log_z():
    """E U = T^2 d log Z / dT, with log Z read off the plateau, where the weight is e^(-1/T) exactly (boxes, wedge)."""
    for name in ("boxes", "wedge"):
        U, T, h = potentials.get(name, 3), 0.3, 1e-4
        log_z = [-1 / t - np.log(U.exact_masses(t)[2]) for t in (T - h, T + h)]
        assert U.exact_energy(T) == pytest.approx(T**2 * (log_z[1] - log_z[0]) / (2 * h), rel=1e-6)


def test_the_integral_is_over_the_domain_only():
    U = potentials.twowell(1).on(Domain("reflecting", -1.0, 5.0))
    law = boltzmann(U, 0.8)

    def density(x):
        return float(np.exp(-U.energy(np.array([x])) / 0.8))

    border = 2 / 3
    wide, narrow = quad(density, -1, border, epsabs=1e-13)[0], quad(density, border, 5, epsabs=1e-13, limit=200)[0]
    assert law.mass("wide") == pytest.approx(wide / (wide + narrow), abs=1e-9)
    assert law.bin_masses(np.array([-3.0, -1.0]))[0] == 0.0
    assert law.bin_masses(np.array([-1.0, 5.0]))[0] == pytest.approx(1.0, abs=1e-12)
    high = boltzmann(potentials.twowell(5).on(Domain("torus", -9.0, 9.0)), 1.0)
    assert high.method == "Sobol points"
    assert abs(high.mass("wide") - boltzmann(potentials.twowell(5), 1.0).mass("wide")) < 5 * high.errors["wide"] + 1e-6


def test_tilts_leave_the_law_as_it_is():
    U = potentials.wedge(3)
    assert boltzmann(potentials.tilted(U, 1.0), 0.3).masses == boltzmann(U, 0.3).masses


def test_what_does_not_confine_is_said():
    with pytest.raises(ReferenceUnavailable, match="flat in some direction"):
        boltzmann(potentials.regression(10, rows=4), 1.0)
    free = replace(without_truth(potentials.valley(2)), domain=Domain())
    with pytest.raises(ReferenceUnavailable, match="cannot be normalised"):  # it falls as 1/|x_1|
        boltzmann(free, 1.0)
    with pytest.raises(ReferenceUnavailable, match="flat at a minimum"):
        boltzmann(replace(without_truth(potentials.valley(5)), domain=Domain()), 1.0)


def test_density_integrates_to_the_bins():
    for U in (potentials.boxes(2), potentials.muellerbrown(), without_truth(potentials.boxes(4))):
        law = boltzmann(U, 0.5)
        at = np.array([U.regions[0].start[0], U.regions[1].start[0]])
        width = 0.1
        expected = [law.bin_masses(np.array([x - width / 2, x + width / 2]))[0] / width for x in at]
        np.testing.assert_allclose(law.density(at), expected, rtol=0.1)


@pytest.mark.parametrize(
    ("name", "dim", "dynamics", "steps"),
    [("boxes", 1, RWM(2.0, 0.3), 4000), ("wedge", 2, MALA(0.2, 0.3), 12_000), ("muellerbrown", 2, MALA(0.005, 1.0), 16_000)],
)
def test_exact_dynamics_agree(name, dim, dynamics, steps):
    """Ensembles of walkers that sample exp(-U/T) at any step; false-alarm rate FALSE_ALARM_RATE by Bonferroni."""
    U = potentials.get(name, dim)
    run = simulate(U, dynamics, walkers=2048, steps=steps, burn_in=steps, every=40, seed=31)
    law = boltzmann(U, dynamics.temperature)
    z = [(run.occupancy[region].mean - mass) / run.occupancy[region].stderr for region, mass in law.masses.items()]
    z.append((run.energy.mean - law.mean_energy) / run.energy.stderr)
    print("z", z)
    assert np.abs(z).max() < student.isf(FALSE_ALARM_RATE / 2 / len(z), 2047)
    hotter = boltzmann(U, 1.05 * dynamics.temperature)  # the negative control
    assert abs(run.energy.mean - hotter.mean_energy) / run.energy.stderr > 4.0
