"""How often verdicts are wrong when nothing is wrong, and which faults they catch. Writes verdicts.md beside this file.

    nice -n 19 python tests/calibration/verdicts.py RESULTS [--minutes M] [--only WORDS]

RESULTS is a file of JSON lines, one for each run, to which the study appends. Started again, it goes on with the runs that are
missing; when its time is over it writes the page from what is there.

False alarms: seeds 1, 2, .. of every case in which nothing is wrong. "disagrees" may stand in 1 % of the runs, and the bounds are
those within which 99 % of binomial counts lie. Power: each fault is made by a stepper of its own under a record that declares
GDL, at the command's default walkers, step and burn-in, and has to be found at every seed. Laws are computed once for each case.
"""

import argparse
import json
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numba
import numpy as np
from scipy import stats

import langevin_sim as ls
from langevin_sim import potentials
from langevin_sim.analysis.verdict import FALSE_ALARM_RATE
from langevin_sim.dynamics import Dynamics
from langevin_sim.engine.normals import fill_normals
from langevin_sim.engine.projections import project
from langevin_sim.engine.registry import block_stepper
from langevin_sim.formatting import markdown_table
from langevin_sim.potentials.potential import Potential
from langevin_sim.simulation.judge import judge
from langevin_sim.simulation.references import References, reference_laws
from langevin_sim.simulation.simulate import simulate

RUNS, RARE_RUNS = 300, 200  # seeds of every case, and of the one with a rare region
POWER = {2: (60_000, 3), 100: (3_000, 1)}  # dim -> steps and seeds of every fault; the command's default is 60,000 steps
LONGER = 12_000  # steps at least where single steps do not show it
PIECE = 25  # seeds of one case before the next case has its turn
FAST: dict[str, Any] = {"error_model": "numpy", "nogil": True}
PAGE = Path(__file__).with_suffix(".md")


class Case(NamedTuple):
    """Runs that differ in their seed only; fault: what moves the walkers in place of the dynamics that is declared."""

    name: str
    make: Callable[[], tuple[Potential, Dynamics]]
    steps: int
    burn_in: int
    seeds: int = RUNS
    walkers: int = 512
    every: int = 20
    fault: Any = None


@cache
def default(dim: int) -> tuple[Potential, Dynamics]:
    """What the command runs by default."""
    return potentials.twowell(dim), ls.GDL(0.02)


def tilted() -> tuple[Potential, Dynamics]:
    """SGDL on tilts whose noise is that of T = 1/2, which its own noise makes 1."""
    potential = potentials.tilted(potentials.twowell(1), 220.0 * np.eye(1), terms=100, seed=1)
    return potential, ls.SGDL(0.05, 0.5, batch_size=10)


def coupled() -> tuple[Potential, Dynamics]:
    """An expression that has a Boltzmann law and no chain law."""
    return potentials.make("sum((x^2-1)^2) + x1*x2*x3/4", 3), ls.GDL(0.02)


@dataclass(frozen=True)
class Faulty(Dynamics):
    """GDL, by its own account."""

    name: ClassVar[str] = "gdl-with-a-fault"
    weak_order: ClassVar[int | None] = 1
    kernel: ClassVar[str | None] = "gaussian"


@numba.njit(**FAST)
def move(X, G, Z, step_size, noise):
    """X <- X - eta G + noise Z, [dim, BLOCK]."""
    for j in range(X.shape[0]):
        for i in range(X.shape[1]):
            X[j, i] = X[j, i] - step_size * G[j, i] + noise * Z[j, i]


def sound(X, G, Z, memory, step_size, noise):
    """None: the control."""
    move(X, G, Z, step_size, noise)


def hot(X, G, Z, memory, step_size, noise):
    """A temperature that is 1 % too high."""
    move(X, G, Z, step_size, np.sqrt(1.01) * noise)


def correlated(X, G, Z, memory, step_size, noise):
    """Noise of x_1 and x_2 with correlation 0.05."""
    Z[1] = 0.05 * Z[0] + np.sqrt(1.0 - 0.05**2) * Z[1]
    move(X, G, Z, step_size, noise)


def pushed(X, G, Z, memory, step_size, noise):
    """A constant force of 0.02 on x_2."""
    G[1] -= 0.02
    move(X, G, Z, step_size, noise)


def two_points(X, G, Z, memory, step_size, noise):
    """Noise that is +1 or -1."""
    Z[:] = np.sign(Z)
    move(X, G, Z, step_size, noise)


def rotated(X, G, Z, memory, step_size, noise):
    """A force 0.5 J grad U in the plane of x_1 and x_2, which leaves Boltzmann's law as it is for small steps."""
    first = G[0].copy()
    G[0] -= 0.5 * G[1]
    G[1] += 0.5 * first
    move(X, G, Z, step_size, noise)


def half_step(X, G, Z, memory, step_size, noise):
    """Half the step that is declared, at the declared temperature."""
    move(X, G, Z, 0.5 * step_size, np.sqrt(0.5) * noise)


