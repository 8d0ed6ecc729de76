"""The slope of an energy by central differences, to check a gradient."""

import numpy as np

from langevin_sim.potentials.potential import Potential

_STEP = 1e-5  # times 1 + the largest coordinate of all points
_ROUNDING = 1e-9  # of the largest energy: what a difference over a step is uncertain by


def central_differences(potential: Potential, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Slopes [n, dim] at points x[n, dim]; their distance from those over twice the step; the rounding error of both.

    If the two differ much, there is a kink, or the energy varies within the step, and no verdict is possible there.
    """
    step = _STEP * (1.0 + np.abs(x).max())
    slopes = []
    for h in (step, 2.0 * step):
        shifts = h * np.eye(potential.dim)
        # a point at a time: dim shifted points of dim coordinates are many numbers
        rises = [potential.energy(point + shifts) - potential.energy(point - shifts) for point in x]
        slopes.append(np.array(rises).reshape(x.shape) / (2.0 * h))
    return slopes[0], np.abs(slopes[0] - slopes[1]), _ROUNDING * float(np.abs(potential.energy(x)).max())
