"""How often verdicts are wrong when nothing is, and which faults they catch. Writes verdicts.md beside this file.

    python tests/calibration/verdicts.py [--runs 300] [--power 3]

False alarms: seeds 1, 2, .. of every setting, in which nothing is wrong; "disagrees" may stand in 1 % of the runs, and the bounds
are those within which 99 % of binomial counts lie. Power: each fault, made by a stepper of its own that keeps the record's
declarations, at the command's default walkers, step and burn-in; it has to be found at every seed. Laws are computed once
for each setting.
"""

import argparse
import datetime
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from scipy import stats

import langevin_sim as ls
from langevin_sim import potentials
from langevin_sim.analysis.verdict import FALSE_ALARM_RATE
from langevin_sim.dynamics import Dynamics
from langevin_sim.potentials.potential import Potential
from langevin_sim.simulation.judgement import Judgement, judge
from langevin_sim.simulation.references import References, reference_laws
from langevin_sim.simulation.simulate import simulate


class Setting(NamedTuple):
    """One kind of run, and how long it is."""

    name: str
    make: Callable[[], tuple[Potential, Dynamics]]
    size: dict[str, Any]
    start: str = "dispersed"


def tilted() -> tuple[Potential, Dynamics]:
    """SGDL on tilts whose noise is that of T = 1/2, which its own noise makes 1."""
    potential = potentials.tilted(potentials.twowell(1), 220.0 * np.eye(1), terms=100, seed=1)
    return potential, ls.SGDL(step_size=0.05, temperature=0.5, batch_size=10)


FALSE_ALARMS = (
    Setting("GDL, twowell, d = 1", lambda: (potentials.twowell(1), ls.GDL(0.05)), {"steps": 8000, "burn_in": 4000}),
    Setting("GDL, twowell, d = 5", lambda: (potentials.twowell(5), ls.GDL(0.05)), {"steps": 4000, "burn_in": 4000}),
    Setting("MALA, twowell, d = 2", lambda: (potentials.twowell(2), ls.MALA(0.1)), {"steps": 4000, "burn_in": 2000}),
    Setting("LM, twowell, d = 2", lambda: (potentials.twowell(2), ls.LM(0.1)), {"steps": 4000, "burn_in": 2000}),
    Setting("SGDL, twowell with tilts, d = 1", tilted, {"steps": 8000, "burn_in": 4000}),
    Setting(
        "SGDL, rbf, step 16, b = 15",
        lambda: (potentials.rbf(2), ls.SGDL(step_size=16.0, temperature=0.0015, batch_size=15)),
        {"steps": 2000, "burn_in": 1000},
        "uniform",
    ),
    Setting(
        "GDL, an expression that couples coordinates, d = 3, no chain law",
        lambda: (ls.potentials.make("sum((x^2-1)^2) + x1*x2*x3/4", 3), ls.GDL(0.02)),
        {"steps": 4000, "burn_in": 2000},
    ),
)


def alarms(setting: Setting, runs: int) -> tuple[Counter[str], Counter[str], References]:
    """Words, and what decided where the word was "disagrees", over seeds 1 .. runs."""
    potential, dynamics = setting.make()
    references = reference_laws(potential, dynamics)
    words: Counter[str] = Counter()
    causes: Counter[str] = Counter()
    for seed in range(1, runs + 1):
        run = simulate(potential, dynamics, walkers=512, record_every=20, start=setting.start, seed=seed, **setting.size)
        judged = judge(run, references)
        words[judged.word] += 1
        if judged.word == "disagrees":
            causes[str(judged.decided_by)] += 1
    return words, causes, references


@dataclass(frozen=True)
class Faulty(Dynamics):
    """GDL, by its own account."""

    name: ClassVar[str] = "gdl-with-a-fault"
    weak_order: ClassVar[int | None] = 1
    kernel: ClassVar[str | None] = "gaussian"


def hot(x, gradient, normal, step_size, noise):
    """A temperature that is 1 % too high."""
    return x - step_size * gradient + np.sqrt(1.01) * noise * normal


def correlated(x, gradient, normal, step_size, noise):
    """Noise of x_1 and x_2 with correlation 0.05."""
    mixed = normal.copy()
    mixed[1] = 0.05 * normal[0] + np.sqrt(1.0 - 0.05**2) * normal[1]
    return x - step_size * gradient + noise * mixed


def pushed(x, gradient, normal, step_size, noise):
    """A constant force of 0.02 on x_2."""
    moved = x - step_size * gradient + noise * normal
    moved[1] += 0.02 * step_size
    return moved


def two_points(x, gradient, normal, step_size, noise):
    """Noise that is +1 or -1."""
    return x - step_size * gradient + noise * np.sign(normal)


def rotated(x, gradient, normal, step_size, noise):
    """A force 0.5 J grad U in the plane of x_1 and x_2, which leaves Boltzmann's law as it is for small steps."""
    moved = x - step_size * gradient + noise * normal
    moved[0] += 0.5 * step_size * gradient[1]
    moved[1] -= 0.5 * step_size * gradient[0]
    return moved


def half_step(x, gradient, normal, step_size, noise):
    """Half the step that is declared, at the declared temperature."""
    return x - 0.5 * step_size * gradient + np.sqrt(0.5) * noise * normal


