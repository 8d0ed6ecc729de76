"""The stationary covariance of SGD and SGDL on least squares: exact at any step, and to first order in it."""

import numpy as np
from scipy.linalg import solve_continuous_lyapunov

from langevin_sim.dynamics import SGDL
from langevin_sim.errors import InputError, ReferenceUnavailable
from langevin_sim.potentials.potential import Potential


def stationary_covariance(potential: Potential, dynamics: SGDL) -> np.ndarray:
    """S [dim, dim] of x under SGD or SGDL on potentials.regression, exact at any step; the mean is the minimum x*.

    With e = x - x*, r_i = a_i . x* - y_i and H_i = a_i a_i^T the update is e' = (I - eta A_B) e - eta g_B + gamma' xi,
    A_B and g_B the batch means of H_i and a_i r_i. The batch does not depend on e, E A_B = A and E g_B = 0, so
    E e = 0, the cross terms E[(I - eta A_B) e g_B^T] vanish, and
        S = (I - eta A) S (I - eta A) + eta^2 f (mean_i H_i S H_i - A S A) + eta^2 f C + 2 eta T I,
    C = mean_i r_i^2 H_i, f = (n-b)/(b(n-1)), with replacement 1/b: the covariance of a batch mean over that of
    one term. A linear equation in dim^2 unknowns; C = 0 where the data are met, and then S = 0 for SGD.
    Raises ReferenceUnavailable where the map S -> .. does not contract: x then has no second moment.
    Source: derived as above; multiplicative noise as in Ziyin, Liu, Mori and Ueda (ICLR 2022).
    """
    rows, matrix, noise, factor = _at_the_minimum(potential, dynamics)
    dim, eta = potential.dim, dynamics.step_size
    outer = rows[:, :, None] * rows[:, None, :]
    squares = np.einsum("nij,nkl->ikjl", outer, outer).reshape(dim * dim, dim * dim) / len(rows)
    stay = np.eye(dim) - eta * matrix
    moved = np.kron(stay, stay) + eta**2 * factor * (squares - np.kron(matrix, matrix))
    radius = float(abs(np.linalg.eigvals(moved)).max())
    if radius >= 1.0:
        raise ReferenceUnavailable(f"step size {eta:g}: the second moment grows by {radius:g} a step, so that there is none")
    added = eta**2 * factor * noise + 2.0 * eta * dynamics.temperature * np.eye(dim)
    found = np.linalg.solve(np.eye(dim * dim) - moved, added.ravel()).reshape(dim, dim)
    return np.asarray(0.5 * (found + found.T))


def lyapunov_covariance(potential: Potential, dynamics: SGDL) -> np.ndarray:
    """The same to first order in eta: A S + S A = eta f C + 2 T I, f = (n-b)/(b(n-1)), or 1/b with replacement.

    Biased at a finite step. Source: Mandt, Hoffman and Blei (JMLR 2017), who have f = 1/b.
    """
    _, matrix, noise, factor = _at_the_minimum(potential, dynamics)
    added = dynamics.step_size * factor * noise + 2.0 * dynamics.temperature * np.eye(potential.dim)
    return np.asarray(solve_continuous_lyapunov(matrix, added))


def _at_the_minimum(potential: Potential, dynamics: SGDL) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Rows a, the Hessian A, the covariance C of single gradients at the minimum, and f."""
    if potential.name != "regression" or potential.terms is None:
        raise InputError(f"{potential.name} is not least squares: expected potentials.regression")
    if not potential.confining:
        raise ReferenceUnavailable("regression is flat in some direction: no stationary covariance")
    if not dynamics.homogeneous or dynamics.noise_schedule is not None:
        raise ReferenceUnavailable("a schedule: no stationary covariance")
    rows, values = potential.terms.data[:, :-1], potential.terms.data[:, -1]
    residuals = rows @ potential.minima[0] - values
    n = len(rows)
    weighted = rows * residuals[:, None]
    return rows, rows.T @ rows / n, weighted.T @ weighted / n, dynamics.variance_factor(n)
