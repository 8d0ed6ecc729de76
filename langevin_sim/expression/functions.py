"""Functions that the code of an expression calls inside its loops. They are branch-free; so are their derivatives."""

import math

import numpy as np

from langevin_sim.vectormath import cos, exp, fma, inlined, log, logistic, sin

_SMALL = 0.5
_ODD = tuple(1.0 / math.factorial(2 * k + 1) for k in range(8))


@inlined
def larger(a, b):
    """max(a, b); nan if one is nan."""
    return b if (a <= b) | (b != b) else a


@inlined
def smaller(a, b):
    """min(a, b); nan if one is nan."""
    return b if (a >= b) | (b != b) else a


@inlined
def step(f):
    """The sign of f, and 0 where f is 0: the derivative of |f|."""
    return 1.0 if f > 0.0 else (-1.0 if f < 0.0 else f)


@inlined
def if_larger(a, b, u, v):
    """The derivative u of a where max(a, b) is a (in a tie, too), otherwise v."""
    return u if a >= b else v


@inlined
def if_smaller(a, b, u, v):
    """The derivative u of a where min(a, b) is a (in a tie, too), otherwise v."""
    return u if a <= b else v


@inlined
def log_add_exp(a, b):
    """log(e^a + e^b), without overflow."""
    most = larger(a, b)
    value = most + log(1.0 + exp(-abs(a - b)))
    return most if abs(most) == math.inf else value


@inlined
def share(a, b):
    """e^a / (e^a + e^b): the derivative of log(e^a + e^b) with respect to a."""
    return logistic(b - a)


@inlined
def _small_sinh(x):
    """sinh x for |x| < 1/2, by Taylor's series to x^15."""
    z = x * x
    p = fma(z, fma(z, fma(z, fma(z, fma(z, fma(z, _ODD[7], _ODD[6]), _ODD[5]), _ODD[4]), _ODD[3]), _ODD[2]), _ODD[1])
    return fma(x * z, p, x)


@inlined
def sinh(x):
    """(e^x - e^-x) / 2."""
    grown = exp(0.5 * abs(x))
    size = (0.5 * grown) * grown - 0.5 / (grown * grown)
    return _small_sinh(x) if abs(x) < _SMALL else (size if x > 0.0 else -size)


@inlined
def cosh(x):
    """(e^x + e^-x) / 2."""
    grown = exp(0.5 * abs(x))
    return (0.5 * grown) * grown + 0.5 / (grown * grown)


@inlined
def tanh(x):
    """sinh x / cosh x."""
    fallen = exp(-2.0 * abs(x))
    small = abs(x) < _SMALL
    above = _small_sinh(x) if small else (1.0 - fallen)
    below = cosh(x) if small else (1.0 + fallen)
    size = above / below
    return size if small or x > 0.0 else -size


@inlined
def tan(x):
    """sin x / cos x."""
    return sin(x) / cos(x)


@inlined
def real_power(base, exponent):
    """base^exponent; nan for a non-integer power of a negative base. The error grows as |exponent log base|."""
    size = exp(exponent * log(abs(base)))
    whole = np.floor(exponent) == exponent
    half = 0.5 * exponent
    odd = np.floor(half) != half
    signed = (-size if odd else size) if whole else math.nan
    value = signed if base < 0.0 else size
    return 1.0 if exponent == 0.0 else value
