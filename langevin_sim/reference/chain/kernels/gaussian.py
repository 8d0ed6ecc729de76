"""x' = P(x - eta grad U(x) + sqrt(2 eta T) xi), xi ~ N(0, I)."""

import numpy as np

from langevin_sim.dynamics import Dynamics
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.chain import nystroem
from langevin_sim.reference.chain.batches import convolved_law
from langevin_sim.reference.chain.kernel import Kernel, Noise


def _noise(potential: Potential, dynamics: Dynamics) -> Noise:
    return Noise(dynamics.noise**2)


def covariance(curvatures: np.ndarray, noise: np.ndarray, step: float) -> np.ndarray:
    """S = M S M + Q with M = I - eta A, in the eigenbasis of A: S_ij = Q_ij / (1 - (1 - eta k_i)(1 - eta k_j))."""
    return np.asarray(noise / (step * (curvatures[:, None] + curvatures - step * curvatures[:, None] * curvatures)))


KERNEL = Kernel(_noise, covariance, nystroem.solve, nystroem.step_on_grid, small_steps=convolved_law)
