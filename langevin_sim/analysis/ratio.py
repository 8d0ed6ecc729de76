"""The ratio of two means, with a confidence interval."""

from typing import NamedTuple

import numpy as np
from scipy import stats


class Ratio(NamedTuple):
    """Geometric mean of a over that of b, with the ends of its confidence interval; None for fewer than two values of each."""

    ratio: float
    low: float | None
    high: float | None


def ratio(a: np.ndarray, b: np.ndarray, level: float = 0.95) -> Ratio:
    """exp(mean log a - mean log b) of positive a [n], b [m]; Welch's interval (Biometrika 34, 1947) for the logarithms."""
    first, second = np.log(np.asarray(a, dtype=float)), np.log(np.asarray(b, dtype=float))
    middle = float(np.exp(first.mean() - second.mean()))
    if min(len(first), len(second)) < 2:
        return Ratio(middle, None, None)
    if first.var() + second.var() == 0:
        return Ratio(middle, middle, middle)
    interval = stats.ttest_ind(first, second, equal_var=False).confidence_interval(level)
    return Ratio(middle, float(np.exp(interval.low)), float(np.exp(interval.high)))
