"""The two ways in which this project compiles: one place for every compiler setting."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba

from .machinecode import keep_machine_code

# error_model="numpy": a division yields inf or nan instead of raising; the test for zero that
# Python's rule needs is an early exit, and a loop with an early exit is not vectorised.
_SETTINGS: dict[str, Any] = {"error_model": "numpy", "nogil": True}


@cache
def _package_stamp() -> tuple[tuple[str, float, int], ...]:
    """Names, times and sizes of all sources whose functions may be compiled into one another."""
    root = Path(__file__).parent.parent
    files = [
        path
        for room in ("vectormath", "engine", "expression", "potentials", "dynamics")
        for path in sorted((root / room).rglob("*.py"))
    ]
    return tuple((path.name, path.stat().st_mtime, path.stat().st_size) for path in files)


def compiled(function: Callable[..., Any] | None = None, *, parallel: bool = False) -> Any:
    """Compile on first use; the machine code is kept on disk for other processes.

    numba drops cached code when the function's own file changes. Code and constants of other files
    are inlined, so here it is dropped when any file of the package changes as well.
    """

    def decorate(plain: Callable[..., Any]) -> Any:
        dispatcher = numba.njit(parallel=parallel, **_SETTINGS)(plain)
        if not hasattr(dispatcher, "_cache"):  # a plain function under NUMBA_DISABLE_JIT
            return dispatcher
        keep_machine_code(dispatcher)
        if hasattr(dispatcher._cache, "_cache_file"):  # kept on disk
            index = dispatcher._cache._cache_file
            index._source_stamp = (index._source_stamp, _package_stamp())
        return dispatcher

    return decorate if function is None else decorate(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile as a part of whatever calls it (scalar helpers inside vectorised loops)."""
    return numba.njit(inline="always", **_SETTINGS)(function)