def frozen(X, G, Z, memory, step_size, noise):
    """One walker in 128 stands still."""
    for i in range(X.shape[1]):
        if memory[0, i] == 0.0:  # drawn at the first step, from a normal number beyond 2.418
            memory[0, i] = 2.0 if Z[0, i] > 2.418 else 1.0
        if memory[0, i] == 2.0:
            G[:, i] = 0.0
            Z[:, i] = 0.0
    move(X, G, Z, step_size, noise)


FAULTS = (sound, hot, correlated, pushed, frozen, two_points, rotated, half_step)


@cache
def faulty(function: Any) -> Dynamics:
    """GDL with the fault."""
    kind = dataclass(frozen=True)(
        type(
            "Fault",
            (Faulty,),
            {"weak_order": 1, "kernel": "gaussian", "memory_rows": lambda self, dim: 1, "__module__": __name__},
        )
    )
    change = numba.njit(**FAST)(function)

    def step(
        t, X, memory, scratch, stream, step_size, noise, settings, domain, gradient, energy, parameters, sums, data, batch, order
    ):
        dim = X.shape[0]
        G, Z = scratch[:dim], scratch[dim : 2 * dim]
        gradient(X, G, parameters)
        fill_normals(stream, Z)
        change(X, G, Z, memory, step_size, noise)
        project(X, domain)

    block_stepper(kind)(step)
    return kind(0.02)


