"""The leading eigenvectors of a transition operator."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, LinearOperator, eigs

from langevin_sim.errors import ReferenceUnavailable

_VECTORS = 20
_TOLERANCE, _SMALL, _SMALL_TOLERANCE = 1e-9, 3000, 1e-13  # for few nodes, which cost nothing
_RESTARTS = 200
_SEPARATE = 1e-12  # eigenvalues closer to each other are equal up to rounding


class Stationary(NamedTuple):
    """Probabilities of the nodes [n], the leading eigenvalue (1 but for leak and grid), the second's size, its vector [n].

    residual: sum |p K - first p|, the remaining error of convergence.
    """

    probabilities: np.ndarray
    first: float
    second: float
    mode: np.ndarray
    residual: float

    @property
    def relaxation_steps(self) -> float:
        """-1 / log |second / first|: steps in which the slowest mode decays by a factor e."""
        ratio = self.second / self.first
        return -1.0 / math.log(ratio) if 0.0 < ratio < 1.0 else 0.0


def _leading(operator: LinearOperator, guess: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two eigenpairs; where a slow chain does not converge, with more vectors and what accuracy they reach."""
    size = guess.size
    tolerance = _SMALL_TOLERANCE if size <= _SMALL else _TOLERANCE
    try:
        return eigs(operator, k=2, v0=guess, ncv=min(_VECTORS, size - 1), tol=tolerance, maxiter=_RESTARTS)
    except ArpackNoConvergence:
        more = min(4 * _VECTORS, size - 1)
        return eigs(operator, k=2, v0=guess, ncv=more, tol=_TOLERANCE, maxiter=_RESTARTS)


def stationary(push: Callable[[np.ndarray], np.ndarray], guess: np.ndarray) -> Stationary:
    """Leading eigenpairs of p -> push(p), by Arnoldi's method from a guess (ARPACK).

    Raises ReferenceUnavailable when it does not converge, or when the leading eigenvalue is double.
    """
    size = guess.size
    operator = LinearOperator((size, size), matvec=lambda p: push(np.real(p).ravel()), dtype=float)
    if size < 4:
        raise ReferenceUnavailable("too few nodes carry the law")
    try:
        values, vectors = _leading(operator, guess)
    except (ArpackNoConvergence, ArpackError) as error:
        raise ReferenceUnavailable("the eigenvector of the chain's kernel did not converge") from error
    order = np.argsort(-np.abs(values))
    first, second = values[order]
    if abs(first) - abs(second) < _SEPARATE:
        raise ReferenceUnavailable("the chain does not pass between the wells: more than one stationary law")
    probabilities, mode = np.real(vectors[:, order[0]]), np.real(vectors[:, order[1]])
    total = probabilities.sum()
    if not (np.isfinite(total) and total != 0.0):
        raise ReferenceUnavailable("the eigenvector of the chain's kernel did not converge")
    probabilities /= total
    leading = float(np.real(first))
    residual = float(np.abs(push(probabilities).ravel() - leading * probabilities).sum())
    return Stationary(probabilities, leading, float(abs(second)), mode / np.abs(mode).sum(), residual)
