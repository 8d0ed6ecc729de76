"""SGD and SGDL: the twin, the limits, the batches. Statistical tests: seeds fixed before looking, rates stated."""

import itertools
import math

import naive
import numpy as np
import pytest
from scipy import stats

from langevin_sim import potentials
from langevin_sim.dynamics import SGD, SGDL, make
from langevin_sim.engine import batches
from langevin_sim.engine.batches import draw_batches
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.ensemble import new_ensemble
from langevin_sim.engine.normals import fill_normals, fill_uniforms
from langevin_sim.engine.streams import seed_blocks
from langevin_sim.errors import InputError
from langevin_sim.simulation.simulate import available_threads, landscape, simulate

SIGMAS = 4.9  # false-alarm rate 1e-6 of each comparison
LEVEL = 1e-6
COVARIANCE = np.array([[1.0, 0.5], [0.5, 2.0]])
SMALL, LARGE = 7, batches._SMALL + 8  # one batch size for each algorithm

FINITE_SUMS = {
    "tilted twowell": lambda: potentials.tilted(potentials.twowell(2), COVARIANCE, terms=100),
    "tilted twowell, few terms": lambda: potentials.tilted(potentials.twowell(3), 0.5, terms=20),
    "tilted quadratic": lambda: potentials.tilted(potentials.quadratic(2), COVARIANCE, terms=50),
    "rbf": potentials.rbf,
    "regression": lambda: potentials.regression(3),
}


def ensemble(U, dynamics, walkers=BLOCK, threads=1, seed=11):
    starts = np.random.default_rng([seed, U.dim]).uniform(-2.5, 2.5, (walkers, U.dim))
    return new_ensemble(landscape(U), dynamics, starts, seed=seed, key=(U.dim,), burn_in=0, every=10, bound=1e3, threads=threads)


def draw(stream, n, size, replacement=False):
    """One batch for every walker, [size, BLOCK]."""
    batch = np.empty((size, BLOCK), np.int64)
    draw_batches(stream, np.empty((size, BLOCK)), np.arange(n), batch, replacement)
    return batch


def many_batches(n, size, count, seed, replacement=False):
    """[count, size, BLOCK]"""
    stream = seed_blocks(seed, (n, size), 0, 1)[0]
    return np.stack([draw(stream, n, size, replacement) for _ in range(count)])


@pytest.mark.parametrize("replacement", [False, True])
@pytest.mark.parametrize("size", [1, SMALL, LARGE])
@pytest.mark.parametrize("name", ["sgd", "sgdl"])
def test_equals_the_twin(name, size, replacement):
    """Ten steps in plain NumPy, with the same batches and the same normals."""
    eta = 0.05
    U = potentials.tilted(potentials.twowell(3), 4.0)
    dynamics = make(name, eta, 0.8, batch_size=size, replacement=replacement)
    e = ensemble(U, dynamics)
    x, stream = e.positions[0].T.copy(), e.streams[0].copy()
    z = np.zeros((U.dim, BLOCK))
    for _ in range(10):
        batch = draw(stream, U.terms.n_terms, size, replacement)
        if name == "sgdl":
            fill_normals(stream, z)
        gradient = naive.tilted_batch_gradient(U.gradient(x), U.terms.data, batch.T)
        x = naive.langevin_step(x, gradient, eta, np.sqrt(2 * eta * 0.8) if name == "sgdl" else 0.0, z.T)
    e.advance(10)
    np.testing.assert_allclose(e.positions[0].T, x, rtol=1e-11, atol=1e-11)
    np.testing.assert_array_equal(e.streams[0], stream)


