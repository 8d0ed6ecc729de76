"""exp for float64."""

import math

import numpy as np

from langevin_sim.vectormath.bits import LN2_HIGH, LN2_LOW, LOG2_E, bits_of, float_of, fma
from langevin_sim.vectormath.jit import inlined

_INVERSE_FACTORIAL = tuple(1.0 / math.factorial(n) for n in range(14))
# Adding 1.5 * 2^52 rounds to an integer, which then stands in the low bits of the sum.
_ROUNDER = 1.5 * 2.0**52
_BIAS = np.uint64(1022)
_MANTISSA_BITS = np.uint64(52)


@inlined
def exp(x):
    """e^x = 2 * 2^(n-1) * e^r with n = round(x / ln 2) and |r| <= ln(2)/2, e^r by Taylor's series to r^13.

    x: float64. Error at most 1.5 ulp. Below -708 the result is 0 (no subnormal numbers), above
    709.7 inf, for nan nan.
    """
    c = _INVERSE_FACTORIAL
    clamped = -708.0 if x < -708.0 else (709.7 if x > 709.7 else x)
    shifted = fma(clamped, LOG2_E, _ROUNDER)
    n = shifted - _ROUNDER
    r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, clamped))
    p = fma(c[13], r, c[12])
    p = fma(p, r, c[11])
    p = fma(p, r, c[10])
    p = fma(p, r, c[9])
    p = fma(p, r, c[8])
    p = fma(p, r, c[7])
    p = fma(p, r, c[6])
    p = fma(p, r, c[5])
    p = fma(p, r, c[4])
    p = fma(p, r, c[3])
    p = fma(p, r, c[2])
    p = 1.0 + fma(p, r * r, r)
    half_scale = float_of((bits_of(shifted) + _BIAS) << _MANTISSA_BITS)
    value = p * half_scale * 2.0
    return 0.0 if x < -708.0 else (math.inf if x > 709.7 else value)
