"""Sine and cosine for float64 near 0: of x on [-pi/4, pi/4], and of (pi/2) t on [-1/2, 1/2]."""

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


# Minimax coefficients of sin((pi/2) t) / t and cos((pi/2) t) in powers of t^2 on |t| <= 1/2.
_QS = (
    1.5707963267948966,
    -0.6459640975062443,
    0.07969262624604301,
    -0.004681754132340976,
    0.0001604411507421909,
    -3.59864335298231e-06,
    5.633933781537854e-08,
)
_QC = (
    1.0,
    -1.2337005501361513,
    0.25366950789986475,
    -0.02086348073494657,
    0.000919259950041661,
    -2.520013526428479e-05,
    4.6552961874867623e-07,
)


@inlined
def sin_quarter(t):
    """sin((pi/2) t) for |t| <= 1/2 (quarters of a turn), error at most 2 ulp."""
    z = t * t
    p = fma(z, fma(z, fma(z, fma(z, fma(z, fma(z, _QS[6], _QS[5]), _QS[4]), _QS[3]), _QS[2]), _QS[1]), _QS[0])
    return t * p


@inlined
def cos_quarter(t):
    """cos((pi/2) t) for |t| <= 1/2 (quarters of a turn), error at most 2 ulp."""
    z = t * t
    return fma(z, fma(z, fma(z, fma(z, fma(z, fma(z, _QC[6], _QC[5]), _QC[4]), _QC[3]), _QC[2]), _QC[1]), _QC[0])
