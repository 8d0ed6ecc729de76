"""One word for how a simulated ensemble compares with the laws that it could follow, and with what must hold without a law.

Every comparison is a test with a p-value. A family of tests fails where the smallest of its p-values is below its share of the
false-alarm rate (Bonferroni's bound, which holds however strongly the tests depend on each other: they all look at the same
walkers). "disagrees" is said in at most FALSE_ALARM_RATE of the runs in which nothing is wrong, over all ensembles of a run.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from langevin_sim.analysis.significance import joint_level

Verdict = Literal["agrees", "finite-step", "differs", "disagrees", "unconverged", "no-reference"]
SOUND: tuple[Verdict, ...] = ("agrees", "finite-step")  # nothing is wrong with the sampler
RHAT_LIMIT = 1.01
STATIONARITY_LEVEL = 1e-4  # false alarms of 'unconverged', for each observable of each run
FALSE_ALARM_RATE = 0.01  # of 'disagrees' in one run

Law = Literal["boltzmann", "chain", "stationarity", "step"]
_OF_SCHEMA_1 = {"biased": "finite-step"}


class Test(NamedTuple):
    """One quantity beside what it should be.

    law: "boltzmann" or "chain"; "stationarity", an identity that needs no law; "step", what a single step does, which must
    hold whether or not the ensemble is stationary. error: the standard error of value; exact_error: how well exact is known.
    z: (value - exact) / error, after the difference is made smaller by exact_error; p: two-sided.
    """

    quantity: str
    law: Law
    value: float
    exact: float
    error: float
    exact_error: float
    z: float
    p: float


class Decision(NamedTuple):
    """The verdict, and the test that decided it: the one with the smallest p of the family that failed; None if none failed."""

    word: Verdict
    decided_by: Test | None


def decide(tests: Sequence[Test], *, settled: bool, exact: bool, false_alarm_rate: float = FALSE_ALARM_RATE) -> Decision:
    """What an ensemble is found to follow.

    settled: it looks stationary; exact: the dynamics samples Boltzmann's law at any step, so that this law must hold.
    What must hold besides: the chain law where there is one, identities of stationarity, and what a single step does.

    disagrees: something that must hold fails. unconverged: not settled. no-reference: neither law is known.
    agrees: with Boltzmann's law. finite-step: not with it, but with the chain law. differs: not with it, and there is no
    chain law.
    """
    family = {law: [test for test in tests if test.law == law] for law in ("boltzmann", "chain", "stationarity", "step")}
    must = family["step"]
    if settled:
        must = [*must, *family["stationarity"], *family["chain"], *(family["boltzmann"] if exact else [])]
    failed = _failed(must, false_alarm_rate)
    if failed:
        return Decision("disagrees", failed)
    if not settled:
        return Decision("unconverged", None)
    if not family["boltzmann"]:
        return Decision("finite-step" if family["chain"] else "no-reference", None)
    failed = None if exact else _failed(family["boltzmann"], false_alarm_rate)
    if failed is None:
        return Decision("agrees", None)
    return Decision("finite-step" if family["chain"] else "differs", failed)


def translated(summary: dict[str, Any]) -> dict[str, Any]:
    """A summary of schema 1 with the words of today: "biased" was the word for "finite-step"."""
    if summary.get("schema") != 1:
        return summary
    results = [
        {**result, "verdict": _OF_SCHEMA_1.get(result["verdict"], result["verdict"])} if result.get("verdict") else result
        for result in summary.get("results") or []
    ]
    return {**summary, "results": results}


def _failed(tests: Sequence[Test], rate: float) -> Test | None:
    """The test with the smallest p, where the family fails; None where it does not."""
    if not tests:
        return None
    worst = min(tests, key=lambda test: test.p)
    return worst if worst.p < joint_level(rate, len(tests)) else None
