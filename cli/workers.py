"""Workers other than this process."""

import contextlib
from contextlib import AbstractContextManager

import click

from langevin_sim.errors import InputError
from langevin_sim.simulation.workers import Workers

SCHEDULER = click.option("--scheduler", metavar="ADDRESS", help="Address of a Dask scheduler, tcp://HOST:PORT.")


def open_workers(scheduler: str | None, processes: int, threads: int) -> AbstractContextManager[Workers]:
    """Workers from Dask; InputError if it is not installed."""
    try:
        from langevin_sim.cluster import workers
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("dask", "distributed"):
            raise
        raise InputError(f"this needs {error.name}, which is not installed: pip install 'langevin-sim[cluster]'") from error
    return workers(scheduler, processes, threads)


def of_scheduler(scheduler: str | None, threads: int) -> AbstractContextManager[Workers | None]:
    """The workers of a scheduler; None without a scheduler."""
    return contextlib.nullcontext() if scheduler is None else open_workers(scheduler, 0, threads)
