"""Elementary functions that LLVM can vectorise, shared by the engine and the potentials.

A call into libm stops the vectoriser, so exp, log, sine and cosine are written out as branch-free
polynomials. Only operations that IEEE 754 rounds correctly are used (+, -, *, /, sqrt, fma), never
``fastmath``: the same input gives the same bits on every processor.
"""

from langevin_sim.vectormath.bits import bits_of, float_of, fma
from langevin_sim.vectormath.exponential import exp, logistic
from langevin_sim.vectormath.jit import compiled, inlined
from langevin_sim.vectormath.logarithm import log, log_normal, minus_two_log
from langevin_sim.vectormath.sincos import cos, sin
from langevin_sim.vectormath.trigonometric import cos_octant, cos_quarter, sin_octant, sin_quarter

__all__ = [
    "bits_of",
    "compiled",
    "cos",
    "cos_octant",
    "cos_quarter",
    "exp",
    "float_of",
    "fma",
    "inlined",
    "log",
    "log_normal",
    "logistic",
    "minus_two_log",
    "sin",
    "sin_octant",
    "sin_quarter",
]
