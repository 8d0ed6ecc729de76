import numpy as np
import pytest
from naive import (
    boxes_energy,
    central_difference,
    forward_difference,
    gaussians_energy,
    muellerbrown_energy,
    rbf_term_gradient,
    rbf_terms,
    twowell_energy,
    wedge_energy,
)

from langevin_sim import potentials
from langevin_sim.dynamics import Domain
from langevin_sim.errors import InputError, ReferenceUnavailable, UnknownNameError
from langevin_sim.potentials.grid import energy_grid


def supported(name, dims=(1, 2, 3, 5)):
    low, high = potentials.dimensions(name)
    return [dim for dim in dims if dim >= low and (high is None or dim <= high)]


CASES = [(name, dim) for name in potentials.names() for dim in supported(name)]
SUMS = [(name, dim) for name, dim in CASES if potentials.get(name, dim).terms]


def scattered(U, n=400, seed=1):
    low, high = U.extent(1.0).T
    return np.random.default_rng(seed).uniform(low, high, (n, U.dim))


@pytest.mark.parametrize(("name", "dim"), CASES)
class TestEvery:
    def test_gradient_is_that_of_the_energy(self, name, dim):
        U = potentials.get(name, dim)
        if not U.smooth:
            pytest.skip("the gradient is a stand-in")
        x = scattered(U)
        gradient, expected = U.gradient(x), central_difference(U.energy, x)
        # rounding of U over the step of 1e-6, and the third derivative, which a steep landscape has in proportion
        rounding = 1e-9 * np.abs(U.energy(x)) + 1e-9 * np.abs(gradient).max(axis=1)
        assert (np.abs(gradient - expected) <= 2e-7 + 1e-6 * np.abs(expected) + rounding[:, None]).all()

    def test_minima(self, name, dim):
        U = potentials.get(name, dim)
        assert np.abs(U.gradient(U.minima)).max() < 1e-8
        nearby = U.minima[:, None] + 1e-2 * np.random.default_rng(2).normal(size=(1, 50, dim))
        assert (U.energy(nearby) >= U.energy(U.minima)[:, None]).all()

    def test_starts_lie_in_their_regions(self, name, dim):
        U = potentials.get(name, dim)
        starts = np.stack([region.start for region in U.regions])
        assert U.label(starts).tolist() == list(range(len(U.regions)))

    def test_labels_are_regions_and_starts_are_in_the_domain(self, name, dim):
        U = potentials.get(name, dim)
        assert set(U.label(scattered(U))) <= set(range(len(U.regions)))
        low, high = U.extent(1.0).T
        for region in U.regions:
            assert ((region.start >= low) & (region.start <= high)).all()
        if U.domain.kind != "space":
            assert (low == U.domain.low).all()
            assert (high == U.domain.high).all()

    def test_a_torus_has_no_seam(self, name, dim):
        U = potentials.get(name, dim)
        if U.domain.kind != "torus":
            pytest.skip("no torus")
        x = scattered(U)
        shift = U.domain.width * np.random.default_rng(3).integers(-2, 3, x.shape)
        np.testing.assert_allclose(U.energy(x + shift), U.energy(x), atol=1e-13)
        np.testing.assert_allclose(U.gradient(x + shift), U.gradient(x), atol=1e-12)
        np.testing.assert_array_equal(U.label(x + shift), U.label(x))

    def test_exact_laws_are_laws(self, name, dim):
        U = potentials.get(name, dim)
        for temperature in (0.05, 1.0, 20.0):
            if U.exact_masses:
                try:
                    masses = U.exact_masses(temperature)
                except ReferenceUnavailable:
                    assert (name, temperature) == ("studentt", 20.0)  # too hot for its tails
                    continue
                assert masses.shape == (len(U.regions),)
                assert masses.sum() == pytest.approx(1.0, abs=1e-12)
                assert (masses >= 0).all()
            if U.exact_marginal:
                low, high = U.extent(temperature)[0]
                width = high - low
                edges = np.linspace(low - 2 * width, high + 2 * width, 41)
                edges[[0, -1]] = -np.inf, np.inf
                bins = U.exact_marginal(temperature, edges)
                assert bins.sum() == pytest.approx(1.0, abs=1e-10)
                assert (bins >= -1e-15).all()
                joined = U.exact_marginal(temperature, edges[::4])
                np.testing.assert_allclose(bins.reshape(-1, 4).sum(1), joined, atol=1e-12)


@pytest.mark.parametrize(("name", "dim"), SUMS)
def test_the_mean_over_all_terms_is_the_gradient(name, dim):
    U = potentials.get(name, dim)
    x = scattered(U, 130)
    everything = np.tile(np.arange(U.terms.n_terms), (len(x), 1))
    np.testing.assert_allclose(U.batch_gradient(x, everything), U.gradient(x), rtol=1e-12, atol=1e-12 * abs(U.gradient(x)).max())


