"""Is the ensemble stationary? Nested R-hat, and two tests."""

import math

import numpy as np
from scipy.special import ndtr


def nested_rhat(draws: np.ndarray, start: np.ndarray) -> float:
    """Nested R-hat (Margossian et al. 2024) of draws[walkers, draws]; walkers with the same start [walkers] form a superchain.

    Groups are cut to the size of the smallest. Rank-normalised; inf or nan where no walker moves.
    """
    from arviz_stats.base import array_stats  # its import takes most of a second

    groups = [np.flatnonzero(start == k) for k in np.unique(start)]
    size = min(group.size for group in groups)
    if len(groups) < 2 or size < 2 or draws.shape[1] < 4 or np.ptp(draws) == 0:
        return math.nan
    chosen = np.concatenate([group[:size] for group in groups])
    with np.errstate(divide="ignore", invalid="ignore"):  # no walker moves, as on a plateau: inf, or nan if all are equal
        return float(array_stats.rhat_nested(draws[chosen], superchain_ids=np.repeat(np.arange(len(groups)), size)))


def stationarity_pvalue(first: np.ndarray, second: np.ndarray, start: np.ndarray) -> float:
    """Smallest p-value, Bonferroni-corrected, against stationarity of one observable.

    first, second [walkers]: each walker's mean over the first and the second half. The tests compare the
    halves (paired over walkers) and, in each half, the walkers of each start with the rest.
    """
    scores = [_z(second - first)]
    for half in (first, second):
        for k in np.unique(start):
            inside, outside = half[start == k], half[start != k]
            if inside.size > 1 and outside.size > 1:
                spread = math.sqrt(inside.var(ddof=1) / inside.size + outside.var(ddof=1) / outside.size)
                gap = abs(inside.mean() - outside.mean())
                scores.append(gap / spread if spread > 0 else (math.inf if gap > 0 else 0.0))
    return min(1.0, len(scores) * 2.0 * float(ndtr(-max(scores))))


def _z(values: np.ndarray) -> float:
    spread = values.std(ddof=1) / math.sqrt(values.size)
    centre = abs(values.mean())
    return centre / spread if spread > 0 else (math.inf if centre > 0 else 0.0)
