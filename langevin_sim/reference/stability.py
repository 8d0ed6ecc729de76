"""Stability of SGD near a minimum: the largest step with a second moment, and the tails beyond it."""

import math
from typing import NamedTuple

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

from langevin_sim.dynamics import SGDL, Dynamics
from langevin_sim.potentials.minima import hessian
from langevin_sim.potentials.potential import FiniteSum, Potential
from langevin_sim.potentials.regression import is_least_squares
from langevin_sim.reference.chain.batch_mean import TILE, batch_characteristic

_STEP = 1e-5  # step of finite differences, times 1 + |x|
_DENSE = 12  # up to this dimension, the dim^2 equations are solved as a matrix
_MOST = 10**7  # limit on the numbers in all Hessians of terms
_MOST_PRODUCTS = 2e10  # limit on the products for the bound: about a minute
_ITERATIONS = 100  # typical number of iterations for the largest eigenvalue
_LATTICE = 2**15  # number of points for the law of a batch mean
_MOST_WORK = 2e9
_FLAT = 1e-12  # a curvature below this share of the largest is flat
_MET = 1e-9  # gradients of terms below this share of the curvature vanish at a minimum


class Tails(NamedTuple):
    """What is known about SGD or SGDL with this step size and batch size near a minimum.

    bound: the step size below which x has a second moment. growth: E log|1 - eta a_B|, where a_B is the batch mean of the terms'
    curvatures; negative if walkers come back. exponent: alpha > 0 with E|1 - eta a_B|^alpha = 1, so that P(|x| > r) falls as
    r^-alpha (infinite if no factor is above 1); and its error. These are known only in one dimension on sums of parabolas,
    otherwise None.
    """

    bound: float
    growth: float | None = None
    exponent: float | None = None
    exponent_error: float | None = None