@pytest.mark.parametrize(
    ("name", "dim", "twin", "tolerance"),
    [
        ("boxes", 1, boxes_energy, 0.0),
        ("boxes", 3, boxes_energy, 0.0),
        ("gaussians", 1, gaussians_energy, 1e-14),
        ("gaussians", 2, gaussians_energy, 1e-14),
        ("wedge", 2, wedge_energy, 1e-14),
        ("wedge", 5, wedge_energy, 1e-14),
        ("muellerbrown", 2, muellerbrown_energy, 1e-11),
        (
            "rbf",
            2,
            lambda x: sum(t[2] * np.exp(-((x % 8 - t[:2]) ** 2).sum(-1) / (2 * t[3] ** 2)) for t in rbf_terms()) / 115,
            1e-16,
        ),
        ("valley", 3, lambda x: (x[:, 0] * x[:, 1] - 1) ** 2 + x[:, 2] ** 2 / 2, 1e-12),
        ("doublewell", 3, lambda x: 2 * (x[:, 0] ** 2 - 1) ** 2 + (x[:, 1] ** 2 + x[:, 2] ** 2) / 2, 1e-12),
    ],
)
def test_energies_equal_their_twins(name, dim, twin, tolerance):
    U = potentials.get(name, dim)
    near = np.concatenate([region.start + 0.7 * np.random.default_rng(6).normal(size=(200, dim)) for region in U.regions])
    x = np.concatenate([scattered(U, 1000, seed=4), near])
    np.testing.assert_allclose(U.energy(x), twin(x), atol=tolerance, rtol=1e-13)


