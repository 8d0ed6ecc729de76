import math

import numpy as np
import pytest

from langevin_sim.vectormath import (
    compiled,
    cos_octant,
    cos_quarter,
    exp,
    log,
    logistic,
    minus_two_log,
    sin_octant,
    sin_quarter,
)


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


@compiled
def all_minus_two_log(x, y):
    for i in range(x.size):
        y[i] = minus_two_log(x[i])


@compiled
def all_logistic(x, y):
    for i in range(x.size):
        y[i] = logistic(x[i])


@compiled
def all_sin_quarter(x, y):
    for i in range(x.size):
        y[i] = sin_quarter(x[i])


@compiled
def all_cos_quarter(x, y):
    for i in range(x.size):
        y[i] = cos_quarter(x[i])


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


def ulps(found, exact):
    """Errors in units of the last place; exact: in extended precision."""
    return np.abs(found - exact) / np.spacing(np.abs(exact.astype(float)))


def test_what_the_normals_are_made_of():
    t = np.linspace(-0.5, 0.5, 1_000_003)
    turn = np.pi * t.astype(np.longdouble) / 2 + np.longdouble("6.123233995736766e-17") * t  # pi/2 beyond a float64
    inside = t != 0.0
    assert ulps(applied(all_sin_quarter, t), np.sin(turn))[inside].max() <= 2.0
    assert ulps(applied(all_cos_quarter, t), np.cos(turn)).max() <= 2.0
    # all that a normal can be made of: 1 - k 2^-52, so 1 - 2^-52 is the largest below 1
    near = 1.0 - 2.0**-52 * np.arange(1, 4096)
    u = np.concatenate([np.linspace(2.0**-52, 1.0, 1_000_003), near, np.geomspace(2.0**-52, 1, 9999)])
    u = np.minimum(u, 1.0 - 2.0**-53)
    errors = ulps(applied(all_minus_two_log, u), -2 * np.log(u.astype(np.longdouble)))
    assert errors.max() <= 7.0
    assert errors[(u > 0.95) | (u < 0.5)].max() <= 3.0
    assert applied(all_minus_two_log, np.ones(1))[0] == 0.0


def test_logistic_within_three_ulp():
    x = np.concatenate([np.linspace(-700.0, 700.0, 1_000_003), np.linspace(-2.0, 2.0, 1_000_003)])
    assert ulps(applied(all_logistic, x), 1 / (1 + np.exp(x.astype(np.longdouble)))).max() <= 3.0
    beyond = applied(all_logistic, np.array([-math.inf, -1e9, 1e9, math.inf, math.nan]))
    np.testing.assert_allclose(beyond, [1.0, 1.0, 0.0, 0.0, math.nan], atol=1e-300)