def test_batch_gradient_of_the_potential_equals_the_twin():
    U = FINITE_SUMS["tilted twowell"]()
    rng = np.random.default_rng(1)
    x, batch = rng.normal(size=(20, 2)), rng.integers(0, 100, (20, 6))
    expected = naive.tilted_batch_gradient(U.gradient(x), U.terms.data, batch)
    np.testing.assert_allclose(U.batch_gradient(x, batch), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("finite_sum", FINITE_SUMS)
def test_full_batch_is_gd(finite_sum):
    U = FINITE_SUMS[finite_sum]()
    full, gd = ensemble(U, SGD(0.02, batch_size=U.terms.n_terms)), ensemble(U, make("gd", 0.02, 0.0))
    one = ensemble(U, SGD(0.02, batch_size=1))
    for e in (full, gd, one):
        e.advance(100)
    np.testing.assert_allclose(full.positions, gd.positions, rtol=0, atol=1e-12)
    assert np.abs(one.positions - gd.positions).max() > 1e-6


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_sgdl_at_temperature_zero_is_sgd(size):
    U = FINITE_SUMS["tilted twowell"]()
    cold = ensemble(U, SGDL(0.02, temperature=0.0, batch_size=size))
    sgd = ensemble(U, SGD(0.02, batch_size=size))
    cold.advance(100)
    sgd.advance(100)
    np.testing.assert_array_equal(cold.positions, sgd.positions)
    np.testing.assert_array_equal(cold.streams, sgd.streams)


@pytest.mark.parametrize(("n", "size"), [(1, 1), (6, 3), (100, SMALL), (100, LARGE), (LARGE, LARGE), (2**20, SMALL)])
def test_batches_are_in_range_and_without_repeats(n, size):
    drawn = many_batches(n, size, 50, seed=1)
    assert drawn.min() >= 0
    assert drawn.max() < n
    assert (np.diff(np.sort(drawn, axis=1), axis=1) > 0).all()
    if size == n:
        np.testing.assert_array_equal(np.sort(drawn, axis=1)[0, :, 0], np.arange(n))


def test_batches_with_replacement_repeat_and_stay_in_range():
    drawn = many_batches(5, 12, 50, seed=1, replacement=True)
    assert set(drawn.ravel()) == set(range(5))
    counts = np.bincount(many_batches(5, 12, 1000, seed=2, replacement=True).ravel())
    assert stats.chisquare(counts).pvalue > LEVEL


def test_scratch_is_restored():
    """The indices 0..n-1 are shuffled in place and put back."""
    shuffled, stream = np.arange(100), seed_blocks(1, (), 0, 1)[0]
    draw_batches(stream, np.empty((LARGE, BLOCK)), shuffled, np.empty((LARGE, BLOCK), np.int64), False)
    np.testing.assert_array_equal(shuffled, np.arange(100))


@pytest.mark.parametrize(("n", "size"), [(LARGE, LARGE), (1000, LARGE), (100, 100)])
def test_large_batches_equal_the_twin(n, size):
    """The first swaps of a Fisher-Yates shuffle, walker by walker, from the same uniforms."""
    stream, again = seed_blocks(4, (n,), 0, 1)[0], seed_blocks(4, (n,), 0, 1)[0]
    uniforms = np.empty((size, BLOCK))
    for row in uniforms:
        fill_uniforms(again, row)
    for _ in range(2):
        np.testing.assert_array_equal(draw(stream, n, size), naive.shuffled_batches(uniforms, n))
        for row in uniforms:
            fill_uniforms(again, row)


def subset_pvalue(drawn, n):
    """Chi-square against all subsets being equally likely; drawn [.., size, ..] with the size on axis 1."""
    masks = (1 << drawn).sum(axis=1).ravel()
    cells = math.comb(n, drawn.shape[1])
    _, counts = np.unique(masks, return_counts=True)
    counts = np.concatenate([counts, np.zeros(cells - counts.size)])
    return stats.chisquare(counts).pvalue


def next_free(n, size, count, seed):
    """A biased draw: an index that is taken already is replaced by the next free one. [count, size]"""
    rng = np.random.default_rng(seed)
    rows = np.arange(count)
    taken, drawn = np.zeros((count, n), bool), np.empty((count, size), np.int64)
    for k in range(size):
        position = rng.integers(0, n, count)
        while (occupied := taken[rows, position]).any():
            position = (position + occupied) % n
        taken[rows, position] = True
        drawn[:, k] = position
    return drawn


@pytest.mark.parametrize(("n", "size"), [(6, 3), (9, 2), (6, 5), (batches._SMALL + 3, batches._SMALL + 1)])
def test_every_subset_is_equally_likely(n, size):
    """20, 36 and 6 subsets by comparing, 351 by shuffling; false-alarm rate 1e-6 each. The control must fail."""
    assert subset_pvalue(many_batches(n, size, 2000, seed=20180109), n) > LEVEL
    if size < n - 1:
        assert subset_pvalue(next_free(n, size, 40_000, seed=20180109), n) < LEVEL


@pytest.mark.parametrize(("n", "size"), [(10, 4), (50, LARGE)])
def test_walkers_and_steps_draw_independently(n, size):
    """Membership of term 0, as z-scores of products; 4.9 sigma each. Control: one walker in 25 copies its neighbour."""
    member = (many_batches(n, size, 1000, seed=3) == 0).any(axis=1)
    share = size / n

    def score(a, b):
        product = (a - share) * (b - share) / (share * (1 - share))
        return product.sum() / np.sqrt(product.size)

    assert abs((member - share).sum()) / np.sqrt(member.size * share * (1 - share)) < SIGMAS
    for lag in (1, 2, BLOCK // 2):
        assert abs(score(member[:, :-lag], member[:, lag:])) < SIGMAS
    for lag in (1, 2, 3):
        assert abs(score(member[:-lag], member[lag:])) < SIGMAS
    copied = member.copy()
    copied[:, 1::25] = member[:, :-1:25]
    assert abs(score(copied[:, :-1], copied[:, 1:])) > SIGMAS


@pytest.mark.parametrize(("n", "size", "replacement"), [(20, 8, False), (20, 8, True), (60, LARGE, False), (60, LARGE, True)])
def test_covariance_of_the_batch_mean(n, size, replacement):
    """One SGD step from the minimum; 4.9 sigma an element. The control: the other rule's factor must fail."""
    walkers, eta = 200_000, 0.1
    U = potentials.tilted(potentials.quadratic(2), COVARIANCE, terms=n)
    dynamics = SGD(eta, batch_size=size, replacement=replacement)
    other = SGD(eta, batch_size=size, replacement=not replacement)
    e = new_ensemble(
        landscape(U),
        dynamics,
        np.zeros((walkers, 2)),
        seed=7,
        key=(n, size),
        burn_in=0,
        every=1,
        bound=1e3,
        threads=available_threads(),
    )
    e.advance(1)
    noise = -np.moveaxis(e.positions, 1, 0).reshape(2, -1)[:, :walkers] / eta
    assert (np.abs(noise.mean(axis=1)) < SIGMAS * noise.std(axis=1) / np.sqrt(walkers)).all()
    for i, j in itertools.combinations_with_replacement(range(2), 2):
        product = noise[i] * noise[j]
        error = product.std() / np.sqrt(walkers)
        assert abs(product.mean() - dynamics.variance_factor(n) * COVARIANCE[i, j]) < SIGMAS * error
        assert abs(product.mean() - other.variance_factor(n) * COVARIANCE[i, j]) > SIGMAS * error


def test_variance_factor_at_its_ends():
    assert SGD(0.1, batch_size=1).variance_factor(10) == 1.0
    assert SGD(0.1, batch_size=10).variance_factor(10) == 0.0
    assert SGD(0.1, batch_size=10, replacement=True).variance_factor(10) == 0.1
    assert SGD(0.1, batch_size=1).variance_factor(1) == 1.0


@pytest.mark.parametrize(("dim", "terms"), [(1, 4), (2, 6), (3, 100), (10, 22)])
def test_tilts_have_the_covariance_exactly(dim, terms):
    root = np.random.default_rng(dim).normal(size=(dim, dim))
    for covariance in (root @ root.T, 0.7, np.zeros((dim, dim)), np.diag([0.0] * (dim - 1) + [2.0])):
        U = potentials.tilted(potentials.twowell(dim), covariance, terms=terms, seed=5)
        z, matrix = U.terms.data, covariance * np.eye(dim) if np.isscalar(covariance) else covariance
        assert z.shape == (terms, dim)
        assert np.abs(z.sum(axis=0)).max() < 1e-12
        np.testing.assert_allclose(z.T @ z / terms, matrix, rtol=0, atol=1e-12)
        np.testing.assert_allclose(U.terms.covariance, matrix, rtol=0, atol=0)
        assert np.abs((z**3).sum(axis=0)).max() < 1e-11  # odd moments vanish
        x = np.random.default_rng(0).normal(size=(5, dim))
        np.testing.assert_array_equal(U.energy(x), potentials.twowell(dim).energy(x))


def test_tilts_follow_their_seed():
    first, again, other = (potentials.tilted(potentials.twowell(2), 1.0, seed=seed).terms.data for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("covariance", "terms", "message"),
    [
        ([[1.0, 0.5], [0.0, 1.0]], 100, "symmetric"),
        (np.eye(3), 100, "symmetric 2 x 2"),
        ([1.0, 2.0], 100, "symmetric 2 x 2"),
        ([[1.0, np.nan], [np.nan, 1.0]], 100, "finite"),
        (np.full((2, 2), np.inf), 100, "finite"),
        (np.inf, 100, "finite"),
        (np.nan, 100, "finite"),
        ([[1.0, 2.0], [2.0, 1.0]], 100, "eigenvalue -1"),
        (-1.0, 100, "eigenvalue -1"),
        (1.0, 4, "above 4"),
        (1.0, 7, "even"),
        (1.0, 0, "even"),
    ],
)
def test_tilts_refuse(covariance, terms, message):
    with pytest.raises(InputError, match=message):
        potentials.tilted(potentials.twowell(2), covariance, terms=terms)


def test_tilts_are_symmetric_relative_to_their_size():
    """1e-12 opposite 1e-14 is not symmetric; rounding of large numbers is accepted."""
    with pytest.raises(InputError, match="symmetric"):
        potentials.tilted(potentials.twowell(2), np.array([[1e-12, 5e-13], [0.0, 1e-12]]))
    large = 1e12 * np.array([[1.0, 0.5], [0.5, 1.0]])
    large[0, 1] += 1e-3
    assert potentials.tilted(potentials.twowell(2), large).terms.n_terms == 1000


def test_sgd_refuses_what_is_no_sum_and_a_batch_above_it():
    with pytest.raises(InputError, match="finite sum"):
        simulate(potentials.twowell(2), SGD(0.1), seed=1)
    with pytest.raises(InputError, match="batch size 21: twowell has only 20 terms"):
        simulate(FINITE_SUMS["tilted twowell, few terms"](), SGD(0.1, batch_size=21), seed=1)
    with pytest.raises(InputError, match="batch size 0"):
        SGD(0.1, batch_size=0)
