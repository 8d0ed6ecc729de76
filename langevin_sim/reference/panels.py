"""Integrate functions with kinks, jumps and roots at unknown places over a line: panels are halved until polynomials fit."""

from collections.abc import Callable

import numpy as np

from langevin_sim.reference.quadrature import legendre, legendre_coefficients, smoothed_legendre

_NODES = 16  # number of nodes of a panel
_TAIL = 4  # number of last coefficients whose size indicates the error
_ROUNDS = 14  # limit on halvings of a panel
_MOST = 20_000  # number of nodes after which halving stops


def integrate(
    function: Callable[[np.ndarray], np.ndarray], ends: np.ndarray, roots: np.ndarray, tolerance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Integrals of function(x [n]) -> [n, k] over [ends[0], ends[-1]], and their errors, both [k].

    ends [m]: the ends of the initial panels. roots [m]: whether the function may behave as the square root of the distance from
    each of them, as does the length of a line in a region near the place where the region begins. With t the largest of the last
    Legendre coefficients on a panel and m the largest of all, the error of the panel's integral is estimated by t sqrt(t/m). This
    is too large for a smooth function, whose integral is exact to twice the degree, but not too small for a jump. Panels are
    halved until it is below ``tolerance`` for each of the k; the sum of the estimates is the error.
    """
    plain, smooth = legendre(_NODES), smoothed_legendre(_NODES)
    transform = legendre_coefficients(_NODES)
    low, high, rooted_low, rooted_high = ends[:-1], ends[1:], roots[:-1], roots[1:]
    total, error, spent = np.zeros(1), np.zeros(1), 0
    for turn in range(_ROUNDS):
        width, rooted = (high - low)[:, None], (rooted_low | rooted_high)[:, None]
        x = low[:, None] + width * np.where(rooted, smooth[0], plain[0])
        weights = width * np.where(rooted, smooth[1], plain[1])
        terms = weights[..., None] * function(x.ravel()).reshape(*x.shape, -1)
        spent += x.size
        coefficients = np.abs(np.einsum("kn,pnr->pkr", transform, terms / plain[1][:, None]))
        tail, largest = coefficients[:, -_TAIL:].max(axis=1), coefficients.max(axis=1)
        wrong = tail * np.sqrt(tail / np.where(largest > 0.0, largest, 1.0))
        done = (wrong <= tolerance).all(axis=1) | (turn == _ROUNDS - 1) | (spent > _MOST)
        total = total + terms[done].sum(axis=(0, 1))
        error = error + wrong[done].sum(axis=0)
        if done.all():
            break
        low, high, rooted_low, rooted_high = (part[~done] for part in (low, high, rooted_low, rooted_high))
        middle, none = 0.5 * (low + high), np.zeros(low.size, bool)
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
        rooted_low, rooted_high = np.concatenate([rooted_low, none]), np.concatenate([none, rooted_high])
    return total, error
