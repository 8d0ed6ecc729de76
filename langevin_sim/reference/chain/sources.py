"""Points and weights along one axis, over which the chain law is integrated.

The density is as smooth as a step is wide, but x - eta grad U may change more sharply (between two wells) or jump,
so there are more sources than nodes, and in one dimension as many as necessary.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.special import roots_legendre

from langevin_sim.reference.chain.axes import Cartesian, Matrix
from langevin_sim.reference.chain.interpolation import on_panels
from langevin_sim.reference.chain.radial import Radial
from langevin_sim.reference.chain.shares import Interpolation
from langevin_sim.reference.quadrature import panel_rule

_POINTS, _CHECKS = 8, 17  # of a panel's rule, and to compare with the polynomial through them
_WIDTH = 1.5  # of a panel, in deviations of a step
_UNRESOLVED = 1e-10  # of a panel, in deviations times width in deviations
_DEEPEST = 45  # bisections
_MOST_PANELS = 200_000


class Sources(NamedTuple):
    """Points [n] with integration weights [n] (1 for an atom).

    interpolation(points [m]): from values at the points to those at others that are no atoms, [m, n].
    """

    nodes: np.ndarray
    weights: np.ndarray
    interpolation: Interpolation


def uniform(axis: Cartesian | Radial, factor: int) -> Sources:
    """Those of the axis, closer by a factor; the radial axis has its own."""
    finer = axis.finer(factor) if isinstance(axis, Cartesian) else axis
    return Sources(finer.nodes, finer.weights, between_atoms(finer))


def rounded_panels(low: float, high: float, width: float) -> np.ndarray:
    """Ends of panels of at most ``width``, at multiples of a power of 2 where the interval's ends are.

    Energies with jumps have them at round numbers more often than not, where a panel then ends.
    """
    wide = 2.0 ** math.floor(math.log2(width))
    count = (high - low) / wide
    if count == round(count) and low / wide == round(low / wide):
        return low + wide * np.arange(round(count) + 1)
    return np.linspace(low, high, math.ceil((high - low) / width) + 1)


def panels(axis: Cartesian, width: float, points: int) -> Sources:
    """Gauss-Legendre points on panels."""
    ends = rounded_panels(axis.low, axis.high, width)
    return Sources(*panel_rule(ends, points), partial(on_panels, ends, points))


def adaptive(axis: Cartesian, sigma: float, functions: Callable[[np.ndarray], np.ndarray]) -> Sources:
    """Panels halved until functions(x [n]) -> [functions, n], in units in which 1 matters, are polynomials on each.

    Panels around a jump are halved until they are negligible.
    """
    t, _ = roots_legendre(_POINTS)
    checks = np.linspace(-1.0, 1.0, _CHECKS)
    difference = t[:, None] - t[None, :] + np.eye(_POINTS)
    ratio = (checks[:, None, None] - t[None, None, :] + 0.0) / difference[None]
    ratio[:, np.arange(_POINTS), np.arange(_POINTS)] = 1.0
    to_checks = ratio.prod(axis=2)  # Lagrange's polynomials: [checks, points]
    ends = rounded_panels(axis.low, axis.high, _WIDTH * sigma)
    left, right = ends[:-1], ends[1:]
    done_left: list[np.ndarray] = []
    done_right: list[np.ndarray] = []
    for depth in range(_DEEPEST):
        middle, half = 0.5 * (left + right), 0.5 * (right - left)
        known = functions((middle[:, None] + half[:, None] * t).ravel()).reshape(-1, left.size, _POINTS)
        seen = functions((middle[:, None] + half[:, None] * checks).ravel()).reshape(-1, left.size, _CHECKS)
        away = np.abs(seen - known @ to_checks.T)[..., 1:-1].max(axis=(0, 2))
        open_ = ~(away * np.minimum(2.0 * half / sigma, 1.0) <= _UNRESOLVED)
        if depth == _DEEPEST - 1 or open_.sum() + len(done_left) > _MOST_PANELS:
            open_[:] = False
        done_left.append(left[~open_])
        done_right.append(right[~open_])
        left, middle, right = left[open_], middle[open_], right[open_]
        left, right = np.concatenate([left, middle]), np.concatenate([middle, right])
        if not left.size:
            break
    ends = np.unique(np.concatenate([*done_left, *done_right]))
    nodes, weights = panel_rule(ends, _POINTS)
    if axis.domain.kind == "box":
        nodes, weights = np.concatenate([[axis.low], nodes, [axis.high]]), np.concatenate([[1.0], weights, [1.0]])
        return Sources(nodes, weights, partial(_beside_atoms, ends))
    return Sources(nodes, weights, partial(on_panels, ends, _POINTS))


def between_atoms(axis: Cartesian | Radial) -> Interpolation:
    """The axis' interpolation to points that are no atoms."""
    if not (isinstance(axis, Cartesian) and axis.domain.kind == "box"):
        return axis.interpolation
    return lambda points: axis.interpolation(np.concatenate([[axis.low], points, [axis.high]]))[1:-1]


def _beside_atoms(ends: np.ndarray, points: np.ndarray) -> Matrix:
    inner = on_panels(ends, _POINTS, points)
    return csr_array((inner.data, inner.indices + 1, inner.indptr), shape=(points.size, inner.shape[1] + 2))
