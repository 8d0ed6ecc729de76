"""Two workers of one thread against one, on a sweep of 20 points; what a task costs besides; and an estimate from these.

    python tests/benchmarks/cluster.py [ROUNDS] > cluster.md

One worker and two in turn, on a real scheduler on loopback; three rounds take about ten minutes on two cores that nobody else
uses.
"""

import csv
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from real_cluster import cluster

from langevin_sim.cluster import workers as dask_workers
from langevin_sim.formatting import markdown_table

POINTS, EMPTY = 20, 2000
SWEEP = ["sweep", "--potential", "twowell", "--dims", "2", "--walkers", "4096", "--seed", "1", "--quiet"]
GRID, WARM = ["--grid", f"temperature=0.6:1.55:{POINTS}"], ["--grid", "temperature=1,2", "--steps", "400"]
CORES = 10_000


def swept(folder: Path, scheduler: str, grid: list[str]) -> tuple[float, float]:
    """Seconds of the whole command after the workers answer, and of the simulations alone, summed."""
    program = "from langevin_sim.cli.main import main; main()"
    subprocess.run([sys.executable, "-c", program, *SWEEP, *grid, "--out", str(folder), "--scheduler", scheduler], check=True)
    manifest = json.loads((folder / "manifest.json").read_text())
    began, ended = (time.mktime(time.strptime(manifest[key][:19], "%Y-%m-%dT%H:%M:%S")) for key in ("started", "finished"))
    with open(folder / "sweep.csv", newline="") as stream:
        seconds = {row["point"]: float(row["seconds"]) for row in csv.DictReader(stream)}
    return ended - began, sum(seconds.values())


def nothing(*arguments: object) -> None:
    """A task that does nothing."""


def empty(scheduler: str) -> float:
    """Seconds a task that does nothing, of EMPTY of them."""
    with dask_workers(scheduler, 0, 1) as crew:
        for tasks in (100, EMPTY):  # the first are warm-up
            began = time.perf_counter()
            assert sum(done.error is None for done in crew.run(nothing, [()] * tasks)) == tasks
    return (time.perf_counter() - began) / EMPTY


def main(rounds: int) -> None:
    """Measure, and print the page."""
    found: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as place, cluster(1) as one, cluster(2) as two:
        crews = {1: one.address, 2: two.address}
        for count, address in crews.items():  # machine code is compiled, and every worker has loaded it
            swept(Path(place) / f"warm-{count}", address, WARM)
        for number in range(rounds):
            for count, address in crews.items():
                found[count].append(swept(Path(place) / f"{count}-{number}", address, GRID))
                print(f"{count} workers: {found[count][-1][0]:.0f} s", file=sys.stderr, flush=True)
        task = empty(two.address)
    print("# Sweeps on a cluster: results\n")
    print(f"`langevin-sim {' '.join([*SWEEP, *GRID])}`: {POINTS} points, on workers of one thread, on loopback.\n")
    times = enumerate(zip(found[1], found[2], strict=True), 1)
    rows = [[str(k), f"{first:.0f}", f"{second:.0f}", f"{first / second:.2f}"] for k, ((first, _), (second, _)) in times]
    print(markdown_table(["round", "one worker (s)", "two workers (s)", "throughput"], rows))
    ratio = statistics.median(first / second for (first, _), (second, _) in zip(found[1], found[2], strict=True))
    alone = statistics.median((wall - simulated) / POINTS for wall, simulated in found[1])
    point = statistics.median(wall / POINTS for wall, _ in found[1])
    print(
        f"\nMedian: {ratio:.2f} times the throughput. A point takes {point:.2f} s on one worker, of which {alone:.2f} s are\n"
        f"not simulation: exact laws, film, figure, report, files. An empty task: {1e3 * task:.2f} ms.\n"
    )
    print(on_paper(task, point))


def on_paper(task: float, point: float) -> str:
    """What these numbers say of many cores, and what would be the first bottleneck."""
    rate = 1.0 / task
    return f"""## {CORES:,} cores, on paper

The scheduler is one process. At {1e3 * task:.2f} ms a task it hands out {rate:,.0f} tasks a second: {CORES:,} cores are kept busy
if a point takes more than {CORES / rate:.0f} s. Points like these ({point:.1f} s) keep {min(CORES, point * rate):,.0f} busy:
the scheduler is the first bottleneck, and longer points are the remedy (more steps, or several dynamics in one point).

With points of a minute, {CORES:,} cores finish {CORES / 60:,.0f} points a second, {60 * CORES:,} an hour. Each writes about ten
files, {10 * CORES / 60:,.0f} a second in all: then the metadata of the shared file system is the bottleneck. The scheduler holds
a connection to each worker, so that its limit of open files must be above {CORES:,}; the client reads one summary a point."""


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
