"""Sine and cosine for float64."""

import math

import numpy as np

from langevin_sim.vectormath.bits import bits_of, float_of, fma
from langevin_sim.vectormath.jit import inlined
from langevin_sim.vectormath.trigonometric import cos_octant, sin_octant

_TWO_OVER_PI = float.fromhex("0x1.45f306dc9c883p-1")
# pi/2 in three parts. With fma the first subtraction is exact.
_P1 = float.fromhex("0x1.921fb54442d18p+0")
_P2 = float.fromhex("0x1.1a62633145c06p-54")
_P3 = float.fromhex("0x1.c1cd129024e09p-107")
_ROUNDER = 1.5 * 2.0**52  # as in exponential.py
_LARGEST = 2.0**40
_ONE, _TWO, _SIGN_SHIFT, _NONE = np.uint64(1), np.uint64(2), np.uint64(62), np.uint64(0)


@inlined
def sin(x):
    """sin x (radians), x: float64. Error at most 1.5 ulp for |x| < 2^30, 1e-15 up to 2^40; nan beyond. sin(-0) is 0."""
    shifted = fma(x, _TWO_OVER_PI, _ROUNDER)
    n = shifted - _ROUNDER
    r = fma(n, -_P3, fma(n, -_P2, fma(n, -_P1, x)))
    quadrant = bits_of(shifted)
    s, c = sin_octant(r), cos_octant(r)
    value = s if (quadrant & _ONE) == _NONE else c
    turned = float_of(bits_of(value) ^ ((quadrant & _TWO) << _SIGN_SHIFT))
    return turned if abs(x) <= _LARGEST else math.nan


@inlined
def cos(x):
    """cos x (radians), x: float64. Errors as those of sin."""
    shifted = fma(x, _TWO_OVER_PI, _ROUNDER)
    n = shifted - _ROUNDER
    r = fma(n, -_P3, fma(n, -_P2, fma(n, -_P1, x)))
    quadrant = bits_of(shifted)
    s, c = sin_octant(r), cos_octant(r)
    value = c if (quadrant & _ONE) == _NONE else s
    turned = float_of(bits_of(value) ^ (((quadrant + _ONE) & _TWO) << _SIGN_SHIFT))
    return turned if abs(x) <= _LARGEST else math.nan
