"""Building blocks of potentials that are sums over groups of coordinates."""

from dataclasses import replace

import numpy as np

from langevin_sim.potentials.potential import Potential, Region
from langevin_sim.vectormath import compiled


@compiled
def _everywhere(X, L, p):
    for i in range(X.shape[1]):
        L[i] = 0


def in_one_region(potential: Potential) -> Potential:
    """The same potential with all of space as its only region: a factor whose coordinates no region depends on."""
    return replace(
        potential,
        block_label=_everywhere,
        regions=(Region("all", "everywhere", potential.minima[0]),),
        exact_masses=lambda temperature: np.ones(1),
        cold_masses=np.ones(1),
    )
