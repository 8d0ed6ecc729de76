"""Test how Gaussian a sample is."""

import math
from typing import NamedTuple

import numpy as np
from scipy import stats


class Normality(NamedTuple):
    """Moments with their standard errors under a Gaussian law, and the Anderson-Darling test.

    kurtosis is the excess. anderson: A^2 with fitted mean and variance (Stephens 1974); pvalue: interpolated
    in his table, which ends at 0.01 and 0.15; a p-value beyond an end is given as that end.
    """

    mean: float
    stderr: float
    sd: float
    skewness: float
    skewness_stderr: float
    kurtosis: float
    kurtosis_stderr: float
    anderson: float
    pvalue: float


def normality(sample: np.ndarray) -> Normality:
    """Normality of independent draws [n] that are not all equal."""
    count, sd = len(sample), float(sample.std(ddof=1))
    test = stats.anderson(sample, method="interpolate")  # type: ignore[call-overload]
    return Normality(
        float(sample.mean()),
        sd / math.sqrt(count),
        sd,
        float(stats.skew(sample)),
        math.sqrt(6.0 / count),
        float(stats.kurtosis(sample)),
        math.sqrt(24.0 / count),
        float(test.statistic),
        float(test.pvalue),
    )