def tails(potential: Potential, dynamics: Dynamics) -> Tails | None:
    """Bound, growth and tail exponent, at the first listed minimum; None for a dynamics that draws no batches.

    Source: Kesten, Acta Mathematica 131, 207 (1973); Gurbuzbalaban, Simsekli and Zhu (ICML 2021) for SGD.
    """
    terms = potential.terms
    bound = mean_square_bound(potential, dynamics)
    if bound is None or terms is None or not isinstance(dynamics, SGDL):
        return None
    linear = potential.quadratic is not None and potential.dim == 1 and potential.domain.kind == "space"
    factors = _factors(potential, terms, dynamics, _LATTICE) if linear else None
    if factors is None:
        return Tails(bound)
    with np.errstate(divide="ignore"):
        growth = float(factors[1] @ np.log(factors[0]))
    if growth >= 0.0 or not _driven(potential, terms, dynamics):
        return Tails(bound, growth)
    exponent = _exponent(*factors)
    if math.isinf(exponent) and _largest(potential, terms, dynamics) > 1.0:
        return Tails(bound, growth)  # growth by batches so rare that rounding hides them
    rougher = factors if dynamics.batch_size == 1 else _factors(potential, terms, dynamics, _LATTICE // 2)
    assert rougher is not None, "half the lattice is less work"
    error = 0.0 if math.isinf(exponent) else abs(exponent - _exponent(*rougher)) + 1e-12
    return Tails(bound, growth, exponent, error)


def no_second_moment(found: Tails | None, step_size: float) -> str:
    """A sentence on a step size beyond the bound; empty for one below it."""
    if found is None or step_size < found.bound:
        return ""
    if found.exponent is not None:
        fall = f": the tails fall as |x|^-{found.exponent:.3g}"
    elif found.growth is not None and found.growth >= 0.0:
        fall = ": walkers do not come back"
    else:
        fall = ""
    return f"x has a second moment only for step sizes below {found.bound:.3g}, and none at {step_size:g}{fall}"


def mean_square_bound(potential: Potential, dynamics: Dynamics, minimum: np.ndarray | None = None) -> float | None:
    """The step size below which SGD or SGDL has a second moment near a minimum [dim], by default the first listed one.

    With H_i the Hessians of the terms there, A their mean and f = (n-b)/(b(n-1)), or 1/b with replacement, one step takes the
    second moments S = E x x^T of the linearised chain to S - eta (A S + S A) + eta^2 ((1 - f) A S A + f mean_i H_i S H_i). The
    bound is the least eta at which this map has the eigenvalue 1. In one dimension it is 2 A / (A^2 + f s^2), with s^2 the
    variance of the H_i: (1 - eta A)^2 + eta^2 f s^2 < 1. Directions in which U is flat are left out. None if there are no
    batches, if the point is not a minimum to second order, or if there are too many Hessians.
    Source: Wu, Ma and E (NeurIPS 2018), who require the same of the trace.
    """
    terms = potential.terms
    if terms is None or not isinstance(dynamics, SGDL):
        return None
    point = potential.minima[0] if minimum is None else np.asarray(minimum, dtype=float)
    least_squares = is_least_squares(potential)
    rows = terms.data[:, :-1] if least_squares else np.empty((0, potential.dim))
    matrix = rows.T @ rows / max(len(rows), 1) if least_squares else hessian(potential, point)
    values, vectors = np.linalg.eigh(matrix)
    held = values > _FLAT * values[-1]
    if not values[-1] > 0.0 or not (held.all() or least_squares):
        return None
    values, vectors = values[held], vectors[:, held]
    share = dynamics.variance_factor(terms.n_terms)
    if terms.tilts is not None:
        return 2.0 / float(values[-1])
    if least_squares:
        rows = rows @ vectors

        def spread(moments: np.ndarray) -> np.ndarray:
            return np.asarray(rows.T @ (np.einsum("ni,ni->n", rows @ moments, rows)[:, None] * rows) / len(rows))
    elif terms.n_terms * potential.dim**2 > _MOST:
        return None
    else:
        single = vectors.T @ _hessians(potential, terms, point) @ vectors

        def spread(moments: np.ndarray) -> np.ndarray:
            return np.asarray((single @ moments @ single).mean(axis=0))

    size = len(values) ** 2
    if terms.n_terms * size * (size if len(values) <= _DENSE else _ITERATIONS) > _MOST_PRODUCTS:
        return None
    root = 1.0 / np.sqrt(values[:, None] + values[None, :])

    def scaled(flat: np.ndarray) -> np.ndarray:
        moments = root * flat.reshape(root.shape)
        whole = values[:, None] * moments * values[None, :]
        return np.asarray(root * ((1.0 - share) * whole + share * spread(moments))).ravel()

    if len(values) <= _DENSE:
        full = np.stack([scaled(unit) for unit in np.eye(size)], axis=1)
        return 1.0 / float(np.linalg.eigvalsh(0.5 * (full + full.T))[-1])
    start = np.eye(len(values)).ravel()
    operator = LinearOperator((size, size), scaled, dtype=float)
    return 1.0 / float(eigsh(operator, k=1, which="LA", v0=start, return_eigenvectors=False)[0])


def _hessians(potential: Potential, terms: FiniteSum, point: np.ndarray) -> np.ndarray:
    """The Hessian of every term at a point, [n, dim, dim], by central differences, which are exact for parabolas."""
    n, dim = terms.n_terms, potential.dim
    step = 1.0 if potential.quadratic is not None else _STEP * (1.0 + float(np.abs(point).max()))
    everything = np.arange(n)[:, None]
    found = np.empty((n, dim, dim))
    for j in range(dim):
        shift = step * np.eye(dim)[j]
        up, down = (potential.batch_gradient(np.tile(x, (n, 1)), everything) for x in (point + shift, point - shift))
        found[:, j] = (up - down) / (2.0 * step)
    return 0.5 * (found + found.transpose(0, 2, 1))


def _driven(potential: Potential, terms: FiniteSum, dynamics: SGDL) -> bool:
    """Whether there is noise at the minimum itself; without it x tends to the minimum."""
    everything = np.arange(terms.n_terms)[:, None]
    single = potential.batch_gradient(np.tile(potential.minima[0], (terms.n_terms, 1)), everything)
    scale = abs(float(potential.gradient(potential.minima[0] + 1.0)[0]))
    return dynamics.noise > 0.0 or float(np.abs(single).max()) > _MET * scale


def _factors(potential: Potential, terms: FiniteSum, dynamics: SGDL, points: int) -> tuple[np.ndarray, np.ndarray] | None:
    """|1 - eta a_B| and their probabilities, where a_B is the batch mean of the curvatures; None if it is too much work.

    For batches of more than one term, curvatures are rounded to a lattice, and the law of their sum follows from its transform
    as in chain/batch_mean.py.
    """
    curvatures = _hessians(potential, terms, potential.minima[0]).ravel()
    n, size = len(curvatures), dynamics.batch_size
    low, width = float(curvatures.min()), float(np.ptp(curvatures))
    if size == 1 or width == 0.0 or (size >= n and not dynamics.replacement):
        chosen = curvatures if size == 1 else np.full(1, curvatures.mean())
        return np.abs(1.0 - dynamics.step_size * chosen), np.full(len(chosen), 1.0 / len(chosen))
    cells = points // size
    if cells < 16 or 0.5 * points * n * (1 if dynamics.replacement else size) > _MOST_WORK:
        return None
    spacing = width / cells
    rounded = np.round((curvatures - low) / spacing)
    count = cells * size + 1  # sums over a batch: 0 .. cells * size
    tiles = -(-(count // 2 + 1) // TILE)
    found = np.empty((1, tiles, 2, TILE))
    firsts, lasts = np.zeros(tiles, np.int64), TILE * np.arange(tiles)
    batch_characteristic(
        rounded[None, :, None], firsts, lasts, np.array([2.0 * np.pi / count]), size, dynamics.replacement, found
    )
    transform = (found[0, :, 0] + 1j * found[0, :, 1]).ravel()[: count // 2 + 1]
    law = np.fft.irfft(np.conj(transform), count)[-np.arange(count) % count]
    kept = law > 1e-14  # smaller ones are rounding
    means = low + spacing * np.arange(count)[kept] / size
    return np.abs(1.0 - dynamics.step_size * means), law[kept] / law[kept].sum()


def _largest(potential: Potential, terms: FiniteSum, dynamics: SGDL) -> float:
    """The largest |1 - eta a_B| of all batches."""
    curvatures = np.sort(_hessians(potential, terms, potential.minima[0]).ravel())
    size = 1 if dynamics.replacement else min(dynamics.batch_size, len(curvatures))
    ends = np.array([curvatures[:size].mean(), curvatures[-size:].mean()])
    return float(np.abs(1.0 - dynamics.step_size * ends).max())


def _exponent(factors: np.ndarray, weights: np.ndarray) -> float:
    """alpha > 0 with E factor^alpha = 1, given E log factor < 0; infinite if no factor is above 1."""
    from scipy.optimize import brentq  # slow to import

    if factors.max() <= 1.0:
        return math.inf
    with np.errstate(divide="ignore"):
        logs = np.log(factors)

    def excess(alpha: float) -> float:
        """log E factor^alpha, which is convex in alpha, and 0 at 0."""
        largest = alpha * logs.max()
        return float(largest + np.log(weights @ np.exp(alpha * logs - largest)))

    high = 1.0
    while excess(high) <= 0.0:
        high *= 2.0
    low = high
    while excess(low) >= 0.0:
        low *= 0.5
    return float(brentq(excess, low, high, xtol=1e-14, rtol=1e-13))
