"""What the studies of faults share: the two jobs, how they are started, and what must hold of their folders."""

import argparse
import csv
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
from llvmlite.binding import get_host_cpu_name

# Chunks of about 20 ms, so that there are many moments at which a checkpoint is written; and without the fit of SGD's
# temperature, which takes longer than the run and touches no file.
PROGRAM = """
from langevin_sim.simulation import simulate, summary
simulate._CHUNK_WORK = 1e6
summary.fitted_temperature = lambda *arguments: None
from langevin_sim.cli.main import main
main()
"""


@dataclass(frozen=True)
class Job:
    """A command, the files of its folder whose bits are compared, and its checkpoint."""

    name: str
    arguments: tuple[str, ...]
    compared: tuple[str, ...]
    checkpoint: str

    @property
    def command(self) -> str:
        """As it would be typed."""
        return " ".join(["langevin-sim", *self.arguments])


JOBS = {
    "run": Job(
        "run",
        (
            "run",
            "--dims",
            "1,2",
            "--dynamics",
            "gdl,sgd",
            "--walkers",
            "512",
            "--steps",
            "80000",
            "--burn-in",
            "2000",
            "--no-chain",
            "--seed",
            "1",
            "--threads",
            "1",
            "--checkpoint-seconds",
            "0.1",
        ),
        ("histograms.npz", "summary.csv"),
        "checkpoint/state.npz",
    ),
    "training": Job(
        "training",
        (
            "deep",
            "train",
            "--data",
            "digits",
            "--train-size",
            "1000",
            "--dynamics",
            "sgdl",
            "--momentum",
            "0.9",
            "--epochs",
            "30",
            "--replicas",
            "2",
            "--seed",
            "1",
            "--threads",
            "1",
            "--device",
            "cpu",
            "--checkpoint-seconds",
            "0.2",
        ),
        ("replica-0.safetensors", "replica-1.safetensors", "history.csv"),
        "checkpoint/state.safetensors",
    ),
}


def start(arguments: tuple[str, ...], folder: Path, resume: bool = False, before: str = "") -> subprocess.Popen[str]:
    """The command, or its resumption, in a process of its own; ``before``: Python that it runs first."""
    if resume:
        given = dict(pairwise(arguments))
        options = [(name, given[name]) for name in ("--checkpoint-seconds", "--threads")]
        arguments = ("resume", str(folder), *chain.from_iterable(options))
    else:
        arguments = (*arguments, "--out", str(folder))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    return subprocess.Popen(
        [sys.executable, "-c", before + PROGRAM, *arguments, "--quiet"], stderr=subprocess.PIPE, text=True, env=environment
    )


def finish(process: subprocess.Popen[str]) -> None:
    """It must end well, and silently."""
    _, told = process.communicate()
    assert (process.returncode, told) == (0, ""), (process.returncode, told)


def whole(job: Job, folder: Path) -> float:
    """Run the job; the seconds from its claim of the folder to its end."""
    process = start(job.arguments, folder)
    began = claimed(process, folder)
    finish(process)
    return time.monotonic() - began


def claimed(process: subprocess.Popen[str], folder: Path) -> float:
    """When the process made the folder."""
    while not folder.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.001)
    return time.monotonic()


def stop(process: subprocess.Popen[str], began: float, seconds: float, number: signal.Signals) -> tuple[int, str] | None:
    """Send the signal so many seconds after ``began``; what the process ended with, None if it had ended before."""
    while time.monotonic() < began + seconds:
        if process.poll() is not None:
            process.communicate()
            return None
        time.sleep(0.001)
    process.send_signal(number)
    _, told = process.communicate()
    return process.returncode, told


def status(folder: Path) -> str | None:
    """What the manifest says; None where there is none yet."""
    path = folder / "manifest.json"
    return json.loads(path.read_text())["status"] if path.exists() else None


def check_whole(folder: Path) -> int:
    """Every file that a reader would open can be read to its end; returns how many there are. Figures are not looked at."""
    count = 0
    for path in folder.rglob("*"):
        if path.is_dir() or path.name.startswith("."):
            continue
        count += 1
        if path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as file:
                assert dict(file)
        elif path.suffix == ".safetensors":
            from safetensors.numpy import load_file

            load_file(path)
        elif path.suffix == ".csv":
            text = path.read_text()
            rows = list(csv.reader(text.splitlines()))
            assert text.endswith("\n"), path
            assert {len(row) for row in rows} == {len(rows[0])}, path
        elif path.suffix == ".toml":
            tomllib.loads(path.read_text())
        else:
            count -= 1
    return count


def check_equal(job: Job, folder: Path, reference: Path) -> None:
    """The same bits as those of the run that nothing stopped, complete, and nothing left over."""
    for name in job.compared:
        assert (folder / name).read_bytes() == (reference / name).read_bytes(), f"{name} differs"
    assert status(folder) == "COMPLETED"
    assert not [path.name for path in folder.rglob(".*")]
    assert not (folder / job.checkpoint).exists()


@contextmanager
def place() -> Iterator[Path]:
    """A folder that is removed in the end."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def heading(title: str, text: str, *columns: str) -> None:
    """A section, and the head of its table."""
    print(f"\n## {title}\n\n{text}\n")
    row(*columns)
    row(*["---"] * len(columns))


def row(*cells: object) -> None:
    """A line of a table."""
    print("|", " | ".join(str(cell) for cell in cells), "|", flush=True)


def study(job_by_job: Callable[[Job], bool], title: str) -> None:
    """Do the study for the jobs that the command line names, all of them by default; exit code 1 if something failed."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("jobs", nargs="*", default=[], choices=[[], *JOBS], metavar="JOB", help=", ".join(JOBS))
    names = parser.parse_args().jobs or list(JOBS)
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "torch", "safetensors"))
    print(
        f"# {title}\n\n{platform.system()} on {platform.machine()} ({get_host_cpu_name()}), {os.cpu_count()} processors; "
        f"Python {platform.python_version()}, {packages}."
    )
    good = True
    for name in names:
        began = time.monotonic()
        good &= job_by_job(JOBS[name])
        print(f"\n{time.monotonic() - began:.0f} s.", flush=True)
    sys.exit(0 if good else 1)
