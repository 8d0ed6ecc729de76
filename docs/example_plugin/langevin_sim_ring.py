"""A plugin: what langevin-sim calls ``ring`` and ``relativistic`` once this package is installed."""

from dataclasses import dataclass

import numpy as np

import langevin_sim as ls


def ring(dim: int, stiffness: float = 3.0, tilt: float = 0.5) -> ls.potentials.Potential:
    """U(x) = stiffness (x_1^2 + x_2^2 - 1)^2 + tilt x_1^2 + (x_3^2 + .. + x_d^2)/2: a ring with two lowest points.

    Minima at (0, +-1, 0, ..); the barriers between them, at (+-1, 0, 0, ..), are about ``tilt`` high.
    """

    def energy(x):
        rest = 0.0
        for j in range(2, x.shape[0]):
            rest += 0.5 * x[j] ** 2
        return stiffness * (x[0] ** 2 + x[1] ** 2 - 1.0) ** 2 + tilt * x[0] ** 2 + rest

    def gradient(x):
        slope = x.copy()
        radial = 4.0 * stiffness * (x[0] ** 2 + x[1] ** 2 - 1.0)
        slope[0] = (radial + 2.0 * tilt) * x[0]
        slope[1] = radial * x[1]
        return slope

    parameters = {"stiffness": stiffness, "tilt": tilt}
    return ls.potentials.make(energy, dim, gradient=gradient, name="ring", parameters=parameters)


ring.dimensions = (2, None)  # the least and the largest, as langevin-sim potentials list shows them


@dataclass(frozen=True)
class Relativistic(ls.Dynamics):
    """x <- P(x - eta c g / (c + |g|) + sqrt(2 eta T) xi), g = grad U(x): no drift is faster than c.

    Limiting the drift changes the stationary law, also as eta -> 0, so that none is declared.
    """

    speed: float = 5.0


@ls.stepper(Relativistic)
def step(x, gradient, normal, step_size, noise, speed):
    """One step of one walker."""
    length = np.sqrt((gradient**2).sum())
    return x - step_size * speed / (speed + length) * gradient + noise * normal
