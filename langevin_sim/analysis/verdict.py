"""One word for how a simulated ensemble compares with the laws that it could follow.

The test: masses of all regions but one and the mean energy, each within a two-sided Gaussian bound.
The bound is set for a false-alarm rate of the whole run, over all dimensions, dynamics and quantities
together (Sidak's correction): if every ensemble follows one of its laws, "disagrees" is said in at most
that share of runs.
"""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from scipy.special import ndtri

Verdict = Literal["agrees", "biased", "disagrees", "unconverged", "no-reference"]
RHAT_LIMIT = 1.01
STATIONARITY_LEVEL = 1e-4  # false alarms of 'unconverged', for each observable of each run
FALSE_ALARM_RATE = 0.01  # of 'disagrees' in one run


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
    bound = -ndtri(level / 2)
    return all(abs(c.mean - c.exact) <= bound * math.hypot(c.stderr, c.exact_error) + 1e-12 * abs(c.exact) for c in comparisons)


def verdict(
    boltzmann: Sequence[Comparison] | None, chain: Sequence[Comparison] | None, *, converged: bool, level: float
) -> Verdict:
    """What an ensemble is found to follow.

    agrees: with Boltzmann; biased: not with Boltzmann, but with the chain law; disagrees: with no
    law there is; unconverged: no comparison is claimed; no-reference: there is no law.
    """
    if not converged:
        return "unconverged"
    if boltzmann is not None and agree(boltzmann, level):
        return "agrees"
    if chain is not None and agree(chain, level):
        return "biased"
    return "no-reference" if boltzmann is None and chain is None else "disagrees"
