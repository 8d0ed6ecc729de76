"""Points on lines parallel to the first axis."""

import numpy as np

from langevin_sim.potentials.potential import Potential


def along_first_axis(potential: Potential, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Points (first, second, 0, ..) as [second, first, dim]; for dim 1 the second is ignored."""
    points = np.zeros((second.size, first.size, potential.dim))
    points[..., 0] = first
    if potential.dim > 1:
        points[..., 1] = second[:, None]
    return points
