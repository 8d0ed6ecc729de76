import math

import numpy as np
import pytest

from langevin_sim.vectormath import compiled, cos_octant, exp, log, sin_octant


@compiled
def all_exp(x, y):
    for i in range(x.size):
        y[i] = exp(x[i])


@compiled
def all_log(x, y):
    for i in range(x.size):
        y[i] = log(x[i])


@compiled
def all_sin(x, y):
    for i in range(x.size):
        y[i] = sin_octant(x[i])


@compiled
def all_cos(x, y):
    for i in range(x.size):
        y[i] = cos_octant(x[i])


def applied(function, x):
    y = np.empty_like(x)
    function(x, y)
    return y


@pytest.mark.parametrize(
    ("ours", "theirs", "low", "high"),
    [
        (all_exp, np.exp, -707.0, 709.0),
        (all_exp, np.exp, -1.0, 1.0),
        (all_sin, np.sin, -math.pi / 4, math.pi / 4),
        (all_cos, np.cos, -math.pi / 4, math.pi / 4),
    ],
)
def test_within_two_ulp_of_numpy(ours, theirs, low, high):
    x = np.linspace(low, high, 1_000_003)
    exact = theirs(x)
    assert np.max(np.abs(applied(ours, x) - exact) / np.spacing(np.abs(exact))) <= 2.0


def test_log_within_two_ulp_of_numpy():
    x = np.concatenate([np.geomspace(1e-300, 1e300, 1_000_003), np.linspace(0.5, 2.0, 1_000_003)])
    exact = np.log(x)
    assert np.max(np.abs(applied(all_log, x) - exact) / np.spacing(np.abs(exact))) <= 2.0


def test_special_values():
    x = np.array([-math.inf, -1000.0, 1000.0, math.inf, math.nan])
    np.testing.assert_array_equal(applied(all_exp, x), [0.0, 0.0, math.inf, math.inf, math.nan])
    x = np.array([0.0, -1.0, math.inf, math.nan, 1.0])
    np.testing.assert_array_equal(applied(all_log, x), [-math.inf, math.nan, math.inf, math.nan, 0.0])
