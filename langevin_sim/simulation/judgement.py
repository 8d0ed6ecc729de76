"""The verdict on one run, with every comparison behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from langevin_sim.analysis.verdict import FALSE_ALARM_RATE, RHAT_LIMIT, STATIONARITY_LEVEL, Comparison, sidak, verdict
from langevin_sim.reference import Boltzmann, ChainLaw
from langevin_sim.reference.stability import no_second_moment, tails
from langevin_sim.simulation.plan import too_short
from langevin_sim.simulation.references import References

if TYPE_CHECKING:
    from langevin_sim.simulation.run import Run


class Test(NamedTuple):
    """One quantity beside one law. z = (value - exact) / error, error the root of the sum of both errors squared; p two-sided."""

    quantity: str
    law: str
    value: float
    exact: float
    error: float
    z: float
    p: float


@dataclass(frozen=True, eq=False)
class Judgement:
    """``word`` is the verdict; ``tests`` holds every comparison behind it, each at ``level``.

    reasons: why nothing is claimed, or why a law is missing.
    """

    word: str
    tests: tuple[Test, ...]
    level: float
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return self.word

    def __repr__(self) -> str:
        lines = [f"{self.word} (each test at level {self.level:.2g})"]
        lines += [
            f"  {t.quantity} beside {t.law}: {t.value:.6g}, exact {t.exact:.6g} ± {t.error:.2g}, z = {t.z:.2f}, p = {t.p:.2g}"
            for t in self.tests
        ]
        return "\n".join([*lines, *(f"  {reason}" for reason in self.reasons)])


def judge(run: Run, references: References) -> Judgement:
    """The verdict on a run beside its laws, as if it were alone: the level allows for its own comparisons."""
    level = sidak(FALSE_ALARM_RATE, len(run.occupancy))
    unsettled = not_settled(run, references) if run.dynamics.stationary else []
    exact, own = comparisons(run, references.boltzmann), comparisons(run, references.chain)
    word = verdict(exact, own, converged=not unsettled, level=level)
    names = [*(f"mass of {name}" for name in list(run.occupancy)[:-1]), "mean energy"]
    tests = [
        _test(name, law, comparison)
        for law, found in (("boltzmann", exact), ("chain", own))
        for name, comparison in zip(names, found or [], strict=False)
    ]
    missing = [f"no Boltzmann law: {references.boltzmann_reason}"] if references.boltzmann is None else []
    missing += [f"no chain law: {references.chain_reason}"] if references.chain is None else []
    heavy = no_second_moment(tails(run.potential, run.dynamics), run.dynamics.step_size)
    return Judgement(word, tuple(tests), level, (*unsettled, *missing, *([heavy] if heavy else [])))


def comparisons(run: Run, law: Boltzmann | ChainLaw | None) -> list[Comparison] | None:
    """Masses of all regions but the last (they sum to 1), and the mean energy, beside a law's."""
    if law is None:
        return None
    pairs = [Comparison(*run.occupancy[name], law.masses[name], law.errors[name]) for name in list(run.occupancy)[:-1]]
    return [*pairs, Comparison(*run.energy, law.mean_energy, law.mean_energy_error)]


def converged(run: Run, references: References) -> bool:
    """Whether the ensemble looks stationary, and was long enough and free enough to be."""
    return not not_settled(run, references)


def not_settled(run: Run, references: References) -> list[str]:
    """Why the ensemble cannot be taken to be stationary; empty if it can."""
    stuck = run.starts_in_one_region and len(run.occupancy) > 1 and run.never_crossed
    found = {
        f"{run.diverged} walkers diverged": run.diverged > 0,
        f"R-hat is {run.rhat:.4f}, above {RHAT_LIMIT}": run.rhat > RHAT_LIMIT,
        f"stationarity is rejected (p = {run.stationarity:.1e})": run.stationarity < STATIONARITY_LEVEL,
        "all walkers started in one region, and none left its own": stuck,
        "the run is too short beside its relaxation time": too_short(references, run.burn_in, run.steps),
    }
    return [reason for reason, applies in found.items() if applies]


def _test(quantity: str, law: str, c: Comparison) -> Test:
    error = math.hypot(c.stderr, c.exact_error)
    z = (c.mean - c.exact) / error if error > 0 else math.copysign(math.inf, c.mean - c.exact) if c.mean != c.exact else 0.0
    return Test(quantity, law, c.mean, c.exact, error, z, math.erfc(abs(z) / math.sqrt(2.0)))
