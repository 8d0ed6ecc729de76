"""What a run asks of those who do its work in other processes: see the room ``cluster``, which has them from Dask."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from langevin_sim.errors import LangevinSimError


class TaskResult(NamedTuple):
    """What became of one task: its number in the list, and its value or its error."""

    task: int
    value: Any
    error: LangevinSimError | None


class Worker(NamedTuple):
    """Where a task runs: on how many threads, and the number of its worker, by which those of one machine share its devices."""

    threads: int
    number: int


class Workers(Protocol):
    """Run tasks, one at a time each."""

    def count(self) -> int:
        """How many there are now."""

    def describe(self) -> str:
        """What they are doing, in a few words for a progress bar."""

    def see(self, path: str) -> None:
        """ClusterError if one of them does not see the file: results would not arrive where they are expected."""

    def run(self, function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> Iterator[TaskResult]:
        """Call ``function(*task, worker)`` for every task, and give each as it is done, in any order.

        A task that raises a LangevinSimError is done; one that is lost, or raises anything else, is tried again. Raises
        ClusterError when there is nobody left to do the work, and KeyboardInterrupt when a signal asked for it.
        """
