"""Scripts on chosen cores of a machine that others may use too. Linux only."""

import json
import os
import platform
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Row = dict[str, Any]
Answer = TypeVar("Answer")

IDLE, LOOK = 0.1, 5  # cores that others may use, for a machine to count as quiet; seconds of one look at it
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


def description() -> dict[str, Any]:
    """What is told of the machine."""
    names = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": os.cpu_count(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        "python": platform.python_version(),
    }


class Machine:
    """Runs scripts, and knows what others did meanwhile.

    What one thread does on one core counts as its processor time, which others hardly change. On two cores the clock counts:
    while its patience lasts (seconds), a machine waits until others do little, and runs the script again if they did not.
    """

    def __init__(self, patience: float) -> None:
        self.until = time.monotonic() + patience
        self.cores = sorted(os.sched_getaffinity(0))[:2]

    def run(self, script: list[str], mode: str, seed: int) -> list[Row]:
        """The rows that the script prints, and with each "others", the cores that others used.

        mode "one": one thread on one core; "threads": two on two cores; "processes": two, on a core each, each with half
        of the walkers.
        """
        while True:
            while self._waits(mode) and _with_others(lambda: time.sleep(LOOK))[1] > IDLE:
                pass
            rows, others = _with_others(lambda: self._rows(script, mode, seed))
            if others <= IDLE or not self._waits(mode):
                return [row | {"mode": mode, "others": others} for row in rows]

    def _waits(self, mode: str) -> bool:
        return mode != "one" and time.monotonic() < self.until

    def _rows(self, script: list[str], mode: str, seed: int) -> list[Row]:
        if mode == "threads":
            return _finish(_start(script, self.cores, seed))
        if mode == "one":
            return [row | {"ns": row["ns"] * row["cores"]} for row in _finish(_start(script, self.cores[:1], seed))]
        halves = [_start([*script, "--share", "2"], [core], seed + k) for k, core in enumerate(self.cores)]
        return [_together(*pair) for pair in zip(*map(_finish, halves), strict=True)]


def _with_others(work: Callable[[], Answer]) -> tuple[Answer, float]:
    """What work() returns, and how many cores all but this process and its children used during it."""

    def theirs() -> float:
        user, nice, system, _, _, irq, softirq, *_ = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:])
        mine = os.times()
        spent = mine.user + mine.system + mine.children_user + mine.children_system
        return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK") - spent

    clock, before = time.monotonic(), theirs()
    answer = work()
    return answer, max(0.0, (theirs() - before) / (time.monotonic() - clock))


def _start(script: list[str], cores: list[int], seed: int) -> subprocess.Popen[str]:
    count = str(len(cores))
    return subprocess.Popen(
        [*script, "--threads", count, "--seed", str(seed)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | dict.fromkeys(THREADS, count),
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )


def _finish(process: subprocess.Popen[str]) -> list[Row]:
    out, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"exit code {process.returncode} of {process.args}")
    return [json.loads(line) for line in out.splitlines()]


def _together(first: Row, second: Row) -> Row:
    """Two processes that each moved half of the walkers: both are done when the slower one is."""
    return first | {
        "ns": max(first["ns"], second["ns"]) / 2.0,
        "cores": first["cores"] + second["cores"],
        "mass": (first["mass"] + second["mass"]) / 2.0,
        "error": (first["error"] ** 2 + second["error"] ** 2) ** 0.5 / 2.0,
    }
