import math

import numpy as np
import pytest

from langevin_sim.vectormath import compiled
from langevin_sim.vectormath.sincos import cos, sin


@compiled
def all_sin(x, y):
    for i in range(x.size):
        y[i] = sin(x[i])


@compiled
def all_cos(x, y):
    for i in range(x.size):
        y[i] = cos(x[i])


def applied(function, x):
    y = np.empty_like(x)
    function(x, y)
    return y


PAIRS = [(all_sin, np.sin), (all_cos, np.cos)]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@pytest.mark.parametrize("reach", [1.0, 10.0, 1e5, 2.0**30])
def test_within_two_ulp_of_numpy(ours, theirs, reach):
    x = np.linspace(-reach, reach, 1_000_003)
    exact = theirs(x)
    assert np.max(np.abs(applied(ours, x) - exact) / np.spacing(np.abs(exact))) <= 2.0


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_next_to_the_zeros_and_extrema(ours, theirs):
    """Where almost all of x cancels: the floats next to multiples of pi/2, a pi/2 of three parts being what is needed."""
    near = np.arange(-60_000, 60_001) * (math.pi / 2)
    x = np.concatenate([near, np.nextafter(near, math.inf), np.nextafter(near, -math.inf), near + math.pi / 4])
    exact = theirs(x)
    assert np.max(np.abs(applied(ours, x) - exact) / np.spacing(np.abs(exact))) <= 2.0


def test_against_many_digits():
    mpmath = pytest.importorskip("mpmath")
    generator = np.random.default_rng(3)
    x = np.concatenate([generator.uniform(-reach, reach, 300) for reach in (10.0, 1e5, 2.0**30)])
    with mpmath.workprec(200):
        for ours, exact in ((all_sin, mpmath.sin), (all_cos, mpmath.cos)):
            for value, point in zip(applied(ours, x), x, strict=True):
                true = exact(mpmath.mpf(float(point)))
                assert abs(mpmath.mpf(float(value)) - true) <= 1.5 * np.spacing(abs(float(true)))


def test_up_to_the_end_of_the_range():
    x = np.geomspace(2.0**30, 2.0**40, 100_001)
    for ours, theirs in PAIRS:
        np.testing.assert_allclose(applied(ours, x), theirs(x), atol=1e-15, rtol=0)


def test_special_values():
    x = np.array([0.0, -0.0, 1e-300, -5e-324, math.inf, -math.inf, math.nan, 1.2e12, -1e300])
    y = applied(all_sin, x)
    np.testing.assert_array_equal(y[:4], x[:4])
    assert np.isnan(y[4:]).all()
    y = applied(all_cos, x)
    np.testing.assert_array_equal(y[:4], 1.0)
    assert np.isnan(y[4:]).all()
