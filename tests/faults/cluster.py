"""A real cluster on loopback: same bits as one process; workers and schedulers killed at random moments; errors in one line.

    python tests/faults/cluster.py [sweep] [ensemble] [errors]

Takes about ten minutes. A kill is SIGKILL to a worker and its nanny, as if the machine were gone (another one is started, as a
batch system would), or to the scheduler. It comes up to a second after a random number of points, or of shards, are done; the
seed was fixed before looking. Exit code 1 unless all have the bits of the run in one process.
"""

import csv
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from real_cluster import cluster

import langevin_sim

SEED, KILLS = 20_181_124, 5
SMALL = ["--walkers", "2000", "--steps", "40000", "--no-chain", "--seed", "1"]
SWEEP = ["sweep", "--potential", "twowell", "--dims", "1..2", "--grid", "temperature=0.6:1.4:5", *SMALL]
ENSEMBLE = ["run", "--dims", "5", "--walkers", "30000", "--steps", "40000", "--no-chain", "--seed", "1"]
# what is there when a part is done, how many parts there are at the least, and how often shards are saved
PARTS = {"sweep": ("points/*/summary.json", 10), "ensemble": ("checkpoint/blocks-*", 8)}
COMPARED = ("histograms.npz", "summary.csv", "sweep.csv")
_TIMES = ("seconds", "updates_per_second")
failed: list[str] = []


def process(*arguments: str) -> "subprocess.Popen[str]":
    """langevin-sim, of which only errors are heard."""
    program = "from langevin_sim.cli.main import main; main()"
    return subprocess.Popen([sys.executable, "-c", program, *arguments, "--quiet"], stderr=subprocess.PIPE, text=True)


def start(arguments: list[str], folder: Path, *more: str) -> "subprocess.Popen[str]":
    """The command in a process of its own."""
    return process(*arguments, "--out", str(folder), "--checkpoint-seconds", "0", *more)


def finish(running: "subprocess.Popen[str]") -> tuple[int, str]:
    """Exit code and what was said."""
    said = running.communicate()[1]
    return running.returncode, said.strip()


def resume(arguments: list[str], folder: Path, *more: str) -> "subprocess.Popen[str]":
    """The next call: the same command for a sweep, resume for a run."""
    if arguments[0] == "sweep":
        return start(arguments, folder, *more)
    return process("resume", str(folder), *more)


