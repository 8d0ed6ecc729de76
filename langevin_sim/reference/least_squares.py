"""The stationary covariance of SGD and SGDL on least squares: exact at any step size, and to first order in it."""

from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_continuous_lyapunov
from scipy.sparse.linalg import LinearOperator, cg, eigsh

from langevin_sim.dynamics import SGDL, Dynamics
from langevin_sim.errors import InputError, ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.potentials.regression import is_least_squares

_DENSE = 12  # up to this dimension, the dim^2 equations are solved as a matrix
_LARGEST = 300  # largest dimension; beyond it the iteration takes minutes
_TOLERANCE = 1e-12


class LeastSquares(NamedTuple):
    """Exact moments of the stationary law: mean [dim], covariance [dim, dim], and the mean of U."""

    mean: np.ndarray
    covariance: np.ndarray
    energy: float


def stationary_moments(potential: Potential, dynamics: SGDL) -> LeastSquares:
    """The mean x*, stationary_covariance S, and E U = U(x*) + tr(A S)/2, A the Hessian, of SGD or SGDL on least squares."""
    covariance = stationary_covariance(potential, dynamics)
    rows = potential.terms.data[:, :-1] if potential.terms is not None else np.empty((0, potential.dim))
    excess = 0.5 * float(np.mean(np.einsum("ni,ij,nj->n", rows, covariance, rows)))
    minimum = potential.minima[0]
    return LeastSquares(minimum, covariance, float(potential.energy(minimum)) + excess)


def stationary_covariance(potential: Potential, dynamics: SGDL) -> np.ndarray:
    """S [dim, dim] of x under SGD or SGDL on least squares, exact at any step; the mean is the minimum x*.

    With e = x - x*, r_i = a_i . x* - y_i and H_i = a_i a_i^T the update is e' = (I - eta A_B) e - eta g_B + gamma' xi,
    A_B and g_B the batch means of H_i and a_i r_i. The batch does not depend on e, E A_B = A and E g_B = 0, so
    E e = 0, the cross terms E[(I - eta A_B) e g_B^T] vanish, and S = L(S) + Q with
        L(S) = (I - eta A) S (I - eta A) + eta^2 f (mean_i H_i S H_i - A S A), Q = eta^2 f C + 2 eta T I,
    C = mean_i r_i^2 H_i, f = (n-b)/(b(n-1)), with replacement 1/b: the covariance of a batch mean over that of
    one term. L is symmetric and maps covariances to covariances, so its largest eigenvalue decides whether there is a
    second moment, and conjugate gradients solve for S if dim^2 equations are too many for a matrix.
    C = 0 if the data are fitted exactly, and then S = 0 for SGD. If all H_i are equal (a column of ones), the noise does not
    depend on x, and for dim = 1 the chain is autoregressive: S = (eta^2 f C + 2 eta T) / (1 - (1 - eta A)^2).
    Raises ReferenceUnavailable if L does not contract: x then has no second moment.
    Source: derived as above; multiplicative noise as in Ziyin, Liu, Mori and Ueda (ICLR 2022).
    """
    rows, matrix, noise, factor = _at_the_minimum(potential, dynamics)
    dim, eta = potential.dim, dynamics.step_size
    if dim > _LARGEST:
        raise ReferenceUnavailable(f"d = {dim}: the covariance on least squares is computed up to d = {_LARGEST}")
    stay = np.eye(dim) - eta * matrix
    spread = eta**2 * factor

    def moved(flat: np.ndarray) -> np.ndarray:
        """L(S)."""
        covariance = flat.reshape(dim, dim)
        seen = np.einsum("ni,ni->n", rows @ covariance, rows)
        batches = rows.T @ (seen[:, None] * rows) / len(rows) - matrix @ covariance @ matrix
        return np.asarray(stay @ covariance @ stay + spread * batches).ravel()

    added = (spread * noise + 2.0 * eta * dynamics.temperature * np.eye(dim)).ravel()
    if dim <= _DENSE:
        full = np.stack([moved(unit) for unit in np.eye(dim * dim)], axis=1)
        _contracts(eta, float(np.linalg.eigvalsh(0.5 * (full + full.T))[-1]))
        found = np.linalg.solve(np.eye(dim * dim) - full, added)
    else:
        size = (dim * dim, dim * dim)
        start = np.eye(dim).ravel()
        _contracts(eta, float(eigsh(LinearOperator(size, moved), k=1, which="LA", v0=start, return_eigenvectors=False)[0]))
        found, left = cg(LinearOperator(size, lambda flat: flat.ravel() - moved(flat)), added, rtol=_TOLERANCE, atol=0.0)
        if left:
            raise ReferenceUnavailable(
                f"step size {eta:g}: the equations for the covariance are too ill-conditioned to be solved"
            )
    found = found.reshape(dim, dim)
    return np.asarray(0.5 * (found + found.T))


def _contracts(eta: float, largest: float) -> None:
    if largest >= 1.0:
        raise ReferenceUnavailable(f"step size {eta:g}: the second moment grows by {largest:g} per step, so it does not exist")


def lyapunov_covariance(potential: Potential, dynamics: SGDL) -> np.ndarray:
    """The same to first order in eta: A S + S A = eta f C + 2 T I, f = (n-b)/(b(n-1)), or 1/b with replacement.

    Biased at a finite step. Source: Mandt, Hoffman and Blei (JMLR 2017), who have f = 1/b.
    """
    _, matrix, noise, factor = _at_the_minimum(potential, dynamics)
    added = dynamics.step_size * factor * noise + 2.0 * dynamics.temperature * np.eye(potential.dim)
    return np.asarray(solve_continuous_lyapunov(matrix, added))


def constant_noise(potential: Potential) -> np.ndarray | None:
    """The covariance [dim, dim] of single gradients, if it is the same at every x; otherwise None.

    It is for tilts, and for least squares if all Hessians a_i a_i^T are equal, that is, all rows up to their signs.
    """
    if potential.terms is None:
        return None
    if potential.terms.covariance is not None or not is_least_squares(potential):
        return potential.terms.covariance
    rows, values = potential.terms.data[:, :-1], potential.terms.data[:, -1]
    if not ((rows == rows[0]).all(axis=1) | (rows == -rows[0]).all(axis=1)).all():
        return None
    products = rows * values[:, None]
    away = products - products.mean(axis=0)
    return np.asarray(away.T @ away / len(rows))


def _at_the_minimum(potential: Potential, dynamics: Dynamics) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Rows a, the Hessian A, the covariance C of single gradients at the minimum, and f."""
    if not is_least_squares(potential) or potential.terms is None:
        raise InputError(f"{potential.name} is not least squares: expected potentials.regression")
    if not isinstance(dynamics, SGDL):
        raise ReferenceUnavailable(f"{dynamics.name} draws no batches: its law on least squares is the chain law")
    if potential.domain.kind != "space":
        raise ReferenceUnavailable(f"on {potential.domain} the walls act on x: the covariance is known on R^d")
    if not potential.confining:
        raise ReferenceUnavailable(f"{potential.name} is flat in some direction: no stationary covariance")
    if not dynamics.homogeneous or dynamics.noise_schedule is not None:
        raise ReferenceUnavailable("a schedule: no stationary covariance")
    rows, values = potential.terms.data[:, :-1], potential.terms.data[:, -1]
    residuals = rows @ potential.minima[0] - values
    n = len(rows)
    weighted = rows * residuals[:, None]
    return rows, rows.T @ rows / n, weighted.T @ weighted / n, dynamics.variance_factor(n)
