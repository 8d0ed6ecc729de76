"""Where a function along a ray leaves a band around its initial value for the first and the last time: the radius of eq. 11."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import elementwise

RUNG = 2.0  # ratio of successive radii
_SMALLEST = 1e-12  # bounds of change / epsilon, so that its logarithm is finite
_RUNGS = 200

Change = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Crossings:
    """Arrays [n], one number per ray.

    first: the radius where the change first exceeds epsilon. last: beyond it the change stays above epsilon
    up to the largest radius tried; up to there it is the sup of eq. 11. open: the change was within epsilon at the
    largest radius tried, so that ``last`` is a lower bound. evaluations: number of evaluations of the change.
    """

    first: np.ndarray
    last: np.ndarray
    open: np.ndarray
    evaluations: np.ndarray


def crossings(
    change: Change, count: int, epsilon: float, start: float, reach: float = 4.0, tolerance: float = 1e-3, largest: float = np.inf
) -> Crossings:
    """Solve change(r) = epsilon, with change(0) = 0, along ``count`` rays.

    change: (radii [k], rays [k]) -> |I(0) - I(r)| [k] of those rays; a value that is not finite counts as above epsilon.
    A ladder of radii, each twice the previous one, goes from about ``start`` to ``reach`` times the first
    crossing, and down if it begins too high; then Chandrupatla's method (Adv. Eng. Software 28, 1997)
    solves log(change / epsilon) = 0 in log r, where it is nearly linear, to the relative ``tolerance``.
    Between two rungs, and below the lowest, the change is taken to cross epsilon at most once. A ray whose
    change does not reach epsilon up to ``largest`` is open, its radius the largest tried.
    """
    known: list[dict[float, float]] = [{} for _ in range(count)]
    rays = np.arange(count)

    def level(radii: np.ndarray, which: np.ndarray) -> np.ndarray:
        """log(change / epsilon) at new radii."""
        ratio = np.asarray(change(radii, which), dtype=float) / epsilon
        values = np.log(np.clip(np.where(np.isfinite(ratio), ratio, np.finfo(float).max), _SMALLEST, None))
        for ray, radius, value in zip(which, radii, values, strict=True):
            known[ray][float(radius)] = float(value)
        return np.asarray(values)

    radii = np.full(count, float(start))
    level(radii, rays)
    lowest = radii.copy()
    while (high := rays[[known[ray][lowest[ray]] > 0 for ray in rays]]).size and lowest.min() > np.finfo(float).tiny * RUNG**4:
        lowest[high] /= RUNG**2
        level(lowest[high], high)
    for _ in range(_RUNGS):
        climbing = rays[[_unfinished(known[ray], radii[ray], reach) and radii[ray] * RUNG <= largest for ray in rays]]
        if not climbing.size:
            break
        radii[climbing] *= RUNG
        level(radii[climbing], climbing)

    def solved(which: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        def function(logarithms: np.ndarray, ray: np.ndarray) -> np.ndarray:
            values = np.empty(logarithms.shape)
            fresh = np.ones(len(values), dtype=bool)
            for place, (logarithm, index) in enumerate(zip(logarithms, ray, strict=True)):
                if index in ends and logarithm in ends[index]:  # the values at the bracket's ends are known
                    values[place], fresh[place] = ends[index][logarithm], False
            if fresh.any():
                values[fresh] = level(np.exp(logarithms[fresh]), ray[fresh])
            return values

        ends = {ray: {float(np.log(r)): known[ray][float(r)] for r in (a, b)} for ray, a, b in zip(which, low, high, strict=True)}
        found = elementwise.find_root(
            function,
            (np.log(low), np.log(high)),
            args=(which,),
            tolerances={"xatol": 0.5 * tolerance, "xrtol": 0.0, "fatol": 0.0, "frtol": 0.0},
        )
        return np.asarray(np.exp(found.x))

    first, last, unbounded = np.empty(count), np.empty(count), np.zeros(count, dtype=bool)
    brackets: dict[str, list[tuple[int, float, float]]] = {"first": [], "last": []}
    for ray in range(count):
        ladder = sorted(known[ray].items())
        signs = [value > 0 for _, value in ladder]
        leaves = [k for k in range(1, len(ladder)) if signs[k] and not signs[k - 1]]
        unbounded[ray] = not signs[-1]
        first[ray] = last[ray] = ladder[-1][0] if unbounded[ray] else ladder[0][0]
        if leaves:
            brackets["first"].append((ray, ladder[leaves[0] - 1][0], ladder[leaves[0]][0]))
            if not unbounded[ray] and leaves[-1] != leaves[0]:
                brackets["last"].append((ray, ladder[leaves[-1] - 1][0], ladder[leaves[-1]][0]))
    for name, target in (("first", first), ("last", last)):
        if brackets[name]:
            which, low, high = (np.array(column) for column in zip(*brackets[name], strict=True))
            target[which] = solved(which, low, high)
        if name == "first":
            last[~unbounded] = first[~unbounded]
    return Crossings(first, last, unbounded, np.array([len(values) for values in known]))


def _unfinished(known: dict[float, float], largest: float, reach: float) -> bool:
    """Whether the ladder must go on: nothing is above epsilon yet, or it is shorter than ``reach`` times the first crossing."""
    above = [radius for radius, value in known.items() if value > 0]
    return not above or largest < reach * min(above)
