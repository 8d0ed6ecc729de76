"""Sine and cosine for float64 on [-pi/4, pi/4]."""

from langevin_sim.vectormath.bits import fma
from langevin_sim.vectormath.jit import inlined

# Remez coefficients of FreeBSD's msun (k_sin.c, k_cos.c, Sun Microsystems 1993), error below 2^-58.
_S1 = -1.66666666666666324348e-01
_S2 = 8.33333333332248946124e-03
_S3 = -1.98412698298579493134e-04
_S4 = 2.75573137070700676789e-06
_S5 = -2.50507602534068634195e-08
_S6 = 1.58969099521155010221e-10
_C1 = 4.16666666666666019037e-02
_C2 = -1.38888888888741095749e-03
_C3 = 2.48015872894767294178e-05
_C4 = -2.75573143513906633035e-07
_C5 = 2.08757232129817482790e-09
_C6 = -1.13596475577881948265e-11


@inlined
def sin_octant(x):
    """sin x for |x| <= pi/4 (radians), error at most 1 ulp."""
    z = x * x
    p = fma(z, fma(z, fma(z, fma(z, fma(z, _S6, _S5), _S4), _S3), _S2), _S1)
    return fma(x * z, p, x)


@inlined
def cos_octant(x):
    """cos x for |x| <= pi/4 (radians), error at most 1 ulp."""
    z = x * x
    p = fma(z, fma(z, fma(z, fma(z, fma(z, _C6, _C5), _C4), _C3), _C2), _C1)
    return fma(z, fma(z, p, -0.5), 1.0)
