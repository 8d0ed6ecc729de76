"""Means over independent walkers with their standard errors."""

import math
from typing import NamedTuple

import numpy as np


class Estimate(NamedTuple):
    """A mean and its standard error."""

    mean: float
    stderr: float


def over_walkers(values: np.ndarray) -> Estimate:
    """Mean and standard error of one number per walker, values[walkers].

    Walkers are independent, so the error is their standard deviation / sqrt(walkers), without a model of
    the autocorrelation within a walker.
    """
    if values.size < 2:
        return Estimate(float(values.mean()) if values.size else math.nan, math.nan)
    with np.errstate(over="ignore"):  # squares of energies beyond 1e154 overflow: the error is then infinite
        return Estimate(float(values.mean()), float(values.std(ddof=1) / math.sqrt(values.size)))
