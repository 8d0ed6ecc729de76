"""Workers that run in this process, without Dask."""

import contextlib

from langevin_sim.errors import LangevinSimError, SchedulerLost
from langevin_sim.simulation.workers import TaskResult, Worker


class Inline:
    """Runs tasks one after another; ``lost``: the number of tasks after which the worker is lost; ``ran``: how many it ran."""

    def __init__(self, count=2, lost=None, threads=1):
        self._count, self._lost, self.threads, self.ran = count, lost, threads, 0

    def count(self):
        return self._count

    def describe(self):
        return "1 running on 1 worker"

    def see(self, path):
        pass

    def run(self, function, tasks):
        for number, task in enumerate(tasks):
            if self.ran == self._lost:
                raise SchedulerLost("the scheduler is gone")
            self.ran += 1
            try:
                yield TaskResult(number, function(*task, Worker(self.threads, number)), None)
            except LangevinSimError as error:
                yield TaskResult(number, None, error)

    def opened(self, tasks):
        """The workers, for code that opens them for a number of tasks."""
        return contextlib.nullcontext(self)
