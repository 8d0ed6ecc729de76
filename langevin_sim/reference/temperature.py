"""The temperature at which a chain samples as its step goes to zero."""

import numpy as np

from langevin_sim.dynamics import Dynamics
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.least_squares import constant_noise


def batch_temperature(potential: Potential, dynamics: Dynamics) -> float:
    """T_eff = eta s^2 / 2, s^2 the variance of the batch-mean gradient per coordinate (memo, sec. 3.1); 0 without batches.

    s^2 = C/b (n-b)/(n-1), C the covariance of single gradients (least_squares.constant_noise). Raises ReferenceUnavailable
    unless C is the same everywhere and isotropic: otherwise SGD has no temperature.
    """
    if not dynamics.stochastic_gradient:
        return 0.0
    if dynamics.weak_order is None:
        raise ReferenceUnavailable(f"{dynamics.name} declares no weak order, so its temperature is not known")
    covariance = constant_noise(potential)
    if potential.terms is None or covariance is None:
        raise ReferenceUnavailable(f"the gradient noise of {potential.name} depends on x, so SGD has no temperature")
    if not np.allclose(covariance, covariance[0, 0] * np.eye(potential.dim), atol=1e-9 * abs(covariance[0, 0])):
        raise ReferenceUnavailable("the gradient noise is not isotropic, so SGD has no temperature")
    return float(0.5 * dynamics.step_size * covariance[0, 0] * dynamics.variance_factor(potential.terms.n_terms))


def effective_temperature(potential: Potential, dynamics: Dynamics) -> float:
    """T + T_eff: the temperature of the added noise and that of the batches."""
    return dynamics.temperature + batch_temperature(potential, dynamics)
