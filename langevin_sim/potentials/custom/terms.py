"""A finite sum of a Python function of one point and one row of data, in the engine's block form."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np

from langevin_sim.errors import InputError
from langevin_sim.potentials.custom.python import STEP, compiled_by_numba, why


class Blocks(NamedTuple):
    """Compiled energy(X, E, p) and gradient(X, G, p), whose p begins with rows, columns and all numbers; and batch_gradient."""

    energy: Callable[..., None]
    gradient: Callable[..., None]
    batch_gradient: Callable[..., None]


def block_functions(term: Any, gradient: Any, dim: int, columns: int, name: str) -> Blocks:
    """The functions of term(x[dim], row[columns]) -> V and gradient(x, row) -> grad V [dim] (None: central differences).

    All are compiled by numba; InputError if that fails.
    """
    one = compiled_by_numba(term, name, "energy of a term")
    if gradient is None:

        def slope(x, row, g):
            for j in range(x.shape[0]):
                middle = x[j]
                h = STEP * (1.0 + abs(middle))
                x[j] = middle + h
                up = one(x, row)
                x[j] = middle - h
                g[j] = (up - one(x, row)) / (2.0 * h)
                x[j] = middle

    else:
        own = compiled_by_numba(gradient, name, "gradient of a term")

        def slope(x, row, g):
            found = own(x, row)
            for j in range(x.shape[0]):
                g[j] = found[j]

    slope = _compiled(slope)

    def block_energy(X, E, p):
        x = np.empty(X.shape[0])
        rows, columns = int(p[0]), int(p[1])
        data = p[2 : 2 + rows * columns].reshape(rows, columns)
        for i in range(X.shape[1]):
            for j in range(X.shape[0]):
                x[j] = X[j, i]
            total = 0.0
            for r in range(rows):
                total += one(x, data[r])
            E[i] = total / rows

    def block_gradient(X, G, p):
        x, g = np.empty(X.shape[0]), np.empty(X.shape[0])
        rows, columns = int(p[0]), int(p[1])
        data = p[2 : 2 + rows * columns].reshape(rows, columns)
        for i in range(X.shape[1]):
            for j in range(X.shape[0]):
                x[j] = X[j, i]
                G[j, i] = 0.0
            for r in range(rows):
                slope(x, data[r], g)
                for j in range(X.shape[0]):
                    G[j, i] += g[j]
            for j in range(X.shape[0]):
                G[j, i] /= rows

    def block_batch_gradient(X, B, G, gradient, p, data):
        x, g = np.empty(X.shape[0]), np.empty(X.shape[0])
        for i in range(X.shape[1]):
            for j in range(X.shape[0]):
                x[j] = X[j, i]
                G[j, i] = 0.0
            for b in range(B.shape[0]):
                slope(x, data[B[b, i]], g)
                for j in range(X.shape[0]):
                    G[j, i] += g[j]
            for j in range(X.shape[0]):
                G[j, i] /= B.shape[0]

    made = Blocks(_compiled(block_energy), _compiled(block_gradient), _compiled(block_batch_gradient))
    points, constants = np.zeros((dim, 1)), np.concatenate([[1.0, columns], np.ones(columns)])
    for function, out, what in ((made.energy, np.empty(1), "energy"), (made.gradient, np.empty((dim, 1)), "gradient")):
        try:
            function(points, out, constants)
        except Exception as error:  # a user's function, or numba, may raise anything
            raise InputError(
                f"{name}: the {what} of a term cannot be compiled or called on a point, float64[{dim}], and a row, "
                f"float64[{columns}]: {why(error)}"
            ) from error
    return made


def _compiled(function: Callable[..., Any]) -> Any:
    return numba.njit(error_model="numpy", nogil=True)(function)
