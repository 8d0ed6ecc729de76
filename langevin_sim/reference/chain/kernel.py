"""The records between a transition kernel and the solver for its stationary law."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from langevin_sim.dynamics import Dynamics
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.chain.axes import Cartesian
from langevin_sim.reference.chain.marginal import Marginal
from langevin_sim.reference.chain.radial import Radial


class GridTooLarge(ReferenceUnavailable):
    """The step is too small for a grid."""


class Noise(NamedTuple):
    """One step's noise: added [variance of each coordinate] and, of batches, its covariance [dim, dim].

    kurtosis: excess kurtosis of the step's noise, which is treated as Gaussian.
    """

    added: float
    batches: np.ndarray | None = None
    kurtosis: float = 0.0

    def covariance(self, dim: int) -> np.ndarray:
        """Covariance of one step's noise: [dim, dim]."""
        added = self.added * np.eye(dim)
        return added if self.batches is None else added + self.batches

    def deviations(self, name: str) -> tuple[float, float]:
        """Standard deviations along the first axis and along all others.

        Raises ReferenceUnavailable if the noise is correlated, differs between the other coordinates, or vanishes.
        """
        if self.batches is None:
            deviation = float(np.sqrt(self.added))
            return deviation, deviation
        diagonal = np.diag(self.batches)
        if not np.allclose(self.batches, np.diag(diagonal), atol=1e-12 * diagonal.max()):
            raise ReferenceUnavailable("the gradient noise is correlated between coordinates")
        if not np.allclose(diagonal[1:], diagonal[-1]):
            raise ReferenceUnavailable("the gradient noise differs between the coordinates x_2..x_d")
        if self.added + diagonal.min() <= 0.0:
            raise ReferenceUnavailable(f"{name} without noise in some direction has no density there")
        return float(np.sqrt(self.added + diagonal[0])), float(np.sqrt(self.added + diagonal[-1]))


class Solution(NamedTuple):
    """The law on one grid.

    masses [regions], with the errors of the integrals over the regions; means and squares [dim] of the coordinates;
    marginals of each coordinate; leak: the probability that leaves the grid's window in one step; lost: what the leading
    eigenvalue misses beyond that; modes: the grid's nodes with the first two eigenvectors, a start for a finer grid.
    """

    masses: np.ndarray
    mass_errors: np.ndarray
    energy: float
    means: np.ndarray
    squares: np.ndarray
    marginals: tuple[Marginal, ...]
    relaxation_steps: float
    leak: float
    lost: float
    modes: "Modes"


class Modes(NamedTuple):
    """Two eigenvectors, as densities on the nodes of two axes: [second, first]."""

    first_axis: Cartesian
    second_axis: Radial | Cartesian | None
    densities: tuple[np.ndarray, np.ndarray]


class Kernel(NamedTuple):
    """One form of transition kernel.

    noise(potential, dynamics): its step's noise. covariance(curvatures, noise, step): of x on a quadratic, in its
    eigenbasis. solve(potential, step, sigma, resolution, start): the law on a grid. order: the law differs
    from Boltzmann's by this power of the step. batches(potential, dynamics): the chain law (law.ChainLaw)
    of batches as they are drawn. step(potential, step, sigma, resolution): one step between a grid's nodes. batch_step(
    potential, dynamics, refinement): likewise with batches as they are drawn. small_steps(potential, dynamics): the chain law
    in two dimensions where a grid is too large.
    """

    noise: Callable[[Potential, Dynamics], Noise]
    covariance: Callable[[np.ndarray, np.ndarray, float], np.ndarray]
    solve: "Callable[[Potential, float, tuple[float, float], Resolution, Modes | None], Solution]"
    step: "Callable[[Potential, float, tuple[float, float], Resolution], tuple[Any, Any]]"
    batches: Callable[[Potential, Dynamics], Any] | None = None
    batch_step: Callable[[Potential, Dynamics, float], Any] | None = None
    small_steps: Callable[[Potential, Dynamics], Any] | None = None


class Resolution(NamedTuple):
    """refinement: of the nodes, 1 for 0.8 deviations of a step. depth: where Boltzmann's weight is e^-depth below its
    largest the window ends.
    """

    refinement: float = 1.0
    depth: float = 28.0
