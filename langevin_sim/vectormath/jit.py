"""The two ways in which this project compiles: one place for every compiler setting."""

from collections.abc import Callable
from typing import Any

import numba

# error_model="numpy": a division yields inf or nan instead of raising; the test for zero that
# Python's rule needs is an early exit, and a loop with an early exit is not vectorised.
_SETTINGS: dict[str, Any] = {"error_model": "numpy", "nogil": True}


def compiled(function: Callable[..., Any] | None = None, *, parallel: bool = False) -> Any:
    """Compile on first use; the machine code is kept on disk for other processes."""
    decorate = numba.njit(cache=True, parallel=parallel, **_SETTINGS)
    return decorate if function is None else decorate(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile as a part of whatever calls it (scalar helpers inside vectorised loops)."""
    return numba.njit(inline="always", **_SETTINGS)(function)
