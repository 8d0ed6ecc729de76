"""Landscapes in wide use: energies against plain twins, closed forms against brute force, sums against their terms."""

import numpy as np
import pytest

from langevin_sim import potentials
from langevin_sim.dynamics import Domain
from langevin_sim.errors import InputError, ReferenceUnavailable
from langevin_sim.reference import boltzmann


def entropicswitch_twin(x, y):
    pits = -3 * np.exp(-(x**2) - (y - 5 / 3) ** 2) - 5 * np.exp(-((x - 1) ** 2) - y**2) - 5 * np.exp(-((x + 1) ** 2) - y**2)
    return 3 * np.exp(-(x**2) - (y - 1 / 3) ** 2) + pits + x**4 / 5 + (y - 1 / 3) ** 4 / 5


def gaussiangrid_twin(*x):
    centres = 2.0 * np.arange(-2, 3)
    return -sum(np.log(np.exp(-((each[..., None] - centres) ** 2) / 0.18).sum(-1)) for each in x)


def rosenbrock_twin(*x):
    total = 0.0
    for j in range(0, len(x), 2):
        total = total + (1 - x[j]) ** 2 / 20 + (100 * (x[j + 1] - x[j] ** 2) ** 2 / 20 if j + 1 < len(x) else 0.0)
    return total


