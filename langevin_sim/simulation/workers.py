"""The interface to workers in other processes; the room ``cluster`` implements it with Dask."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from langevin_sim.errors import LangevinSimError


class TaskResult(NamedTuple):
    """The outcome of one task: its number in the list, and its value or its error."""

    task: int
    value: Any
    error: LangevinSimError | None


class Worker(NamedTuple):
    """Where a task runs: the number of threads, and the worker's number, by which workers of one machine share its devices."""

    threads: int
    number: int


class Workers(Protocol):
    """Workers, each of which runs one task at a time."""

    def count(self) -> int:
        """Current number of workers."""

    def describe(self) -> str:
        """What they are doing, in a few words for a progress bar."""

    def see(self, path: str) -> None:
        """Raise ClusterError if one of them does not see the file, because results would then not arrive."""

    def run(self, function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> Iterator[TaskResult]:
        """Call ``function(*task, worker)`` for every task, and yield each result when it is done, in any order.

        A task that raises a LangevinSimError is done; one that is lost, or raises anything else, is repeated. Raises
        ClusterError when no worker is left, and KeyboardInterrupt after a signal.
        """
