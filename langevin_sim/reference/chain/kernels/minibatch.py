"""x' = P(x - (eta/b) sum_batch grad V_i(x) + sqrt(2 eta T) xi).

In one and two dimensions the batches are taken as they are drawn (batches.py). On tilts in more dimensions, or where that is
too large, the noise is taken as Gaussian: odd moments have to vanish, and its excess kurtosis is O(1/b).
"""

import numpy as np

from langevin_sim.dynamics import SGDL, Dynamics
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.chain import nystroem
from langevin_sim.reference.chain.batches import batch_law, batch_step
from langevin_sim.reference.chain.kernel import Kernel, Noise
from langevin_sim.reference.chain.kernels.gaussian import covariance
from langevin_sim.reference.chain.kernels.kurtosis import excess_kurtosis, skewness

_GAUSSIAN = 0.1  # excess kurtosis up to which a batch mean is treated as Gaussian
_SYMMETRIC = 1e-9  # skewness of single terms up to which odd moments vanish


def _noise(potential: Potential, dynamics: Dynamics) -> Noise:
    """Covariance eta^2 C f, f = (n-b)/(b(n-1)) or 1/b with replacement, C the covariance of the tilts, beside 2 eta T."""
    assert isinstance(dynamics, SGDL), "only a dynamics with batches can declare this kernel"
    terms = potential.terms
    if terms is None or terms.covariance is None or terms.tilts is None:
        raise ReferenceUnavailable(f"the gradient noise of {potential.name} depends on x; only tilts have a chain law here")
    if skewness(terms.tilts) > _SYMMETRIC:
        raise ReferenceUnavailable(f"the gradient noise of {potential.name} is skewed, so it cannot be treated as Gaussian")
    kurtosis = excess_kurtosis(terms.tilts, dynamics.batch_size, dynamics.replacement)
    if kurtosis > _GAUSSIAN:
        few = f"batches of {dynamics.batch_size} of {terms.n_terms} tilts"
        raise ReferenceUnavailable(f"{few} are not Gaussian (excess kurtosis {kurtosis:.2f}); use larger batches")
    batches = np.asarray(dynamics.step_size**2 * terms.covariance * dynamics.variance_factor(terms.n_terms))
    added = dynamics.noise**2
    largest = float(np.diag(batches).max())
    share = largest / (added + largest) if added + largest > 0.0 else 0.0  # of the batches in the noise
    return Noise(added, batches, share**2 * kurtosis)


KERNEL = Kernel(_noise, covariance, nystroem.solve, nystroem.step_on_grid, batch_law, batch_step)
