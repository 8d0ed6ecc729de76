"""The number of threads: how many are available, and how many compiled code uses."""

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
    """An object that knows on how many threads it computes."""

    threads: int


Owner = TypeVar("Owner", bound=HasThreads)


def available_threads() -> int:
    """Number of threads that numba may use: one per CPU of this process, at most as many as numba was started with."""
    return min(config.NUMBA_NUM_THREADS, usable_cpus())  # type: ignore[attr-defined]


def usable_cpus() -> int:
    """Number of CPUs that this process may run on; if the system does not tell, of all CPUs."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    count: Callable[[], int | None] = getattr(os, "process_cpu_count", os.cpu_count)
    return count() or 1


@contextmanager
def numba_threads(count: int) -> Iterator[None]:
    """A context in which numba uses ``count`` threads, only in this Python thread; afterwards, as many as before."""
    before = numba.get_num_threads()
    numba.set_num_threads(count)
    try:
        yield
    finally:
        numba.set_num_threads(before)


def on_its_threads(method: Callable[Concatenate[Owner, Parameters], Result]) -> Callable[Concatenate[Owner, Parameters], Result]:
    """Decorate a method so that its compiled code runs on ``self.threads`` threads."""

    @wraps(method)
    def limited(self: Owner, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        with numba_threads(self.threads):
            return method(self, *args, **kwargs)

    return limited
