"""How often verdicts are wrong when nothing is: 200 runs each of GDL, MALA and SGDL. Writes verdicts.md.

    python tests/calibration/verdicts.py [--runs 200]

A run is twowell in d = 1 and 2, as the command line makes it but smaller. Every ensemble follows its
chain's law exactly, so every "disagrees" is a false alarm: in at most 1 % of runs, all quantities of a run
together. Bounds are two-sided 99 % binomial ranges of that rate. The base seed was fixed before looking.
"""

import argparse
import datetime
import time
from pathlib import Path

import numpy as np
from scipy import stats

from langevin_sim.analysis.verdict import FALSE_ALARM_RATE
from langevin_sim.settings.run import make_spec
from langevin_sim.settings.systems import System, build
from langevin_sim.simulation import plan
from langevin_sim.simulation.references import References, reference_laws
from langevin_sim.simulation.simulate import simulate
from langevin_sim.simulation.summary import comparisons, summarise

BASE_SEED = 20_261_124
WALKERS, EVERY = 2048, 20
BURN_IN_TIMES, RUN_TIMES = 10, 20  # relaxation times
STEP_SIZES = {"gdl": 0.02, "mala": 0.1, "sgdl": 0.02}


def sized(references: References) -> tuple[int, int]:
    """(burn-in, steps) of one ensemble, in its own relaxation times."""
    burn_in, _ = plan.needed([references], EVERY)
    return burn_in, RUN_TIMES * burn_in // BURN_IN_TIMES // EVERY * EVERY


def one_run(systems: list[System], known: list[References], seed: int) -> tuple[list[str], list[float]]:
    """The verdicts of one run, and the scores (estimate - law) / error of all its quantities."""
    tests = sum(len(potential.regions) for potential, _ in systems)
    verdicts, scores = [], []
    for (potential, dynamics), law in zip(systems, known, strict=True):
        burn_in, steps = sized(law)
        run = simulate(
            potential,
            dynamics,
            walkers=WALKERS,
            steps=steps,
            burn_in=burn_in,
            every=EVERY,
            seed=seed,
        )
        verdicts.append(summarise(run, law, tests)["verdict"])
        own = comparisons(run, law.boltzmann if dynamics.exact else law.chain)
        scores += [(c.mean - c.exact) / c.stderr for c in own or []]
    return verdicts, scores


def main() -> None:
    """Run the study and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=200)
    runs = parser.parse_args().runs
    low, high = stats.binom.ppf([0.005, 0.995], runs, FALSE_ALARM_RATE).astype(int)
    began = time.perf_counter()
    rows, inside = [], True
    for kind, (name, step_size) in enumerate(STEP_SIZES.items()):
        spec = make_spec({"dims": [1, 2], "dynamics": [name], "step_size": step_size})
        systems = build(spec)
        known = [reference_laws(*system) for system in systems]
        found = [one_run(systems, known, BASE_SEED + 1000 * kind + k) for k in range(runs)]
        words = [word for verdicts, _ in found for word in verdicts]
        alarms = sum("disagrees" in verdicts for verdicts, _ in found)
        scores = np.array([values for _, values in found])
        rms, error = float(np.sqrt((scores**2).mean())), float(1 / np.sqrt(2 * scores.size))
        inside &= bool(low <= alarms <= high)
        counts = ", ".join(f"{word} {words.count(word)}" for word in ("agrees", "biased", "disagrees", "unconverged"))
        rows.append(f"| {name} | {step_size} | {alarms} | {counts} | {rms:.3f} ± {error:.3f} | {scores.mean():+.3f} |")
        print(rows[-1], flush=True)
    text = f"""# Verdicts: false alarms

Made by `tests/calibration/verdicts.py` on {datetime.date.today()}, base seed {BASE_SEED}, fixed before looking.
{runs} runs of each dynamics, twowell in d = 1 and 2, T = 1, {WALKERS:,} walkers, {BURN_IN_TIMES} relaxation times of
burn-in and {RUN_TIMES} of run; {time.perf_counter() - began:.0f} s in all. Every `disagrees` is a false alarm. Stated rate:
{FALSE_ALARM_RATE:.0%} of runs, so that {low} to {high} of {runs} are within the two-sided 99 % binomial range:
{"all three are" if inside else "NOT all three are"}.

Scores are (simulated - law) / error, the law being the chain's own (MALA: Boltzmann's); their root mean square
should be 1 (its error is for independent scores; mass and energy of one ensemble are correlated).

| dynamics | step size | runs with a `disagrees` | verdicts of single ensembles | rms score | mean score |
| --- | --- | --- | --- | --- | --- |
"""
    (Path(__file__).parent / "verdicts.md").write_text(text + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
