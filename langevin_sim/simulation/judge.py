"""The verdict on one run, with every test behind it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from langevin_sim.analysis.verdict import (
    FALSE_ALARM_RATE,
    RHAT_LIMIT,
    STATIONARITY_LEVEL,
    Law,
    Test,
    Verdict,
    decide,
)
from langevin_sim.reference import Boltzmann, ChainLaw
from langevin_sim.reference.least_squares import constant_noise
from langevin_sim.reference.stability import no_second_moment, tails
from langevin_sim.simulation.balance import standing_still, statistics
from langevin_sim.simulation.comparisons import beside_law, beside_moments, of_means, unknown
from langevin_sim.simulation.plan import too_short
from langevin_sim.simulation.references import References
from langevin_sim.simulation.waves import waves

if TYPE_CHECKING:
    from langevin_sim.simulation.run import Run

_APART = 3.0  # relaxation times between two draws that are treated as independent


def judge(run: Run, references: References, ensembles: int = 1) -> Verdict:
    """The verdict on a run, compared with its laws; ``ensembles`` is the number of runs that share the false-alarm rate."""
    if not run.dynamics.stationary:
        return Verdict("no-reference", None, (), (references.boltzmann_reason,))
    unsettled = not_settled(run, references)
    reasons, tests = list(unsettled), list(_without_law(run, references))
    laws: tuple[tuple[Law, str, Boltzmann | ChainLaw | None, str], ...] = (
        ("boltzmann", "Boltzmann", references.boltzmann, references.boltzmann_reason),
        ("chain", "chain", references.chain, references.chain_reason),
    )
    for name, words, law, reason in laws:
        vague = "" if law is None else unknown(run, law)
        if law is not None and not vague:
            tests += beside_law(run, law, name, _looks(run, references))
        elif name == "chain" and references.least_squares is not None:
            tests += beside_moments(run, references.least_squares)
            reasons.append(f"its exact moments stand for the chain law: {reason}")
        else:
            reasons.append(f"the {words} law is not known well enough: {vague}" if vague else f"no {words} law: {reason}")
    if run.potential.domain.kind == "space":
        heavy = no_second_moment(tails(run.potential, run.dynamics), run.dynamics.step_size)
        reasons += [heavy] if heavy else []
    rate = FALSE_ALARM_RATE / max(ensembles, 1)
    return decide(tests, settled=not unsettled, exact=run.dynamics.exact, false_alarm_rate=rate, reasons=reasons)


def not_settled(run: Run, references: References) -> list[str]:
    """Why the ensemble cannot be taken as stationary; empty if it can."""
    stuck = run.starts_in_one_region and len(run.occupancy) > 1 and run.never_crossed
    found = {
        f"{run.diverged} walkers diverged": run.diverged > 0,
        f"R-hat is {run.rhat:.4f}, above {RHAT_LIMIT}": run.rhat > RHAT_LIMIT,
        f"stationarity is rejected (p = {run.stationarity:.1e})": run.stationarity < STATIONARITY_LEVEL,
        "all walkers started in one region, and none left it": stuck,
        "the run is too short, compared with its relaxation time": too_short(references, run.burn_in, run.steps),
    }
    return [reason for reason, applies in found.items() if applies]


def _without_law(run: Run, references: References) -> Iterator[Test]:
    """Tests of stationarity identities, of single steps, and of walkers that stand still (balance.py)."""
    if run.balance is None:
        return
    constant = not run.dynamics.stochastic_gradient or constant_noise(run.potential) is not None
    moments = constant or references.least_squares is not None
    found = statistics(run.balance, run.potential, run.dynamics, moments)
    for statistic in (*found, *waves(run.balance, run.potential, run.dynamics, run.final[run.alive])):
        yield of_means(statistic.quantity, statistic.law, statistic.values, statistic.exact)
    still = standing_still(run.balance, run.potential, run.dynamics)
    if still is not None:
        count, law = still
        yield Test("walkers that stand still", law, count, 0.0, 0.0, 0.0, math.inf if count else 0.0, float(not count))


def _looks(run: Run, references: References) -> np.ndarray:
    """Indices of draws that are far enough apart to be independent; only the last one if the relaxation time is not known."""
    times = run.draws.shape[1]
    if not references.relaxation_steps or times < 2:
        return np.array([times - 1])
    stride = min(
        _APART * references.relaxation_steps * times / run.steps, float(times)
    )  # at most all: then only the last one is taken
    return np.arange(times - 1, -1, -max(math.ceil(stride), 1))[::-1]
