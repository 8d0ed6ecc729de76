"""An energy that is a Python function of one point, in the engine's block form."""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from langevin_sim.errors import InputError

STEP = 6e-6  # step of central differences, times 1 + |x_j|: the error is about 1e-10 of the energy's scale


def block_functions(energy: Any, gradient: Any, dim: int, name: str) -> tuple[Callable[..., None], Callable[..., None]]:
    """(block_energy, block_gradient) of energy(x[dim]) -> float and gradient(x[dim]) -> [dim] (None: central differences).

    Both are compiled by numba; InputError if that fails.
    """
    one = compiled_by_numba(energy, name, "energy")

    def block_energy(X, E, p):
        x = np.empty(X.shape[0])
        for i in range(X.shape[1]):
            for j in range(X.shape[0]):
                x[j] = X[j, i]
            E[i] = one(x)

    if gradient is None:

        def block_gradient(X, G, p):
            x = np.empty(X.shape[0])
            for i in range(X.shape[1]):
                for j in range(X.shape[0]):
                    x[j] = X[j, i]
                for j in range(X.shape[0]):
                    middle = x[j]
                    h = STEP * (1.0 + abs(middle))
                    x[j] = middle + h
                    up = one(x)
                    x[j] = middle - h
                    down = one(x)
                    x[j] = middle
                    G[j, i] = (up - down) / (2.0 * h)

    else:
        slope = compiled_by_numba(gradient, name, "gradient")

        def block_gradient(X, G, p):
            x = np.empty(X.shape[0])
            for i in range(X.shape[1]):
                for j in range(X.shape[0]):
                    x[j] = X[j, i]
                g = slope(x)
                for j in range(X.shape[0]):
                    G[j, i] = g[j]

    made = tuple(numba.njit(error_model="numpy", nogil=True)(function) for function in (block_energy, block_gradient))
    points = np.zeros((dim, 1))
    for function, out, what in zip(made, (np.empty(1), np.empty((dim, 1))), ("energy", "gradient"), strict=True):
        try:
            function(points, out, np.empty(0))
        except Exception as error:  # a user's function, or numba, may raise anything
            raise InputError(
                f"{name}: the {what} cannot be compiled or called on a float64 array of {dim}: {why(error)}"
            ) from error
    return made  # type: ignore[return-value]


def why(error: Exception) -> str:
    """The first line of an error message."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def compiled_by_numba(function: Any, name: str, what: str) -> Any:
    """A user's function, compiled when first called; InputError if it is not a function."""
    if not callable(function):
        raise InputError(f"{name}: the {what}: expected a function of one point or an expression, got {type(function).__name__}")
    return function if hasattr(function, "py_func") else numba.njit(error_model="numpy", nogil=True)(function)
