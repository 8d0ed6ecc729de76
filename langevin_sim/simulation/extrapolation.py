"""Richardson extrapolation of masses to step 0, from a run and another at half its step, and the error that remains."""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from langevin_sim.analysis.occupancy import Estimate
from langevin_sim.analysis.significance import mean_score
from langevin_sim.analysis.verdict import Law, Test, decide
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.reference import ChainLaw, chain_law
from langevin_sim.simulation.judge import not_settled
from langevin_sim.simulation.references import References
from langevin_sim.simulation.run import Run


def extrapolated(run: Run, half: Run, references: References, false_alarm_rate: float) -> dict[str, dict[str, Any]]:
    """For each region, (2^p m(eta/2) - m(eta)) / (2^p - 1) with the weak order p, its errors, and a verdict.

    extrapolated_stderr: over walkers; walker k has the same random stream in both runs, so correlations are accounted for.
    extrapolated_remainder: the same formula applied to the two chain laws, minus Boltzmann's mass: the remaining term of order
    eta^(p+1); None if a law is missing. extrapolated_error: the square root of the sum of both squares.
    extrapolated_verdict: "agrees" with Boltzmann's law; "finite-step": agrees with the extrapolated chain laws;
    "differs" from Boltzmann's law, and there is no chain law; "disagrees"; or "no-reference".
    """
    assert run.dynamics.weak_order is not None, "extrapolation needs a weak order"
    power = 2.0**run.dynamics.weak_order

    def limit(full: Any, finer: Any) -> Any:
        return (power * finer - full) / (power - 1.0)

    settled = not (not_settled(run, references) or not_settled(half, replace(references, relaxation_steps=None)))
    exact, chains = references.boltzmann, _chains(half, references)
    found = {}
    for k, name in enumerate(run.occupancy):
        paired = run.walker_means.shape == half.walker_means.shape  # no walker diverged in only one of the two runs
        values = limit(run.walker_means[:, k], half.walker_means[:, k]) if paired else None
        estimate = _estimate(values) if values is not None else _apart(run.occupancy[name], half.occupancy[name], power)
        target = None if chains is None else float(limit(chains[0].masses[name], chains[1].masses[name]))
        spread = 0.0 if chains is None else (power * chains[1].errors[name] + chains[0].errors[name]) / (power - 1.0)
        remainder = None if exact is None or target is None else target - exact.masses[name]
        tests = []
        if values is not None and exact is not None:
            tests.append(_test(name, "boltzmann", values, exact.masses[name], exact.errors[name]))
        if values is not None and target is not None:
            tests.append(_test(name, "chain", values, target, spread))
        found[name] = {
            "extrapolated": estimate.mean,
            "extrapolated_stderr": estimate.stderr,
            "extrapolated_remainder": remainder,
            "extrapolated_error": math.hypot(estimate.stderr, remainder or 0.0),
            "extrapolated_verdict": decide(tests, settled=settled, exact=False, false_alarm_rate=false_alarm_rate).word,
        }
    return found


def _chains(half: Run, references: References) -> tuple[ChainLaw, ChainLaw] | None:
    """The chain laws at eta and eta/2."""
    if references.chain is None:
        return None
    try:
        return references.chain, chain_law(half.potential, half.dynamics)
    except ReferenceUnavailable:
        return None


def _estimate(values: np.ndarray) -> Estimate:
    return Estimate(float(values.mean()), float(values.std(ddof=1) / math.sqrt(values.size)))


def _apart(full: Estimate, finer: Estimate, power: float) -> Estimate:
    """Extrapolate the means as if both runs were independent."""
    mean = (power * finer.mean - full.mean) / (power - 1.0)
    return Estimate(mean, math.hypot(power * finer.stderr, full.stderr) / (power - 1.0))


def _test(name: str, law: Law, values: np.ndarray, exact: float, error: float) -> Test:
    score, estimate = mean_score(values, exact, error), _estimate(values)
    return Test(f"mass of {name} at step 0", law, estimate.mean, exact, estimate.stderr, error, score.z, score.p)
