"""Least squares: a finite sum of real data points."""

import math

import numpy as np
import scipy

from langevin_sim.errors import InputError
from langevin_sim.potentials.potential import FiniteSum, Potential, Quadratic, Region, checked, rebuildable, whole
from langevin_sim.vectormath import compiled, fma

# constants: the least U, the size of the core, the minimum [dim], the matrix A [dim, dim]


@compiled
def _gradient(X, G, p):
    dim = X.shape[0]
    for j in range(dim):
        g = G[j]
        for i in range(X.shape[1]):
            g[i] = 0.0
        for k in range(dim):
            x, entry, minimum = X[k], p[2 + dim + j * dim + k], p[2 + k]
            for i in range(X.shape[1]):
                g[i] = fma(entry, x[i] - minimum, g[i])


@compiled
def _excess(X, E, p):
    """E = (x - x*)^T A (x - x*) / 2, row by row."""
    dim = X.shape[0]
    row = np.empty(X.shape[1])
    for i in range(X.shape[1]):
        E[i] = 0.0
    for j in range(dim):
        for i in range(X.shape[1]):
            row[i] = 0.0
        for k in range(dim):
            x, entry, minimum = X[k], p[2 + dim + j * dim + k], p[2 + k]
            for i in range(X.shape[1]):
                row[i] = fma(entry, x[i] - minimum, row[i])
        x, minimum = X[j], p[2 + j]
        for i in range(X.shape[1]):
            E[i] = fma(0.5 * (x[i] - minimum), row[i], E[i])


@compiled
def _energy(X, E, p):
    _excess(X, E, p)
    for i in range(X.shape[1]):
        E[i] += p[0]


@compiled
def _label(X, L, p):
    excess = np.empty(X.shape[1])
    _excess(X, excess, p)
    for i in range(X.shape[1]):
        L[i] = 0 if excess[i] < p[1] else 1


MAX_ROWS = 10**7


@compiled
def _batch_gradient(X, B, G, gradient, p, data):
    dim, n = X.shape[0], X.shape[1]
    share = 1.0 / B.shape[0]
    residual = np.empty(n)
    for j in range(dim):
        g = G[j]
        for i in range(n):
            g[i] = 0.0
    for k in range(B.shape[0]):
        chosen = B[k]
        for i in range(n):
            residual[i] = -data[np.uint64(chosen[i]), dim]  # unsigned: no test for negative indices
        for j in range(dim):
            x = X[j]
            for i in range(n):
                residual[i] = fma(data[np.uint64(chosen[i]), j], x[i], residual[i])
        for j in range(dim):
            g = G[j]
            for i in range(n):
                g[i] = fma(share * residual[i], data[np.uint64(chosen[i]), j], g[i])


def is_least_squares(potential: Potential) -> bool:
    """Whether its finite sum is that of regression_from: rows and values, V_i(x) = (a_i . x - y_i)^2 / 2."""
    return potential.terms is not None and potential.terms.block_batch_gradient is _batch_gradient