TWINS = {
    "ackley": lambda *x: (
        0.5
        * (
            20
            - 20 * np.exp(-0.2 * np.sqrt(np.mean(np.square(x), 0)))
            + np.e
            - np.exp(np.mean(np.cos(2 * np.pi * np.array(x)), 0))
        )
    ),
    "asymmetric": lambda x, y: x**4 - x**3 / 16 - 2 * x**2 + 3 * x / 16 + y**4 - y**3 / 8 - 2 * y**2 + 3 * y / 8,
    "banana": lambda x, y, *z: x**2 / 200 + (y + 0.1 * x**2 - 10) ** 2 / 2 + sum(each**2 for each in z) / 2,
    "entropicswitch": entropicswitch_twin,
    "fatskinny": lambda x: (8 - 5 * x) ** 8 * (2 + 5 * x) ** 2 / 2**26,
    "funnel": lambda v, *x: v**2 / 18 + sum(each**2 * np.exp(-v) / 2 + v / 2 for each in x),
    "gaussiangrid": gaussiangrid_twin,
    "himmelblau": lambda x, y: 0.05 * ((x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2),
    "multiplicative": lambda x: x**2 / 2,
    "prinz": lambda x: (
        4 * (x**8 + 0.8 * np.exp(-80 * x**2) + 0.2 * np.exp(-80 * (x - 0.5) ** 2) + 0.5 * np.exp(-40 * (x + 0.5) ** 2))
    ),
    "quadruple": lambda *x: sum((each**2 - 1) ** 2 for each in x),
    "rastrigin": lambda *x: 0.05 * sum(each**2 + 10 * (1 - np.cos(2 * np.pi * each)) for each in x),
    "rosenbrock": rosenbrock_twin,
    "studentt": lambda *x: (5 + len(x)) / 2 * np.log(1 + sum(each**2 for each in x) / 5),
    "styblinskitang": lambda *x: 0.05 / 2 * sum(each**4 - 16 * each**2 + 5 * each for each in x),
    "twochannels": lambda x, y: (
        (4 * (1 - x**2 - y**2) ** 2 + 2 * (x**2 - 2) ** 2 + ((x + y) ** 2 - 1) ** 2 + ((x - y) ** 2 - 1) ** 2) / 6
    ),
    "washboard": lambda x: np.cos(2 * np.pi * x),
}
DIMS = [
    (name, dim)
    for name in TWINS
    for dim in (1, 2, 3)
    if potentials.dimensions(name)[0] <= dim <= (potentials.dimensions(name)[1] or dim)
]


@pytest.mark.parametrize(("name", "dim"), DIMS)
def test_energies_equal_their_twins(name, dim):
    U = potentials.get(name, dim)
    low, high = U.extent(1.0).T
    x = np.random.default_rng(1).uniform(low, high, (500, dim))
    expected = TWINS[name](*x.T)
    np.testing.assert_allclose(U.energy(x), expected, rtol=1e-12, atol=1e-12 * (1 + abs(expected).max() * 1e-3))


def test_illconditioned_is_a_rotated_gaussian():
    U = potentials.illconditioned(2, condition=100.0)
    turn = np.array([[1.0, 1.0], [1.0, -1.0]]) / np.sqrt(2)
    matrix = turn.T @ np.diag([1.0, 100.0]) @ turn
    x = np.random.default_rng(1).normal(size=(50, 2))
    np.testing.assert_allclose(U.energy(x), 0.5 * np.einsum("ni,ij,nj->n", x, matrix, x), rtol=1e-13)
    large = potentials.illconditioned(7)
    assert np.linalg.eigvalsh(large.quadratic.curvature)[[0, -1]] == pytest.approx([1.0, 1e6], rel=1e-9)
    x = np.random.default_rng(1).normal(size=(50, 7))
    np.testing.assert_allclose(large.energy(x), 0.5 * np.einsum("ni,ij,nj->n", x, large.quadratic.curvature, x), rtol=1e-10)


def brute(U, temperature, box, points):
    """Masses, mean energy and the masses left and right of every tenth of the box, by the midpoint rule on one even grid."""
    axes = [low + (np.arange(n) + 0.5) * (high - low) / n for (low, high), n in zip(box, points, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    energy = U.energy(grid)
    weight = np.exp(-(energy - energy.min()) / temperature)
    weight /= weight.sum()
    masses = np.bincount(U.label(grid).ravel(), weight.ravel(), len(U.regions))
    bins = weight.reshape(10, -1).sum(1)
    return masses, float((weight * energy).sum()), bins, np.linspace(*box[0], 11)


@pytest.mark.parametrize(
    ("name", "parameters", "temperature", "box", "points", "tolerance"),
    [
        ("rosenbrock", {"stiffness": 2.0}, 0.2, [(-6, 8), (-6, 70)], (700, 1500), 1e-5),
        ("banana", {"bend": 0.3, "width": 2.0}, 1.7, [(-18, 18), (-105, 12)], (1800, 1200), 1e-5),
        ("illconditioned", {"condition": 30.0}, 2.0, [(-9, 9), (-9, 9)], (2000, 2000), 2e-3),
        ("quadruple", {}, 0.7, [(-3, 3), (-3, 3)], (1000, 1000), 1e-9),
        ("twochannels", {}, 0.7, [(-3, 3), (-3, 3)], (1000, 1000), 1e-9),
    ],
)
def test_closed_forms(name, parameters, temperature, box, points, tolerance):
    """At a border the midpoint rule errs by h^2 f'/24, and by a part of a cell where it is curved."""
    U = potentials.get(name, 2, **parameters)
    masses, energy, bins, edges = brute(U, temperature, box, points)
    np.testing.assert_allclose(U.exact_masses(temperature), masses, atol=tolerance)
    if U.exact_energy:
        assert U.exact_energy(temperature) == pytest.approx(energy, abs=tolerance * max(1.0, energy))
        np.testing.assert_allclose(U.exact_marginal(temperature, edges), bins, atol=tolerance)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.3])
def test_funnel_by_brute_force(temperature):
    """The midpoint rule in v and in x exp(-v/2), which is as wide in the neck as in the mouth."""
    U = potentials.funnel(2)
    v, z = -27.0 + 0.02 * (np.arange(2700) + 0.5), -9.0 + 0.05 * (np.arange(360) + 0.5)
    points = np.stack(np.broadcast_arrays(v[:, None], np.exp(v / 2)[:, None] * z), axis=-1)
    energy = U.energy(points)
    weight = np.exp(v / 2)[:, None] * np.exp(-energy / temperature)
    weight /= weight.sum()
    assert U.exact_energy(temperature) == pytest.approx((weight * energy).sum(), rel=1e-6)
    np.testing.assert_allclose(U.exact_masses(temperature), [weight[v < 0].sum(), weight[v > 0].sum()], atol=1e-5)
    bins = weight.sum(1).reshape(9, -1).sum(1)
    np.testing.assert_allclose(U.exact_marginal(temperature, np.linspace(-27, 27, 10)), bins, atol=1e-5)


@pytest.mark.parametrize(("freedom", "temperature"), [(5.0, 1.0), (3.0, 0.6), (8.0, 2.5)])
def test_student_on_a_line(freedom, temperature):
    """Against the trapezoidal rule in arsinh x, which reaches 1e40."""
    U = potentials.studentt(1, freedom=freedom)
    s = np.linspace(-92.0, 92.0, 400_001)
    x = np.sinh(s)
    energy = 0.5 * (freedom + 1) * np.log1p(x * x / freedom)
    weight = np.exp(-energy / temperature) * np.cosh(s)
    weight /= weight.sum()
    assert U.exact_energy(temperature) == pytest.approx((weight * energy).sum(), rel=1e-10)
    assert U.exact_masses(temperature)[0] == pytest.approx(weight[np.abs(x) < 1].sum(), abs=1e-3)


def test_student_in_many_dimensions():
    """At T = 1 and freedom 5: the mean energy for d = 1 is 3 (psi(3) - psi(5/2)); a Gaussian as the freedom grows."""
    assert potentials.studentt(1).exact_energy(1.0) == pytest.approx(0.65888, abs=5e-6)
    assert potentials.studentt(10, freedom=1e8).exact_energy(1.0) == pytest.approx(5.0, abs=1e-5)
    with pytest.raises(ReferenceUnavailable, match=r"below T = 3\.5"):
        potentials.studentt(2).exact_energy(3.5)


def test_fat_and_skinny_exponents():
    """E[U | well] / T tends to 1/8 and 1/2, and the masses fall as T^(1/8) and T^(1/2)."""
    U = potentials.fatskinny()
    assert U.energy(np.array([0.0])) == pytest.approx(1.0)
    found = {}
    for temperature in (1e-4, 1e-6):
        for name, centre, power in (("fat", 1.6, 0.125), ("skinny", -0.4, 0.5)):
            x = centre + np.linspace(-0.9, 0.9, 2_000_001) * min(1.0, 20 * temperature**power)
            energy = U.energy(x[:, None])
            inside = U.label(x[:, None]) == (0 if name == "fat" else 1)
            weight = np.where(inside, np.exp(-energy / temperature), 0.0)
            found[name, temperature] = weight.sum() * (x[1] - x[0]), (weight * energy).sum() / weight.sum() / temperature
    for name, power in (("fat", 0.125), ("skinny", 0.5)):
        (warm, _), (cold, ratio) = found[name, 1e-4], found[name, 1e-6]
        assert ratio == pytest.approx(power, rel=0.02)
        assert np.log(warm / cold) / np.log(100) == pytest.approx(power, rel=0.05)


@pytest.mark.parametrize(
    ("name", "temperature", "box", "tolerance"),
    [
        ("himmelblau", 0.01, [(-5, 5), (-5, 5)], 2e-3),
        ("entropicswitch", 0.1, [(-2, 2), (-1, 3)], 1e-3),
        ("asymmetric", 0.025, [(-2, 2), (-2, 2)], 1e-3),
        ("prinz", 0.005, [(-1.2, 1.2)], 2e-3),
        ("styblinskitang", 0.05, [(-5, 5)], 1e-6),
        ("doublewell", 0.02, [(-2, 2)], 1e-6),
        ("twowell", 0.02, [(-4, 4), (-2, 2)], 2e-3),
    ],
)
def test_the_limit_of_the_masses(name, temperature, box, tolerance):
    U = potentials.get(name, len(box))
    masses, *_ = brute(U, temperature, box, (1000,) * len(box))
    np.testing.assert_allclose(U.cold_masses, masses, atol=tolerance)


SUMS = [
    (name, dim)
    for name in potentials.names()
    for dim in (2, 3, 5)
    if potentials.dimensions(name)[0] <= dim <= (potentials.dimensions(name)[1] or dim) and potentials.get(name, dim).factors
]


@pytest.mark.parametrize(("name", "dim"), SUMS)
def test_factors_add_up_and_their_regions_are_products(name, dim):
    U = potentials.get(name, dim)
    assert sorted(j for factor in U.factors for j in factor.coordinates) == list(range(dim))
    low, high = U.extent(1.0).T
    x = np.random.default_rng(1).uniform(low, high, (300, dim))
    terms = sum(factor.potential.energy(x[:, list(factor.coordinates)]) for factor in U.factors)
    np.testing.assert_allclose(terms, U.energy(x), rtol=1e-12, atol=1e-12)
    labels = np.stack([factor.potential.label(x[:, list(factor.coordinates)]) for factor in U.factors], axis=-1)
    assert sum(region.factor_regions is None for region in U.regions) <= 1  # it is what the others leave
    for k, region in enumerate(U.regions):
        if region.factor_regions is not None:
            np.testing.assert_array_equal(U.label(x) == k, (labels == region.factor_regions).all(axis=1))


def test_what_has_no_law_on_all_of_space_says_so():
    for name, dim in (("ackley", 1), ("valley", 2), ("washboard", 1)):
        with pytest.raises(ReferenceUnavailable, match="no Boltzmann law"):
            boltzmann(potentials.get(name, dim).on(Domain()), 1.0)
    with pytest.raises(ReferenceUnavailable, match="not the slope of an energy"):
        boltzmann(potentials.washboard(force=2.0), 1.0)
    assert boltzmann(potentials.washboard(), 0.4).mean_energy == pytest.approx(-0.7650, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "dim", "parameters", "said"),
    [
        ("prinz", 2, {}, "dimension 2"),
        ("quadruple", 1, {}, "at least 2"),
        ("funnel", 101, {}, "dimension 101"),
        ("gaussiangrid", 2, {"variance": 1.0}, "wells merge"),
        ("ackley", 2, {"reach": 0.5}, "expected more than 1"),
        ("banana", 2, {"bend": -1.0}, "expected a number of at least 0"),
        ("illconditioned", 2, {"condition": 0.5}, "at least 1"),
        ("multiplicative", 1, {"spread": -1.0}, "at least 0"),
        ("washboard", 1, {"force": np.inf}, "finite"),
    ],
)
def test_bad_parameters_are_one_line(name, dim, parameters, said):
    with pytest.raises(InputError, match=said) as caught:
        potentials.get(name, dim, **parameters)
    assert "\n" not in str(caught.value)
