"""How many threads there are, and a number of them for as long as compiled code runs."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

import numba
from numba.core import config

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class HasThreads(Protocol):
    """Whatever knows on how many threads it computes."""

    threads: int


Owner = TypeVar("Owner", bound=HasThreads)


def available_threads() -> int:
    """How many threads numba may use: of the CPUs that this process may run on, at most those that numba was started with."""
    return min(config.NUMBA_NUM_THREADS, usable_cpus())  # type: ignore[attr-defined]


def usable_cpus() -> int:
    """How many CPUs this process may run on, where the system tells; how many there are, elsewhere."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    count: Callable[[], int | None] = getattr(os, "process_cpu_count", os.cpu_count)
    return count() or 1


@contextmanager
def numba_threads(count: int) -> Iterator[None]:
    """Within it, and in this Python thread alone, numba uses so many threads; after it, as many as before."""
    before = numba.get_num_threads()
    numba.set_num_threads(count)
    try:
        yield
    finally:
        numba.set_num_threads(before)


def on_its_threads(method: Callable[Concatenate[Owner, Parameters], Result]) -> Callable[Concatenate[Owner, Parameters], Result]:
    """A method whose compiled code runs on ``self.threads`` threads."""

    @wraps(method)
    def limited(self: Owner, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        with numba_threads(self.threads):
            return method(self, *args, **kwargs)

    return limited