@rebuildable
def regression_from(a: np.ndarray, y: np.ndarray, parameters: dict[str, float] | None = None) -> Potential:
    """Least squares for the rows a[n, dim] and values y[n]: V_i(x) = (a_i . x - y_i)^2 / 2, U = (1/n) sum V_i.

    Hessian A = (1/n) sum a_i a_i^T. The minimum listed is the one of least norm, a^+ y. Regions: core
    = {U - U_min < r/2}, shell = the rest, r the rank of a. If r = dim, the Boltzmann law is
    N(x*, T A^-1), 2 (U - U_min)/T has the chi-squared law of dim degrees of freedom, and the core the mass
    P(chi^2 < dim/T). If r < dim, U is flat in dim - r directions, and there is no Boltzmann law.
    """
    rows, values = np.array(a, dtype=float), np.array(y, dtype=float)
    if rows.ndim != 2 or 0 in rows.shape or values.shape != rows.shape[:1]:
        raise InputError(f"regression: a of shape {rows.shape}, y of shape {values.shape}: expected [n, dim] and [n]")
    if not (np.isfinite(rows).all() and np.isfinite(values).all()):
        raise InputError("regression: a and y: expected finite numbers")
    n, dim = rows.shape
    matrix = rows.T @ rows / n
    eigenvalues, vectors = np.linalg.eigh(matrix)
    rank = int(np.linalg.matrix_rank(rows))
    if rank == 0:
        raise InputError("regression: every row of a is zero: expected at least one that is not")
    minimum = np.linalg.lstsq(rows, values, rcond=None)[0]
    floor = 0.5 * float(np.mean((rows @ minimum - values) ** 2))
    if rank == n:
        floor = 0.0  # every point is fitted; the rest is rounding
    inverse = np.diag(np.linalg.pinv(matrix, hermitian=True))
    full = rank == dim
    away = minimum + 1.5 * math.sqrt(rank / eigenvalues[-1]) * vectors[:, -1]

    def extent(temperature: float) -> np.ndarray:
        reach = 5.0 * np.sqrt(max(temperature, 0.05) * np.maximum(inverse, 0.0)) + (0.0 if full else 1.0 + np.abs(minimum))
        return np.stack([minimum - reach, minimum + reach], axis=-1)

    def masses(temperature: float) -> np.ndarray:
        return np.array([scipy.stats.chi2.cdf(dim / temperature, dim), scipy.stats.chi2.sf(dim / temperature, dim)])

    def marginal(temperature: float, edges: np.ndarray) -> np.ndarray:
        return np.diff(scipy.stats.norm.cdf(edges, minimum[0], math.sqrt(temperature * inverse[0])))

    return Potential(
        name="regression",
        dim=dim,
        parameters=parameters or {},
        constants=np.concatenate([[floor, 0.5 * rank], minimum, matrix.ravel()]),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=minimum[None],
        regions=(
            Region("core", f"U - U_min < {rank}/2", minimum),
            Region("shell", f"U - U_min >= {rank}/2", away),
        ),
        extent=extent,
        stability_bound=2.0 / float(eigenvalues[-1]),
        terms=FiniteSum(np.ascontiguousarray(np.column_stack([rows, values])), _batch_gradient),
        exact_masses=masses if full else None,
        exact_marginal=marginal if full else None,
        exact_energy=(lambda temperature: floor + 0.5 * dim * temperature) if full else None,
        confining=full,
        cold_masses=np.array([1.0, 0.0]) if full else None,
        quadratic=Quadratic(minimum, matrix, floor) if full else None,
    )


@rebuildable
def regression(dim: int, rows: float = 50, noise: float = 0.5, seed: float = 0) -> Potential:
    """V_i(x) = (a_i . x - y_i)^2 / 2, i = 1..rows, U = (1/n) sum V_i: least squares in R^dim.

    a_i ~ N(0, I), y_i = a_i . x_true + noise xi_i, x_true ~ N(0, I), all drawn with ``seed``.
    rows < dim: over-parametrised, every V_i is 0 at the minima, and SGD's noise vanishes there; from 0,
    GD and SGD reach the minimum of least norm, which is listed. Regions: core = {U - U_min <
    rank/2}, shell = the rest. Boltzmann, for rows >= dim: N(x*, T A^-1). Source: Mandt, Hoffman and
    Blei 2017 for SGD near its minimum. For your own data: potentials.regression_from.
    """
    checked("regression", dim)
    count, start = whole("regression", "rows", rows, 1, MAX_ROWS), whole("regression", "seed", seed, 0)
    if not (math.isfinite(noise) and noise >= 0):
        raise InputError(f"regression: noise = {noise}: expected a number of at least 0")
    generator = np.random.default_rng([start, dim, count])
    a, truth = generator.standard_normal((count, dim)), generator.standard_normal(dim)
    y = a @ truth + noise * generator.standard_normal(count)
    return regression_from(a, y, {"rows": count, "noise": noise, "seed": start})
