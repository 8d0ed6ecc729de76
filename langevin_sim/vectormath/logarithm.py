"""Natural logarithm for float64."""

import math

import numpy as np

from langevin_sim.vectormath.bits import LN2_HIGH, LN2_LOW, bits_of, float_of, fma
from langevin_sim.vectormath.jit import inlined

# Remez coefficients of (log(1+f) - 2s)/s with s = f/(2+f), in powers of s^2: those of FreeBSD's
# msun (e_log.c, Sun Microsystems 1993), error below 2^-58.45.
_L1 = 6.666666666666735130e-01
_L2 = 3.999999999940941908e-01
_L3 = 2.857142874366239149e-01
_L4 = 2.222219843214978396e-01
_L5 = 1.818357216161805012e-01
_L6 = 1.531383769920937332e-01
_L7 = 1.479819860511658591e-01

_SQRT_HALF_BITS = np.uint64(0x3FE6A09E667F3BCD)
_EXPONENT_MASK = np.uint64(0xFFF0000000000000)
_EXPONENT_OFFSET = np.uint64(0x4000000000000000)
_MANTISSA_BITS = np.uint64(52)
_TWO_52_BITS = np.uint64(0x4330000000000000)
_TWO_52_PLUS_1024 = 2.0**52 + 1024.0
_MINUS_TWO_LN2 = -2.0 * math.log(2.0)


@inlined
def log_normal(x):
    """log x = k ln 2 + log m with m in [sqrt(1/2), sqrt(2)), for a positive, finite, not subnormal x.

    x: float64. Error at most 1.5 ulp.
    """
    bits = bits_of(x)
    above = bits - _SQRT_HALF_BITS
    f = float_of(bits - (above & _EXPONENT_MASK)) - 1.0
    k = float_of(_TWO_52_BITS | ((above + _EXPONENT_OFFSET) >> _MANTISSA_BITS)) - _TWO_52_PLUS_1024
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * fma(w, fma(w, _L6, _L4), _L2)
    odd = z * fma(w, fma(w, fma(w, _L7, _L5), _L3), _L1)
    half_square = 0.5 * f * f
    tail = fma(s, half_square + (even + odd), k * LN2_LOW)
    return fma(k, LN2_HIGH, f - (half_square - tail))


@inlined
def log(x):
    """log x for any float64, error at most 1.5 ulp. 0 and subnormal numbers give -inf, negative numbers nan."""
    value = log_normal(x)
    if x < 2.2250738585072014e-308:
        value = -math.inf if x >= 0.0 else math.nan
    return value if x <= 1.7976931348623157e308 else x


# Minimax coefficients of -2 (log(1+f) - 2s)/s in powers of s^2.
_M = (
    -4.0,
    -1.3333333333332416,
    -0.8000000002241301,
    -0.5714284827664832,
    -0.4444572456021743,
    -0.36280387605731984,
    -0.33243634305717856,
)


@inlined
def minus_two_log(x):
    """-2 log x for x in (0, 1], not subnormal: what Box and Muller's radius is the root of.

    x: float64. Error at most 7 ulp (8e-16) of the result, at most 3 for x > 0.95 and x < 1/2; exact at 1.
    """
    bits = bits_of(x)
    above = bits - _SQRT_HALF_BITS
    f = float_of(bits - (above & _EXPONENT_MASK)) - 1.0
    k = float_of(_TWO_52_BITS | ((above + _EXPONENT_OFFSET) >> _MANTISSA_BITS)) - _TWO_52_PLUS_1024
    s = f / (2.0 + f)
    z = s * s
    p = fma(z, fma(z, fma(z, fma(z, fma(z, fma(z, _M[6], _M[5]), _M[4]), _M[3]), _M[2]), _M[1]), _M[0])
    return fma(k, _MINUS_TWO_LN2, s * p)
