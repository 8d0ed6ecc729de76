"""The stream of normals. Statistical tests: fixed seeds chosen before looking, false-alarm rate 1e-4 each."""

import numpy as np
import pytest
from naive import xoshiro
from scipy import stats

from langevin_sim.engine.block import BLOCK, LANES
from langevin_sim.engine.normals import fill_normals
from langevin_sim.engine.streams import advance_state, output, seed_blocks
from langevin_sim.vectormath import compiled

LEVEL = 1e-4


@compiled
def first_outputs(stream, out):
    s0, s1, s2, s3 = stream[0], stream[LANES], stream[2 * LANES], stream[3 * LANES]
    for i in range(out.size):
        out[i] = output(s0, s3)
        s0, s1, s2, s3 = advance_state(s0, s1, s2, s3)


@pytest.fixture(scope="module")
def draws():
    """2 x 10^7 normals, [block, row, walker]."""
    z = np.empty((8, 20_000, BLOCK))
    for block, stream in enumerate(seed_blocks(20180109, (), 0, 8)):
        fill_normals(stream, z[block])
    return z


def test_published_vector():
    """State (1, 2, 3, 4), as in the tests of the Rust crate rand_xoshiro, made with the authors' C code."""
    stream = np.repeat(np.array([1, 2, 3, 4], np.uint64), LANES)
    out = np.empty(5, np.uint64)
    first_outputs(stream, out)
    assert out.tolist() == [41943041, 58720359, 3588806011781223, 3591011842654386, 9228616714210784205]


def test_equals_the_twin_in_every_lane():
    stream = seed_blocks(3, (1,), 0, 1)[0]
    z = np.empty((2, BLOCK))
    after = stream.copy()
    fill_normals(after, z)
    for lane in range(LANES):
        words, state = xoshiro([int(w) for w in stream[lane::LANES]], 4)
        assert [int(w) for w in after[lane::LANES]] == state
        for row in range(2):
            u = 2.0 - (1.0 + (words[2 * row] >> 12) / 2**52)
            angle = ((words[2 * row + 1] >> 12) / 2**52 - 0.5) * np.pi / 2
            bits = words[2 * row + 1]
            pair = [np.cos(angle) * (-1) ** (bits >> 1 & 1), np.sin(angle) * (-1) ** (bits >> 2 & 1)]
            if bits & 1:
                pair.reverse()
            expected = np.sqrt(-2 * np.log(u)) * np.array(pair)
            np.testing.assert_allclose(z[row, [lane, lane + LANES]], expected, rtol=1e-14)


def moment_scores(z):
    """z-scores of the moments of order 1 to 8."""
    n, scores = z.size, []
    powers = np.ones_like(z)
    for order in range(1, 9):
        powers *= z
        exact = 0.0 if order % 2 else float(np.prod(np.arange(1, order, 2)))
        variance = float(np.prod(np.arange(1, 2 * order, 2))) - exact**2
        scores.append((powers.mean() - exact) / np.sqrt(variance / n))
    return np.array(scores)


def test_moments_and_the_negative_control(draws):
    bound = stats.norm.isf(LEVEL / 8 / 2)
    assert np.abs(moment_scores(draws)).max() < bound
    # a variance of 1.01 must be seen
    assert np.abs(moment_scores(draws * np.sqrt(1.01))).max() > bound


def test_kolmogorov_smirnov_and_anderson_darling(draws):
    z = np.sort(draws.ravel()[: 10**7])
    n = z.size
    assert stats.kstest(z, "norm").pvalue > LEVEL
    rank = np.arange(1, n + 1)
    a2 = -n - np.mean((2 * rank - 1) * (stats.norm.logcdf(z) + stats.norm.logsf(z[::-1])))
    assert a2 < 10.0  # case 0: P(A^2 > 10) is below 1e-4


def test_tails_beyond_four_and_five_sigma(draws):
    for edge in (4.0, 5.0):
        expected = 2 * stats.norm.sf(edge) * draws.size
        seen = int((np.abs(draws) > edge).sum())
        assert stats.poisson.cdf(seen, expected) > LEVEL / 2
        assert stats.poisson.sf(seen - 1, expected) > LEVEL / 2


def test_no_correlation_across_walkers_lags_and_blocks(draws):
    pairs = [(draws[:, :-lag], draws[:, lag:]) for lag in (1, 2, 5, 64)]
    pairs += [(draws[..., :-lag], draws[..., lag:]) for lag in (1, 2, LANES)]
    pairs += [(draws[:-1], draws[1:])]
    pairs += [(a**2 - 1, (b**2 - 1) / 2) for a, b in pairs]
    bound = stats.norm.isf(LEVEL / len(pairs) / 2)
    for a, b in pairs:
        assert abs((a * b).sum()) / np.sqrt(a.size) < bound


def test_blocks_are_seeded_one_by_one():
    np.testing.assert_array_equal(seed_blocks(1, (5,), 2, 3), seed_blocks(1, (5,), 0, 5)[2:])
    assert not np.array_equal(seed_blocks(1, (5,), 0, 1), seed_blocks(1, (4,), 0, 1))
