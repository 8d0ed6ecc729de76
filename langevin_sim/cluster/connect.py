"""Connect to workers on this machine, or to those of a scheduler."""

import contextlib
import logging
from collections.abc import Iterator

import dask
from distributed import Client, LocalCluster

from langevin_sim.cluster.dask_workers import DaskWorkers
from langevin_sim.errors import ClusterError, InputError

_PATIENCE = 10.0  # seconds to wait for a scheduler
_LOGGERS = ("distributed", "distributed.client", "tornado", "tornado.application", "asyncio")
_CONFIG = {
    "distributed.comm.timeouts.connect": _PATIENCE,
    "distributed.client.scheduler-info-interval": "2s",
}


@contextlib.contextmanager
def workers(scheduler: str | None, processes: int, threads: int) -> Iterator[DaskWorkers]:
    """The workers of a scheduler at tcp://HOST:PORT or, without one, processes on this machine, each with one task at a time.

    threads: number per task; 0: as many as its worker has. ClusterError if no scheduler answers, or versions differ.
    """
    with dask.config.set(_CONFIG), _silent(), contextlib.ExitStack() as stack:
        if scheduler is None:
            cluster = LocalCluster(
                n_workers=processes,
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            )
            client = stack.enter_context(Client(stack.enter_context(cluster)))
        else:
            client = stack.enter_context(_connected(scheduler))
        found = DaskWorkers(client, threads)
        found.check()
        yield found


def _connected(scheduler: str) -> Client:
    try:
        return Client(scheduler, timeout=_PATIENCE, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise ClusterError(
            f"no scheduler answers at {scheduler} within {_PATIENCE:g} s; start one with dask scheduler, "
            "and dask worker ADDRESS for every core"
        ) from error
    except (ValueError, TypeError) as error:
        raise InputError(f"--scheduler {scheduler}: {error}: expected tcp://HOST:PORT") from error


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Keep the messages of Dask and its dependencies out of the terminal; errors tell what they mean in one line."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [(logger, list(logger.handlers), logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.handlers, logger.propagate = [logging.NullHandler()], False
    try:
        yield
    finally:
        for logger, handlers, propagates in before:
            logger.handlers, logger.propagate = handlers, propagates