def bits(folder: Path) -> dict[str, bytes]:
    """The files that must be equal; of sweep.csv, all columns but times."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.name in COMPARED:
            text = path.read_bytes()
            if path.name == "sweep.csv":
                rows = csv.DictReader(text.decode().splitlines())
                text = repr([{name: row[name] for name in row if name not in _TIMES} for row in rows]).encode()
            found[str(path.relative_to(folder))] = text
    return found


def row(*cells: object) -> None:
    """A line of a table."""
    print("|", " | ".join(str(cell) for cell in cells), "|", flush=True)


def verdict(name: str, folder: Path, reference: Path) -> str:
    """Whether the bits are the same."""
    same = bits(folder) == bits(reference)
    if not same:
        failed.append(name)
    return "the same bits" if same else "DIFFERENT"


def study(place: Path, parts: list[str]) -> None:
    """Sweep and ensemble."""
    for seed, name, arguments in ((SEED, "sweep", SWEEP), (SEED + 1, "ensemble", ENSEMBLE)):
        if name not in parts:
            continue
        rng = np.random.default_rng(seed)
        print(f"\n## {name}\n\n`langevin-sim {' '.join(arguments)}`\n")
        row("case", "second", "what was said", "in the end")
        row(*4 * ["---"])
        reference = place / f"{name}-one"
        began = time.monotonic()
        code, said = finish(start(arguments, reference, *(["--workers", "1"] if name == "sweep" else ["--threads", "1"])))
        row("one process", f"{time.monotonic() - began:.1f}", said or code, "the reference")
        if name == "sweep":
            code, said = finish(start(arguments, place / "local", "--workers", "2"))
            row("two processes of its own", "", said or code, verdict(name, place / "local", reference))
        with cluster(2) as real:
            scheduler = ["--scheduler", real.address]
            began = time.monotonic()
            code, said = finish(start(arguments, place / f"{name}-two", *scheduler))
            length = f"{time.monotonic() - began:.1f}"
            row("scheduler and two workers", length, said or code, verdict(name, place / f"{name}-two", reference))
            for kill in range(KILLS):
                folder = place / f"{name}-worker-{kill}"
                running = start(arguments, folder, *scheduler)
                done = wait(name, folder, running, rng)
                real.kill_worker(0)
                real.workers.pop(0)
                over = running.poll() is not None
                code, said = finish(running)
                row(
                    f"worker killed{' (too late)' if over else ''}, {done} done",
                    "",
                    said or code,
                    verdict(name, folder, reference),
                )
                real.start(1)
                shutil.rmtree(folder)
        for kill in range(KILLS):
            scheduler_killed(name, arguments, place / f"{name}-scheduler-{kill}", rng, reference)


def wait(name: str, folder: Path, running: "subprocess.Popen[str]", rng: np.random.Generator) -> int:
    """Until a random number of parts, but the last two, are done, and up to a second more; how many are."""
    pattern, parts = PARTS[name]
    enough = int(rng.integers(1, parts - 1))
    while running.poll() is None and len(list(folder.glob(pattern))) < enough:
        time.sleep(0.02)
    time.sleep(rng.uniform(0, 1))
    return len(list(folder.glob(pattern)))


def scheduler_killed(name: str, arguments: list[str], folder: Path, rng: np.random.Generator, reference: Path) -> None:
    """One scheduler is killed; the next one is asked to go on."""
    with cluster(2) as real:
        running = start(arguments, folder, "--scheduler", real.address)
        done = wait(name, folder, running, rng)
        real.kill_scheduler()
        code, said = finish(running)
    kept = len(list(folder.glob(PARTS[name][0])))
    with cluster(2) as real:
        again, more = finish(resume(arguments, folder, "--scheduler", real.address))
    if code != 2 or said.count("\n") or again:
        failed.append(f"{name}: {code} {again} {said} {more}")
    row(f"scheduler killed, {done} done, {kept} kept", "", said, verdict(name, folder, reference))


def told(case: str, arguments: list[str], folder: Path, expected: str, *more: str) -> None:
    """What must be one line and exit code 2."""
    code, said = finish(start(arguments, folder, *more))
    good = code == 2 and "\n" not in said and expected in said
    if not good:
        failed.append(case)
    row(case, code, said, "one line" if good else "NOT AS EXPECTED")


def errors(place: Path) -> None:
    """Schedulers and workers that cannot do what is asked."""
    print("\n## errors\n\n| case | exit code | what was said | |\n| --- | --- | --- | --- |")
    with cluster(0) as real:
        told("no scheduler", SWEEP, place / "none", "no scheduler answers", "--scheduler", real.address)
        told("no scheduler", ENSEMBLE, place / "none", "no scheduler answers", "--scheduler", real.address)
        other = place / "other" / "langevin_sim"
        shutil.copytree(Path(langevin_sim.__file__).parent, other, ignore=shutil.ignore_patterns("__pycache__", "cli"))
        text = (other / "__init__.py").read_text()
        (other / "__init__.py").write_text(text.replace(f'"{langevin_sim.__version__}"', '"0.0.1"'))
        real.start(1, path=other.parent)
        told("another version", SWEEP, place / "none", "different versions", "--scheduler", real.address)
    with cluster(0) as real:
        hidden = place / "hidden" / "langevin_sim"
        hidden.mkdir(parents=True)
        (hidden / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'langevin_sim'\")\n")
        real.start(1, path=hidden.parent)
        told("no langevin-sim", SWEEP, place / "none", "cannot run this program", "--scheduler", real.address)
    with cluster(2, "--memory-limit", "700MB") as real:
        large = [
            "sweep",
            "--dims",
            "1",
            "--grid",
            "temperature=1,2",
            "--walkers",
            "400000",
            "--steps",
            "4000",
            "--no-chain",
            "--seed",
            "1",
        ]
        told("out of memory", large, place / "large", "out of memory", "--scheduler", real.address)
    if (place / "none").exists():
        failed.append("a folder was made")


if __name__ == "__main__":
    chosen = sys.argv[1:] or ["sweep", "ensemble", "errors"]
    with tempfile.TemporaryDirectory() as folder:
        print("# A cluster on loopback: results")
        study(Path(folder), chosen)
        if "errors" in chosen:
            errors(Path(folder))
    print(f"\nFailed: {', '.join(failed) or 'none'}.")
    sys.exit(bool(failed))
