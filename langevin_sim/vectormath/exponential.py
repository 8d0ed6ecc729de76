"""exp for float64."""

import math

import numpy as np

from langevin_sim.vectormath.bits import LN2_HIGH, LN2_LOW, LOG2_E, bits_of, float_of, fma
from langevin_sim.vectormath.jit import inlined

# Minimax coefficients of (e^r - 1 - r) / r^2 in powers of r on |r| <= ln(2)/2.
_C = (
    0.5000000000000001,
    0.16666666666666669,
    0.04166666666662413,
    0.008333333333330062,
    0.0013888888917213717,
    0.00019841269863053618,
    2.4801521295954376e-05,
    2.7557268459997064e-06,
    2.7620088445409746e-07,
    2.510038549551032e-08,
)
# Adding 1.5 * 2^52 rounds to an integer, which then stands in the low bits of the sum.
_ROUNDER = 1.5 * 2.0**52
_BIAS = np.uint64(1022)
_WHOLE_BIAS = np.uint64(1023)
_MANTISSA_BITS = np.uint64(52)


@inlined
def quadratic_part(r):
    """(e^r - 1 - r) / r^2 for |r| <= ln(2)/2, in Estrin's form: a chain of five operations where Horner's has nine."""
    c = _C
    r2 = r * r
    low = fma(r2, fma(r, c[3], c[2]), fma(r, c[1], c[0]))
    high = fma(r2 * r2, fma(r, c[9], c[8]), fma(r2, fma(r, c[7], c[6]), fma(r, c[5], c[4])))
    return fma(r2 * r2, high, low)


@inlined
def exp(x):
    """e^x = 2 * 2^(n-1) * e^r with n = round(x / ln 2) and |r| <= ln(2)/2.

    x: float64. Error at most 1.5 ulp. Below -708 the result is 0 (no subnormal numbers), above
    709.7 inf, for nan nan.
    """
    clamped = min(max(x, -708.0), 709.7)
    shifted = fma(clamped, LOG2_E, _ROUNDER)
    n = shifted - _ROUNDER
    r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, clamped))
    p = 1.0 + fma(r * r, quadratic_part(r), r)
    half_scale = float_of((bits_of(shifted) + _BIAS) << _MANTISSA_BITS)
    value = p * half_scale * 2.0
    return 0.0 if x < -708.0 else (math.inf if x > 709.7 else value)


@inlined
def logistic(x):
    """1 / (1 + e^x), with one division and no second clamp; beyond |x| = 700 as at 700. nan for nan.

    x: float64. Error at most 3 ulp.
    """
    clamped = min(max(x, -700.0), 700.0)
    shifted = fma(clamped, LOG2_E, _ROUNDER)
    n = shifted - _ROUNDER
    r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, clamped))
    scale = float_of((bits_of(shifted) + _WHOLE_BIAS) << _MANTISSA_BITS)
    return 1.0 / fma(scale, fma(r * r, quadratic_part(r), r), 1.0 + scale)
