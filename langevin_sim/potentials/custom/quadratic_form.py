"""The quadratic form of an energy of degree two."""

import numpy as np

from langevin_sim.potentials.potential import Potential, Quadratic

_ROUNDING = 1e-15  # relative to the largest curvature, times the dimension: a smaller curvature is lost in rounding


def quadratic_form(potential: Potential) -> Quadratic | None:
    """Centre, curvature and minimum of a polynomial of degree two; None unless its curvature is positive definite.

    The gradient is linear, so differences over any distance are exact up to rounding.
    """
    ends = np.eye(potential.dim)
    up, down = potential.gradient(ends), potential.gradient(-ends)
    curvature = 0.25 * ((up - down) + (up - down).T)
    eigenvalues = np.linalg.eigvalsh(curvature)
    if not eigenvalues[0] > _ROUNDING * potential.dim * eigenvalues[-1]:
        return None
    centre = -np.linalg.solve(curvature, potential.gradient(np.zeros(potential.dim)))
    return Quadratic(centre, curvature, float(potential.energy(centre)))
