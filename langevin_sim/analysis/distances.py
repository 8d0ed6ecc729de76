"""Distances between a histogram and a law, and the distance expected from noise alone."""

from typing import Any, NamedTuple

import numpy as np


class Distances(NamedTuple):
    """Total variation, Kolmogorov-Smirnov and Wasserstein-1 (in units of x), each a number or an array."""

    tv: Any
    ks: Any
    w1: Any


def distances(difference: np.ndarray, width: float) -> Distances:
    """Distances between two laws on the same bins of equal width, from the difference of their masses [..., bins].

    TV = sum |d|/2, KS = max |D|, W1 = width sum |D|, D the running sum of d.
    """
    running = np.cumsum(difference, axis=-1)
    return Distances(0.5 * np.abs(difference).sum(-1), np.abs(running).max(-1), width * np.abs(running).sum(-1))


def expected_distances(counts: np.ndarray, width: float, draws: int = 400) -> Distances:
    """Mean distances of a histogram from its own expectation, estimated from independent parts counts[parts, bins].

    Gaussian multiplier bootstrap: the deviation of part k from its share of the total is weighted by
    g_k ~ N(0, 1). The multipliers come from a fixed stream, because they are a rule of integration, not data.
    """
    parts = counts.shape[0]
    total = counts.sum()
    if parts < 2 or total == 0:
        return Distances(np.nan, np.nan, np.nan)
    shares = counts.sum(axis=1, keepdims=True) / total
    deviations = counts - shares * counts.sum(axis=0)
    multipliers = np.random.default_rng(0).standard_normal((draws, parts))
    sampled = distances(multipliers @ deviations / total * np.sqrt(parts / (parts - 1)), width)
    return Distances(*(float(values.mean()) for values in sampled))
