"""The verdict: one word for how a simulated ensemble compares with the laws that it may follow, and with what must hold anyway.

Every comparison is a test with a p-value. A family of tests fails if its smallest p-value is below the family's false-alarm
rate divided by the number of tests (Bonferroni's bound, which holds even though the tests depend on each other, since all use the
same walkers). If nothing is wrong, at most a share FALSE_ALARM_RATE of runs gets "disagrees", over all ensembles of a run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from langevin_sim.analysis.significance import joint_level

Word = Literal["agrees", "finite-step", "differs", "disagrees", "unconverged", "no-reference"]
SOUND: tuple[Word, ...] = ("agrees", "finite-step")  # the sampler is right
RHAT_LIMIT = 1.01
STATIONARITY_LEVEL = 1e-4  # false-alarm rate of 'unconverged', for each observable of each run
FALSE_ALARM_RATE = 0.01  # share of sound runs that get 'disagrees'

Law = Literal["boltzmann", "chain", "stationarity", "step"]


class Test(NamedTuple):
    """One quantity, compared with what it should be.

    law: "boltzmann" or "chain"; "stationarity", an identity that needs no law; or "step", a property of single steps, which must
    hold whether or not the ensemble is stationary. error: the standard error of value; exact_error: the error of exact.
    z: (value - exact) / error, where the difference is first reduced by exact_error; p: the two-sided p-value.
    """

    quantity: str
    law: Law
    value: float
    exact: float
    error: float
    exact_error: float
    z: float
    p: float


@dataclass(frozen=True, eq=False)
class Verdict:
    """``word``, one of six; ``decided_by``, the quantity whose test decided it: the one with the smallest p of the family that
    failed (None if none failed); and ``tests``, all that was tested. reasons: why nothing is claimed, or why a law is missing.
    """

    word: Word
    decided_by: str | None
    tests: tuple[Test, ...]
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.word

    def __repr__(self) -> str:
        lines = [self.word + (f", decided by: {self.decided_by}" if self.decided_by else "")]
        lines += [
            f"  {t.quantity} ({t.law}): {t.value:.6g} ± {t.error:.2g}, exact {t.exact:.6g} ± {t.exact_error:.1g}, "
            f"z = {t.z:.2f}, p = {t.p:.2g}"
            for t in self.tests
        ]
        return "\n".join([*lines, *(f"  {reason}" for reason in self.reasons)])


def decide(
    tests: Sequence[Test],
    *,
    settled: bool,
    exact: bool,
    false_alarm_rate: float = FALSE_ALARM_RATE,
    reasons: Sequence[str] = (),
) -> Verdict:
    """Decide which law an ensemble follows.

    settled: whether it looks stationary; exact: whether the dynamics samples Boltzmann's law at any step size, so that this law
    must hold. The chain law (if there is one), stationarity identities and the tests of single steps must always hold.

    disagrees: something that must hold fails. unconverged: not settled. no-reference: neither law is known.
    agrees: with Boltzmann's law. finite-step: not with Boltzmann's law, but with the chain law. differs: not with Boltzmann's
    law, and there is no chain law.
    """

    def said(word: Word, failed: Test | None = None) -> Verdict:
        return Verdict(word, failed.quantity if failed else None, tuple(tests), tuple(reasons))

    family = {law: [test for test in tests if test.law == law] for law in ("boltzmann", "chain", "stationarity", "step")}
    must = family["step"]
    if settled:
        must = [*must, *family["stationarity"], *family["chain"], *(family["boltzmann"] if exact else [])]
    failed = _failed(must, false_alarm_rate)
    if failed:
        return said("disagrees", failed)
    if not settled:
        return said("unconverged")
    if not family["boltzmann"]:
        return said("finite-step" if family["chain"] else "no-reference")
    failed = None if exact else _failed(family["boltzmann"], false_alarm_rate)
    if failed is None:
        return said("agrees")
    return said("finite-step" if family["chain"] else "differs", failed)


def _failed(tests: Sequence[Test], rate: float) -> Test | None:
    """The test with the smallest p if the family fails, otherwise None."""
    if not tests:
        return None
    worst = min(tests, key=lambda test: test.p)
    return worst if worst.p < joint_level(rate, len(tests)) else None
