"""What a worker does with a task."""

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from distributed import get_worker

from langevin_sim.cluster.versions import differences, installed
from langevin_sim.errors import LangevinSimError
from langevin_sim.simulation.workers import Worker

# numba's and torch's threads, and the capture of warnings, belong to the process: a worker of n threads runs its tasks one
# after another, each on n threads
_alone = threading.Lock()


class Refused(NamedTuple):
    """The message of a LangevinSimError: to try again would be in vain."""

    message: str


def call(task: tuple[Any, ...], function: Callable[..., Any], threads: int, expected: dict[str, str]) -> Any:
    """``function(*task, place)``, or Refused; RuntimeError where this worker would compute other bits."""
    worker = get_worker()
    unlike = differences(expected, installed())
    if unlike:
        raise RuntimeError(f"worker {worker.address} has different versions: {unlike}")
    place = Worker(threads or worker.state.nthreads, worker.name if isinstance(worker.name, int) else 0)
    with _alone:
        try:
            return function(*task, place)
        except LangevinSimError as error:
            return Refused(str(error))
