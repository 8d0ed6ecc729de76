"""How a worker runs a task."""

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from distributed import get_worker

from langevin_sim.cluster.versions import differences, installed
from langevin_sim.errors import LangevinSimError
from langevin_sim.simulation.workers import Worker

# numba's and torch's threads, and the capture of warnings, belong to the process; so a worker with n threads runs its tasks
# one after another, each on n threads
_alone = threading.Lock()


class Refused(NamedTuple):
    """The message of a LangevinSimError: a second attempt would fail as well."""

    message: str


def call(task: tuple[Any, ...], function: Callable[..., Any], threads: int, expected: dict[str, str]) -> Any:
    """Return ``function(*task, place)``, or Refused; RuntimeError if this worker would compute different bits."""
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
