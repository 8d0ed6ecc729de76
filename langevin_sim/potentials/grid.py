"""U on a grid over its first one or two coordinates, for pictures."""

import numpy as np

from langevin_sim.potentials.potential import Potential


def energy_grid(potential: Potential, extent: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Grid points and U there: extent [k, 2] gives points [count, .., count, k] and energies [count, .., count].

    The coordinates beyond the first k are those of the minimum at which U is lowest. On a torus the upper end of each axis
    stays just inside, because it coincides with the lower end, perhaps across a jump of U.
    """
    axes = [np.linspace(low, high, count) for low, high in extent]
    if potential.domain.kind == "torus":
        axes = [axis - 1e-9 * (axis - axis[0]) for axis in axes]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    flat = points.reshape(-1, len(axes))
    least = np.full(len(flat), np.inf)
    for rest in np.unique(potential.minima[:, len(axes) :], axis=0):
        least = np.fmin(least, potential.energy(np.hstack([flat, np.tile(rest, (len(flat), 1))])))
    return points, least.reshape((count,) * len(axes))
