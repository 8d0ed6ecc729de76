"""One word for how a simulated ensemble and an exact law compare."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from scipy.stats import norm

Verdict = Literal["agrees", "biased", "disagrees", "unconverged", "no-reference"]
RHAT_LIMIT = 1.01
STATIONARITY_LEVEL = 1e-4  # false alarms of 'unconverged', for each observable of each run


class Comparison(NamedTuple):
    """An estimate beside an exact value."""

    mean: float
    stderr: float
    exact: float
    exact_error: float


def sidak(false_alarm_rate: float, tests: int) -> float:
    """Level of each of ``tests`` independent tests whose joint false-alarm rate is given."""
    return -math.expm1(math.log1p(-false_alarm_rate) / tests)


def agree(comparisons: Sequence[Comparison], level: float) -> bool:
    """Whether every |mean - exact| is within the two-sided Gaussian bound of that level."""
    bound = norm.isf(level / 2)
    return all(
        abs(c.mean - c.exact) <= bound * math.hypot(c.stderr, c.exact_error) + 1e-12 * abs(c.exact)
        for c in comparisons
    )


def verdict(
    comparisons: Sequence[Comparison] | None, *, converged: bool, level: float
) -> Verdict:
    """agrees or disagrees (with Boltzmann), unless the run has not converged or there is no law."""
    if not converged:
        return "unconverged"
    if comparisons is None:
        return "no-reference"
    return "agrees" if agree(comparisons, level) else "disagrees"
