"""A Dask cluster as a user starts it: dask scheduler and dask worker, as separate processes on loopback."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_PATIENCE = 60.0  # seconds to start in


class RealCluster:
    """A scheduler and workers with one thread each; every process leads a group of its own, with its children."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    def start(self, workers: int, *options: str, path: Path | None = None) -> None:
        """Start a scheduler, if there is none, and workers; ``path``: the first entry of their module path."""
        if self.scheduler is None:
            self.scheduler = self._process(
                "scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--dashboard-address", "127.0.0.1:0"
            )
        environment = os.environ | ({} if path is None else {"PYTHONPATH": str(path)})
        there = len(self.workers)
        for _ in range(workers):
            self.workers.append(
                self._process(
                    "worker",
                    self.address,
                    "--nthreads",
                    "1",
                    "--no-dashboard",
                    "--host",
                    "127.0.0.1",
                    *options,
                    environment=environment,
                )
            )
        self._wait(there + workers)

    def kill_worker(self, number: int = 0) -> None:
        """Kill a worker and its nanny with SIGKILL, as if its machine had failed."""
        _kill(self.workers[number])

    def kill_scheduler(self) -> None:
        """Kill the scheduler with SIGKILL."""
        assert self.scheduler is not None
        _kill(self.scheduler)
        self.scheduler = None

    def stop(self) -> None:
        """Stop all processes."""
        for process in [*self.workers, *([] if self.scheduler is None else [self.scheduler])]:
            _kill(process)
        self.workers, self.scheduler = [], None

    def _process(self, kind: str, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        with open(self.folder / f"{kind}-{time.monotonic_ns()}.log", "wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", kind, *arguments],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait(self, workers: int) -> None:
        from distributed import Client

        until = time.monotonic() + _PATIENCE
        while True:
            with contextlib.suppress(OSError), Client(self.address, timeout=_PATIENCE, set_as_default=False) as client:
                client.wait_for_workers(workers, timeout=_PATIENCE)
                return
            if time.monotonic() > until:
                raise RuntimeError(f"no cluster: {[path.read_text()[-2000:] for path in self.folder.glob('*.log')]}")


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def cluster(workers: int, *options: str) -> Iterator[RealCluster]:
    """A cluster that is stopped at the end."""
    with tempfile.TemporaryDirectory() as folder:
        made = RealCluster(Path(folder))
        try:
            if workers:
                made.start(workers, *options)
            yield made
        finally:
            made.stop()
