"""The leading eigenvectors of a transition operator."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, LinearOperator, eigs

from langevin_sim.errors import ReferenceUnavailable


class Stationary(NamedTuple):
    """Probabilities of the nodes [n], the leading eigenvalue (1 but for the grid's error), and the second."""

    probabilities: np.ndarray
    first: float
    second: float

    @property
    def relaxation_steps(self) -> float:
        """-1 / log |second|: steps in which the slowest mode decays by a factor e."""
        return -1.0 / math.log(min(abs(self.second), 1.0 - 1e-15)) if self.second else 0.0


def stationary(push: Callable[[np.ndarray], np.ndarray], guess: np.ndarray) -> Stationary:
    """Leading eigenpairs of p -> push(p), by Arnoldi's method from a guess (ARPACK).

    Raises ReferenceUnavailable when it does not converge, or when the leading eigenvalue is double.
    """
    size = guess.size
    operator = LinearOperator((size, size), matvec=lambda p: push(np.real(p).ravel()), dtype=float)
    if size < 4:
        raise ReferenceUnavailable("too few nodes carry the law")
    try:
        values, vectors = eigs(operator, k=2, v0=guess / guess.sum(), ncv=min(30, size - 1), tol=1e-10, maxiter=100)
    except (ArpackNoConvergence, ArpackError) as error:
        raise ReferenceUnavailable("the eigenvector of the chain's kernel did not converge") from error
    order = np.argsort(-np.abs(values))
    first, second = values[order]
    if 1.0 - abs(second) < 1e-9:
        raise ReferenceUnavailable("the chain does not pass between the wells: more than one stationary law")
    probabilities = np.real(vectors[:, order[0]])
    return Stationary(probabilities / probabilities.sum(), float(np.real(first)), float(abs(second)))