NOTHING_WRONG = (
    Case("GDL, twowell, d = 1", lambda: (potentials.twowell(1), ls.GDL(0.05)), 8000, 4000),
    Case("GDL, twowell, d = 5", lambda: (potentials.twowell(5), ls.GDL(0.05)), 4000, 4000),
    Case("MALA, twowell, d = 2", lambda: (potentials.twowell(2), ls.MALA(0.1)), 4000, 2000),
    Case("LM, twowell, d = 2", lambda: (potentials.twowell(2), ls.LM(0.1)), 4000, 2000),
    Case("SGDL, twowell with tilts, d = 1", tilted, 8000, 4000),
    Case("GDL, an expression without a chain law, d = 3", coupled, 4000, 2000),
    Case("RWM, boxes at T = 0.08, d = 1", lambda: (potentials.boxes(1), ls.RWM(506.2, 0.08)), 4000, 2000, RARE_RUNS),
    Case("SGDL, rbf, step 16, b = 15", lambda: (potentials.rbf(), ls.SGDL(16.0, 0.0015, batch_size=15)), 8000, 4000),
)
SOMETHING_WRONG = tuple(
    Case(str(fault.__doc__).rstrip("."), partial(default, dim), n, n // 6 // 40 * 40, seeds, 10_240, 40, fault)
    for dim, (steps, seeds) in POWER.items()
    for fault in FAULTS
    for n in [max(steps, LONGER) if fault in (sound, pushed) else steps]
)


@cache
def known(case: Case) -> tuple[Potential, Dynamics, References]:
    """The potential, what is declared, and its laws."""
    potential, declared = case.make()
    return potential, declared, reference_laws(potential, declared)


def runs(case: Case, seeds: list[int]) -> Iterator[dict[str, Any]]:
    """What is kept of the runs with these seeds."""
    potential, declared, laws = known(case)
    moving = declared if case.fault is None else faulty(case.fault)
    names = [name for name, law in (("Boltzmann", laws.boltzmann), ("chain", laws.chain)) if law is not None]
    size: dict[str, Any] = {"walkers": case.walkers, "steps": case.steps, "burn_in": case.burn_in, "record_every": case.every}
    for seed in seeds:
        began = time.perf_counter()
        with np.errstate(invalid="ignore", over="ignore"):
            judged = judge(simulate(potential, moving, seed=seed, **size), laws)
        yield {
            "case": case.name,
            "dim": potential.dim,
            "seed": seed,
            "word": judged.word,
            "decided_by": judged.decided_by,
            "laws": " and ".join(names) or "none",
            "tests": len(judged.tests),
            "seconds": round(time.perf_counter() - began, 2),
            "processor": processor(),
        }


def study(results: Path, minutes: float, only: str) -> None:
    """Append the runs that are missing, a piece of every case in turn, until the time is over."""
    began, told = time.perf_counter(), Counter[Case]()
    wanted = [case for case in (*SOMETHING_WRONG, *NOTHING_WRONG) if only in case.name]
    while True:
        done = Counter((entry["case"], entry["dim"]) for entry in kept(results))
        left = [(case, case.make()[0].dim) for case in wanted]
        left = [(case, dim) for case, dim in left if done[case.name, dim] < case.seeds]
        if not left:
            return
        left.sort(key=lambda one: done[one[0].name, one[1]] / one[0].seeds)  # what has least, first
        for case, dim in left:
            first = done[case.name, dim] + 1
            for entry in runs(case, list(range(first, min(first + PIECE, case.seeds + 1)))):
                with results.open("a") as file:
                    file.write(json.dumps(entry) + "\n")
                told[case] += 1
                if told[case] == 2 or case.seeds == 1:  # the first run also compiles
                    print(f"{case.name}, d = {dim}: {entry['seconds'] * case.seeds / 60:.1f} minutes in all", flush=True)
                if time.perf_counter() - began > 60.0 * minutes:
                    return


def kept(results: Path) -> list[dict[str, Any]]:
    """All runs so far."""
    return [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []


def processor() -> str:
    """The machine in general terms."""
    known = Path("/proc/cpuinfo")
    flags = set(known.read_text().split()) if known.exists() else set()
    vectors = [name for flag, name in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags]
    return f"{platform.machine().replace('_', '-')}{' with ' + vectors[0] if vectors else ''}"


def page(entries: list[dict[str, Any]]) -> str:
    """The tables, in Markdown."""
    right, wrong, inside = [], [], True
    for case in NOTHING_WRONG:
        of = [entry for entry in entries if entry["case"] == case.name]
        alarms = [entry for entry in of if entry["word"] == "disagrees"]
        low, high = (int(stats.binom.ppf(level, max(len(of), 1), FALSE_ALARM_RATE)) for level in (0.005, 0.995))
        inside &= bool(low <= len(alarms) <= high)
        words = ", ".join(f"{word} {count}" for word, count in Counter(entry["word"] for entry in of).most_common())
        by = "; ".join(dict.fromkeys(entry["decided_by"] for entry in alarms)) or "-"
        laws = of[0]["laws"] if of else "-"
        size = f"{case.burn_in:,} + {case.steps:,}"
        runs_done = f"{len(of)} of {case.seeds}"
        right.append([case.name, size, runs_done, laws, str(len(alarms)), f"{low} to {high}", words or "-", by])
    names = [case.name for case in NOTHING_WRONG]
    words_of_all = [entry["word"] for entry in entries if entry["case"] in names]
    count, alarms_of_all = len(words_of_all), words_of_all.count("disagrees")
    low, high = (int(stats.binom.ppf(level, max(count, 1), FALSE_ALARM_RATE)) for level in (0.005, 0.995))
    inside &= low <= alarms_of_all <= high
    right.append(["all", "", f"{count:,}", "", str(alarms_of_all), f"{low} to {high}", "", ""])
    for case in SOMETHING_WRONG:
        dim = case.make()[0].dim
        of = [entry for entry in entries if (entry["case"], entry["dim"]) == (case.name, dim)]
        caught = sum(entry["word"] == "disagrees" for entry in of)
        by = "; ".join(dict.fromkeys(entry["decided_by"] for entry in of if entry["word"] == "disagrees")) or "-"
        wrong.append([case.name, str(dim), f"{case.burn_in:,} + {case.steps:,}", f"{caught} of {len(of)}", by])
    verdict = "all counts are within it" if inside else "NOT all counts are within it"
    machines = ", ".join(dict.fromkeys(entry["processor"] for entry in entries)) or "no machine"
    seconds = sum(entry["seconds"] for entry in entries)
    return f"""# Verdicts: false alarms, and faults that are caught

Made by `tests/calibration/verdicts.py`: {len(entries):,} runs, {seconds / 60:.0f} minutes of a shared machine ({machines}).

## Nothing is wrong

Seeds 1, 2, .. of every case, fixed before looking; 512 walkers. Stated rate of `disagrees`: {FALSE_ALARM_RATE:.0%} of runs.
"Range" is the two-sided 99 % range of a binomial count at that rate: {verdict}.

{markdown_table(["case", "burn-in + steps", "runs", "laws", "`disagrees`", "range", "words", "decided by"], right)}

Where fewer runs were made than wanted, the machine's time was over; given its file of results, the script goes on from there.
On `boxes` at T = 0.08, 0.77 visits to the plateau are expected in a run: a count of 0 is no disagreement.

## Something is wrong

GDL on twowell, T = 1, step 0.02, 10,240 walkers, with one fault: the command's defaults, which are 60,000 steps after a
burn-in of 10,000. In d = 100 the runs are shorter; what is caught in them is caught in longer ones. Seeds 1, 2, ..; a fault
is caught where the word is `disagrees`. In the first row of each dimension nothing is wrong, and nothing may be caught.

{markdown_table(["fault", "d", "burn-in + steps", "caught", "decided by"], wrong)}
"""


def main() -> None:
    """Run what is missing of the study, and write the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("results", type=Path, help="file of JSON lines to which the runs are appended")
    parser.add_argument("--minutes", type=float, default=60.0, help="of wall time; 0 only writes the page")
    parser.add_argument("--only", default="", help="cases whose name has this text")
    arguments = parser.parse_args()
    if arguments.minutes:
        study(arguments.results, arguments.minutes, arguments.only)
    PAGE.write_text(page(kept(arguments.results)))


if __name__ == "__main__":
    main()
