"""p-values for estimates compared with exact values, and the level of each of many tests."""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import bdtr, bdtrc, chdtrc, stdtr

_ROUNDING = 1e-12


class Score(NamedTuple):
    """An estimate's distance from an exact value in standard errors, and the two-sided p-value."""

    z: float
    p: float


def mean_score(values: np.ndarray, exact: float, exact_error: float = 0.0) -> Score:
    """Compare the mean of independent values [n] with an exact mean that is known to within ``exact_error``.

    The null hypothesis is that the true mean lies within exact +- exact_error, so only the distance from that interval counts.
    p is the larger of the p-values of Student's t and of Hall's transformation of it (J. R. Stat. Soc. B 54 (1992) 221),
        g(t) = t + a t^2 / 3 + a^2 t^3 / 27 + a / 6,  a = skewness / sqrt(n),
    which is monotonic and corrects for the skewness of few or rare values: far in the tail Student's p would be too small.
    """
    n = values.size
    if n < 2:
        return Score(math.nan, 1.0)
    difference = float(values.mean()) - exact
    beyond = math.copysign(max(abs(difference) - exact_error, 0.0), difference)
    variance = float(values.var(ddof=1))
    if variance <= (0.1 * _ROUNDING * abs(exact)) ** 2:
        same = abs(beyond) <= _ROUNDING * max(abs(exact), 1e-300)
        return Score(0.0, 1.0) if same else Score(math.copysign(math.inf, beyond), 0.0)
    deviation = math.sqrt(variance)
    student = beyond * math.sqrt(n) / deviation
    a = float((((values - values.mean()) / deviation) ** 3).mean()) / math.sqrt(n)
    modified = student + a * student**2 / 3.0 + a**2 * student**3 / 27.0 + a / 6.0
    p = 2.0 * float(stdtr(n - 1, -min(abs(student), abs(modified))))
    return Score(student, 1.0 if modified * student < 0.0 else min(p, 1.0))  # 1: the correction exceeds the difference


def count_score(count: int, trials: int, exact: float, exact_error: float = 0.0) -> Score:
    """Compare ``count`` hits in ``trials`` independent trials with a probability known to within ``exact_error``: binomial p.

    Used for rare events, for which a Gaussian error is wrong: a count of 0 where 0.8 is expected has p = 0.9.
    """
    if count > trials * exact:
        p = float(bdtrc(count - 1, trials, min(exact + exact_error, 1.0))) if count else 1.0
    else:
        p = float(bdtr(count, trials, max(exact - exact_error, 0.0)))
    spread = math.sqrt(max(trials * exact * (1.0 - exact), 1e-300))
    return Score((count - trials * exact) / spread, min(1.0, 2.0 * p))


def histogram_score(counts: np.ndarray, exact: np.ndarray, exact_errors: np.ndarray) -> tuple[float, int, float]:
    """Pearson's chi-squared, its degrees of freedom and its p, for counts [bins] of independent draws and exact masses.

    Every difference is reduced by the error of the mass. Each bin must have an expected count of several.
    """
    expected = exact * counts.sum()
    beyond = np.maximum(np.abs(counts - expected) - exact_errors * counts.sum(), 0.0)
    squared, freedom = float((beyond**2 / expected).sum()), len(counts) - 1
    return squared, freedom, float(chdtrc(freedom, squared))


def counted_error(count: int, trials: int) -> float:
    """Standard error of a share found by counting. It is never 0: for no hits, or only hits, one hit or one miss is assumed."""
    if trials < 2:
        return 1.0
    hits = min(max(count, 1), trials - 1)
    return math.sqrt(hits * (1.0 - hits / trials)) / trials


def joint_level(false_alarm_rate: float, tests: int) -> float:
    """The level of each of ``tests`` tests, so that at most a share ``false_alarm_rate`` of runs fails any test by chance.

    Bonferroni's bound. It holds for any dependence; the tests of an ensemble are strongly correlated, because masses, energy and
    moments come from the same walkers.
    """
    return false_alarm_rate / max(tests, 1)
