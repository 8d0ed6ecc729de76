"""A finite sum of parabolas with one common minimum: its gradient noise is proportional to the distance from it."""

import math
from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from langevin_sim.errors import InputError
from langevin_sim.potentials.potential import Potential, checked, rebuildable, whole
from langevin_sim.potentials.regression import MAX_ROWS, regression_from


@rebuildable
def multiplicative(dim: int = 1, rows: float = 100, spread: float = 1.0) -> Potential:
    """V_i(x) = a_i x^2/2, i = 1..rows, U = (1/n) sum V_i = x^2/2 in R: least squares that fits every point.

    a_i: the ``rows`` mid-quantiles of a log-normal law of log-deviation ``spread``, divided by their mean. SGD multiplies x by
    1 - eta a_B in every step, a_B the batch mean, so it tends to 0 if E log|1 - eta a_B| < 0. SGDL adds noise to
    that: x then has a second moment only if E (1 - eta a_B)^2 < 1, namely 2 eta T / (1 - E (1 - eta a_B)^2), and if
    some |1 - eta a_i| > 1, its law has a tail of the power alpha with E |1 - eta a_B|^alpha = 1.
    Regions: core = {|x| < 1}, shell = the rest. Source: Kesten, Acta Mathematica 131, 207 (1973).
    """
    checked("multiplicative", dim, at_most=1)
    count = whole("multiplicative", "rows", rows, 1, MAX_ROWS)
    if not (math.isfinite(spread) and spread >= 0):
        raise InputError(f"multiplicative: spread = {spread}: expected a number of at least 0")
    curvatures = np.exp(spread * ndtri((np.arange(count) + 0.5) / count))
    potential = regression_from(np.sqrt(curvatures / curvatures.mean())[:, None], np.zeros(count))
    return replace(potential, name="multiplicative", parameters={"rows": count, "spread": spread})