def frozen(x, gradient, normal, memory, step_size, noise):
    """One walker in 128 stands still: which one is drawn at its first step, from a normal number beyond 2.418."""
    if memory[0] == 0.0:
        memory[0] = 2.0 if normal[0] > 2.418 else 1.0
    if memory[0] == 2.0:
        return x.copy()
    return x - step_size * gradient + noise * normal


FAULTS = (hot, correlated, pushed, frozen, two_points, rotated, half_step)


def faulty(function: Any) -> Dynamics:
    """GDL with the fault."""
    kind = dataclass(frozen=True)(
        type(
            "Fault",
            (Faulty,),
            {"weak_order": 1, "kernel": "gaussian", "memory_rows": lambda self, dim: 1, "__module__": __name__},
        )
    )
    ls.stepper(kind)(function)
    return kind(0.02)


def caught(function: Any, dim: int, references: References, steps: int, seed: int) -> Judgement:
    """The verdict on GDL with the fault, beside the laws that GDL has."""
    potential = potentials.twowell(dim)
    run = simulate(
        potential, faulty(function), walkers=10_240, steps=steps, burn_in=10_000 * steps // 60_000 // 40 * 40, seed=seed
    )
    return judge(run, references)


def power(dims: dict[int, int], seeds: int) -> list[str]:
    """Rows of a table: every fault in every dimension, dim -> steps."""
    rows = []
    for dim, steps in dims.items():
        references = reference_laws(potentials.twowell(dim), ls.GDL(0.02))
        for function in FAULTS:
            found = [caught(function, dim, references, steps, seed) for seed in range(1, seeds + 1)]
            count = sum(one.word == "disagrees" for one in found)
            by = ", ".join(dict.fromkeys(str(one.decided_by) for one in found))
            rows.append(f"| {(function.__doc__ or '').split('.')[0]} | {dim} | {steps:,} | {count} of {seeds} | {by} |")
            print(rows[-1], flush=True)
    return rows


def boxes(runs: int) -> str:
    """Rare regions: RWM on boxes at T = 0.08, where the plateau is all but never seen."""
    potential, dynamics = potentials.boxes(1), ls.RWM(506.2, 0.08)
    references = reference_laws(potential, dynamics)
    words: Counter[str] = Counter()
    with np.errstate(invalid="ignore"):
        for seed in range(1, runs + 1):
            run = simulate(potential, dynamics, walkers=512, steps=4000, burn_in=2000, record_every=20, seed=seed)
            words[judge(run, references).word] += 1
    return ", ".join(f"{word} {count}" for word, count in words.most_common())


def main() -> None:
    """Run the study and write the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--power", type=int, default=3, help="seeds of every fault")
    arguments = parser.parse_args()
    runs, began = arguments.runs, time.perf_counter()
    low, high = stats.binom.ppf([0.005, 0.995], runs, FALSE_ALARM_RATE).astype(int)
    rows, inside = [], True
    for setting in FALSE_ALARMS:
        words, causes, references = alarms(setting, runs)
        inside &= bool(low <= words["disagrees"] <= high)
        laws = " and ".join(
            name for name, law in (("Boltzmann", references.boltzmann), ("chain", references.chain)) if law is not None
        )
        counts = ", ".join(f"{word} {count}" for word, count in words.most_common())
        by = "; ".join(causes) or "-"
        rows.append(f"| {setting.name} | {laws or 'none'} | {words['disagrees']} | {counts} | {by} |")
        print(rows[-1], flush=True)
    rare = boxes(min(runs, 200))
    print(rare, flush=True)
    faults = power({2: 60_000, 100: 12_000}, arguments.power) if arguments.power else []
    text = f"""# Verdicts: false alarms, and faults that are caught

Made by `tests/calibration/verdicts.py` on {datetime.date.today()} in {time.perf_counter() - began:.0f} s.

## Nothing is wrong

Seeds 1 to {runs} of every setting, fixed before looking; 512 walkers. Stated rate of `disagrees`: {FALSE_ALARM_RATE:.0%} of
runs, so that {low} to {high} of {runs} are within the two-sided 99 % binomial range: {"all are" if inside else "NOT all are"}.

| run | laws | `disagrees` | words | decided by |
| --- | --- | --- | --- | --- |
{chr(10).join(rows)}

Rare regions: `boxes` in d = 1 at T = 0.08 by RWM of step 506.2, 512 walkers, 2,000 + 4,000 steps, seeds 1 to
{min(runs, 200)}; 0.77 visits to the plateau are expected in a run: {rare}.

## Something is wrong

GDL on twowell with one fault, T = 1, step 0.02, 10,240 walkers: the command's defaults, which are 60,000 steps after a burn-in
of 10,000. In d = 100 the runs have a fifth of that, and what is caught in them is caught in longer ones. Seeds 1 to
{arguments.power}. The stepper is the fault's own; the record declares GDL's kernel. Caught: the word is `disagrees`.

| fault | d | steps | caught | decided by |
| --- | --- | --- | --- | --- |
"""
    (Path(__file__).parent / "verdicts.md").write_text(text + "\n".join(faults) + "\n")


if __name__ == "__main__":
    main()