@pytest.mark.parametrize("dim", [1, 3, 40])
@pytest.mark.parametrize("depth", [0.0, 1.5])
def test_twowell_equals_its_twin(dim, depth):
    x = np.random.default_rng(3).normal(size=(500, dim)) * 3
    energy, wide = twowell_energy(x, ratio=3.0, width=0.8, separation=5.0, softness=0.4)
    if depth:
        q_w = ((x + np.eye(dim)[0] * 2.5) ** 2).sum(-1) / (2 * 0.8**2)
        q_n = ((x - np.eye(dim)[0] * 2.5) ** 2).sum(-1) / (2 * (0.8 / 3) ** 2) + depth
        energy, wide = -0.4 * np.logaddexp(-q_w / 0.4, -q_n / 0.4), q_w < q_n
    U = potentials.twowell(dim, ratio=3.0, width=0.8, separation=5.0, softness=0.4, depth=depth)
    np.testing.assert_allclose(U.energy(x), energy, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(U.label(x) == 0, wide)
    np.testing.assert_allclose(U.energy(U.minima), [0.0, depth], atol=1e-6)


@pytest.mark.parametrize("dim", [1, 2, 4])
def test_boxes_step_over_the_edges_as_the_authors_did(dim):
    U = potentials.boxes(dim, reach=0.3)
    x = np.concatenate([scattered(U, 500), np.random.default_rng(5).uniform(3.5, 6.5, (500, dim))])
    e = 0.3 * np.eye(dim)
    expected = np.stack([boxes_energy(x + e[j]) - boxes_energy(x - e[j]) for j in range(dim)], axis=-1)
    np.testing.assert_array_equal(U.gradient(x), expected)
    assert expected.any()


@pytest.mark.parametrize("dim", [2, 5])
def test_wedge_with_forward_differences(dim):
    U = potentials.wedge(dim, difference=0.25)
    assert not U.smooth
    x = np.concatenate([scattered(U, 500), np.random.default_rng(5).uniform(1.5, 4.5, (500, dim))])
    np.testing.assert_allclose(U.gradient(x), forward_difference(wedge_energy, x, 0.25), atol=1e-13)
    apex = np.full((1, dim), 3.0)
    np.testing.assert_allclose(U.gradient(apex), 1.0, atol=1e-14)


def test_rbf_batches_equal_their_twin():
    U, terms = potentials.rbf(), rbf_terms()
    np.testing.assert_allclose(U.terms.data[:, :2], terms[:, :2], rtol=1e-15)
    generator = np.random.default_rng(7)
    x, batch = generator.uniform(0, 8, (60, 2)), generator.integers(0, 115, (60, 10))
    expected = [np.mean([rbf_term_gradient(p, terms[k]) for k in chosen], axis=0) for p, chosen in zip(x, batch, strict=True)]
    np.testing.assert_allclose(U.batch_gradient(x, batch), expected, atol=1e-16, rtol=1e-12)


@pytest.mark.parametrize(("dim", "rows"), [(3, 50), (20, 8)])
def test_regression(dim, rows):
    U = potentials.regression(dim, rows=rows, noise=0.3, seed=2)
    a, y = U.terms.data[:, :dim], U.terms.data[:, dim]
    generator = np.random.default_rng(8)
    x, batch = generator.normal(size=(40, dim)), generator.integers(0, rows, (40, 5))
    residual = x @ a.T - y
    np.testing.assert_allclose(U.energy(x), 0.5 * (residual**2).mean(1), rtol=1e-11)
    np.testing.assert_allclose(U.gradient(x), residual @ a / rows, atol=1e-12)
    expected = [(a[chosen].T @ (a[chosen] @ p - y[chosen])) / 5 for p, chosen in zip(x, batch, strict=True)]
    np.testing.assert_allclose(U.batch_gradient(x, batch), expected, atol=1e-12)
    np.testing.assert_allclose(U.minima[0], np.linalg.pinv(a) @ y, atol=1e-10)
    assert U.stability_bound == pytest.approx(2 * rows / np.linalg.norm(a, 2) ** 2)
    assert U.confining == (rows >= dim)
    if rows < dim:  # every data point is met, and so SGD's noise vanishes there
        each = np.arange(rows)[:, None]
        np.testing.assert_allclose(U.batch_gradient(np.repeat(U.minima, rows, 0), each), 0.0, atol=1e-12)


def test_muellerbrown_at_the_published_minima():
    U = potentials.muellerbrown(scale=1.0)
    np.testing.assert_allclose(U.energy(U.minima), [-146.6995, -80.7678, -108.1667], atol=1e-4)
    np.testing.assert_allclose(U.minima, [[-0.558, 1.442], [-0.050, 0.467], [0.623, 0.028]], atol=1e-3)


def test_doublewell_with_a_tilt():
    U = potentials.doublewell(2, barrier=1.0, tilt=0.5)
    left, right = U.energy(U.minima)
    assert left < right
    assert U.label(np.array([0.12, 0.0])) == 0  # the barrier has moved towards the shallow well
    with pytest.raises(InputError, match="one of the wells disappears"):
        potentials.doublewell(1, barrier=1.0, tilt=2.0)


def test_on_another_domain_nothing_exact_is_kept():
    U = potentials.boxes(2).on(Domain("box", 0.0, 9.0))
    assert U.exact_masses is U.exact_marginal is U.exact_energy is None
    assert potentials.twowell(3).on(Domain("torus", -8.0, 8.0)).symmetry == ""
    assert potentials.wedge(2).on(potentials.wedge(2).domain).exact_masses is not None


def test_bad_names_and_parameters():
    with pytest.raises(UnknownNameError, match="did you mean 'twowell'"):
        potentials.get("towwell", 1)
    with pytest.raises(UnknownNameError, match="did you mean 'ratio'"):
        potentials.get("twowell", 1, ratoi=2.0)
    with pytest.raises(InputError, match="width = -1"):
        potentials.get("twowell", 1, width=-1.0)


@pytest.mark.parametrize(
    ("name", "dim", "parameters", "said"),
    [
        ("twowell", 1, {"depth": 9.0}, "expected 0 to 8"),
        ("boxes", 1, {"narrow": 12.0}, "lie apart"),
        ("boxes", 0, {}, "dimension 0: expected an integer of at least 1"),
        ("gaussians", 1, {"wide": 4.0}, "regions overlap"),
        ("wedge", 1, {}, "dimension 1: expected an integer of at least 2"),
        ("wedge", 2, {"difference": -1.0}, "expected 0 for the gradient"),
        ("rbf", 3, {}, "dimension 3: expected 2"),
        ("rbf", 2, {"seed": 1.5}, "expected an integer"),
        ("muellerbrown", 1, {}, "dimension 1: expected 2"),
        ("valley", 1, {}, "at least 2"),
        ("regression", 2, {"rows": 0}, "rows = 0: expected an integer of at least 1"),
        ("regression", 2, {"noise": -1.0}, "noise = -1.0: expected a number of at least 0"),
        ("doublewell", 2, {"barrier": 0.0}, "barrier = 0.0: expected a positive number"),
    ],
)
def test_bad_parameters_are_one_line(name, dim, parameters, said):
    with pytest.raises(InputError, match=said) as caught:
        potentials.get(name, dim, **parameters)
    assert "\n" not in str(caught.value)


def test_regression_from_arrays_checks_them():
    with pytest.raises(InputError, match=r"expected \[n, dim\] and \[n\]"):
        potentials.regression_from(np.ones((3, 2)), np.ones(2))
    with pytest.raises(InputError, match="finite"):
        potentials.regression_from(np.array([[np.nan]]), np.ones(1))


def test_a_grid_has_the_lowest_energy_over_the_other_coordinates():
    """In two dimensions U itself; in three, with the third coordinate at the minimum where U is lowest; a torus is not left."""
    U = potentials.twowell(2)
    points, energy = energy_grid(U, np.array([[-3.0, 3.0], [-1.0, 1.0]]), 5)
    assert points.shape == (5, 5, 2)
    np.testing.assert_array_equal(points[3, 1], [1.5, -0.5])
    np.testing.assert_array_equal(energy, U.energy(points))
    U3 = potentials.twowell(3)
    np.testing.assert_allclose(energy_grid(U3, np.array([[-3.0, 3.0], [-1.0, 1.0]]), 5)[1], energy, rtol=1e-14, atol=1e-14)
    assert energy_grid(U3, np.array([[-3.0, 3.0]]), 5)[1].shape == (5,)
    torus = potentials.boxes(1)
    points, _ = energy_grid(torus, torus.extent(1.0), 7)
    assert points[0, 0] == 0.0
    assert 18.0 - 1e-7 < points[-1, 0] < 18.0
