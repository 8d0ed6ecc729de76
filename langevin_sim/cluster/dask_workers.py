"""Dask's workers as a run sees them."""

import contextlib
import os
import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from typing import Any

from distributed import Client, Future, KilledWorker

from langevin_sim.cluster.task import Refused, call
from langevin_sim.cluster.versions import differences, installed
from langevin_sim.errors import ClusterError, LangevinSimError, SchedulerLost
from langevin_sim.formatting import counted
from langevin_sim.simulation.workers import TaskResult
from langevin_sim.storage.signals import stop_if_requested

_RETRIES = 2  # attempts after a task has raised an unexpected error
_LOOK = 0.5  # seconds between two checks of signals and the scheduler
_GONE = "the scheduler is gone; finished work is kept"


@contextlib.contextmanager
def _answered() -> Iterator[None]:
    """Turn a broken connection into the error that the scheduler is gone."""
    try:
        yield
    except (OSError, TimeoutError, CancelledError) as error:
        raise SchedulerLost(_GONE) from error


class DaskWorkers:
    """Dask's form of simulation.workers.Workers; ``threads``: number per task, 0: as many as its worker has."""

    def __init__(self, client: Client, threads: int) -> None:
        self._client, self._threads = client, threads

    def count(self) -> int:
        """Current number of workers."""
        with _answered():
            return len(self._client.nthreads())

    def describe(self) -> str:
        """'2 running on 2 workers'."""
        with _answered():
            running = sum(1 for tasks in self._client.processing().values() if tasks)
        workers = self.count()
        return f"{running} running on {counted(workers, 'worker')}" if workers else "waiting for workers"

    def check(self) -> None:
        """Raise ClusterError if a worker's versions differ from those of this process, or if it has no langevin-sim."""
        here = installed()
        for address, there in self._everywhere(installed).items():
            if not isinstance(there, dict):  # an error, most likely because langevin-sim is missing
                raise ClusterError(f"worker {address} cannot run this program ({there}): install the same packages there")
            if unlike := differences(here, there):
                raise ClusterError(f"worker {address} has different versions, and would compute different bits: {unlike}")

    def see(self, path: str) -> None:
        """Raise ClusterError if a worker does not see the file."""
        for address, seen in self._everywhere(os.path.exists, path).items():
            if seen is not True:
                raise ClusterError(
                    f"worker {address} does not see {path}: the folder must be on a file system that all workers "
                    "share; choose another --out"
                )

    def run(self, function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> Iterator[TaskResult]:
        """Yield the outcome of each task when it is done."""
        with _answered():
            futures = self._client.map(
                call,
                list(tasks),
                function=function,
                threads=self._threads,
                expected=installed(),
                pure=False,
                retries=_RETRIES,
                key=function.__name__,
            )
        left: dict[int, Future[Any]] = dict(enumerate(futures))
        del futures  # once nobody holds the future, its worker forgets the result
        finished: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number, future in left.items():
            future.add_done_callback(lambda _, number=number: finished.put(number))
        del future
        try:
            while left:
                stop_if_requested()
                self._stop_if_gone()
                try:
                    number = finished.get(timeout=_LOOK)
                except queue.Empty:
                    continue
                yield self._outcome(number, left.pop(number))
        finally:
            if left and self._client.status == "running":
                self._client.cancel(list(left.values()))

    def _outcome(self, number: int, future: Future[Any]) -> TaskResult:
        if future.status == "finished":
            with _answered():
                value = future.result()
            refused = isinstance(value, Refused)
            return TaskResult(number, None, LangevinSimError(value.message)) if refused else TaskResult(number, value, None)
        self._stop_if_gone(future.status == "cancelled")
        with _answered():
            cause = future.exception()
        error = self._explained(cause)
        error.__cause__ = cause
        return TaskResult(number, None, error)

    def _explained(self, error: BaseException) -> ClusterError:
        """Explain in one line why a task failed."""
        if isinstance(error, KilledWorker):
            died = f"{error.allowed_failures + 1} workers died while running it, the last at {error.last_worker.address}"
            if self._memory_was_short():
                return ClusterError(f"out of memory: {died}: use fewer walkers or rows, or workers with a larger --memory-limit")
            return ClusterError(f"{died}: see their logs for the cause (usually lack of memory)")
        if isinstance(error, MemoryError):
            return ClusterError(f"a worker is out of memory ({error}): use fewer walkers or rows, or workers with more memory")
        return ClusterError(f"{type(error).__name__}: {error}")

    def _memory_was_short(self) -> bool:
        """Whether a nanny ended a worker because of its memory."""
        try:
            logs = self._client.get_worker_logs(nanny=True)
        except Exception:  # nannies that are gone too, or workers without one
            return False
        return any("memory budget" in text for lines in logs.values() for _, text in lines)

    def _stop_if_gone(self, lost: bool = False) -> None:
        comm = self._client.scheduler_comm
        if lost or self._client.status != "running" or comm is None or comm.comm.closed():
            raise SchedulerLost(_GONE)

    def _everywhere(self, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        """What the function returns or raises, in every worker."""
        with _answered():
            found: dict[str, Any] = self._client.run(function, *arguments, on_error="return")
        return found
