"""Check on the tails along rays whether exp(-U/T) can have an integral over R^dim."""

import math

import numpy as np

from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential

_RAYS = 64
_DOUBLINGS = 200  # of the distance, from the extent of the potential
_MARGIN = 0.01


def check_tails(potential: Potential, temperature: float) -> None:
    """ReferenceUnavailable if exp(-U/T) falls as |x|^-dim or more slowly along every one of 64 rays in random directions.

    Its integral over a shell is then not smaller than over the last one, at any distance. One ray that falls so slowly would
    prove nothing: it may run along a valley.
    """
    dim = potential.dim
    if potential.domain.kind != "space":
        return
    directions = np.random.default_rng(0).normal(size=(_RAYS, dim))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    reach = float(np.abs(potential.extent(temperature)).max()) * math.sqrt(dim)
    doublings = np.arange(10, _DOUBLINGS + 1, 10)
    with np.errstate(all="ignore"):
        energy = potential.energy(directions[:, None] * (reach * 2.0**doublings)[:, None]) / temperature
    last = doublings.size - 1 - np.argmax(~np.isnan(energy[:, ::-1]), axis=1)  # beyond it, cosines of 1e30 or inf - inf
    first, rays = last // 3, np.arange(_RAYS)
    with np.errstate(all="ignore"):
        powers = (energy[rays, last] - energy[rays, first]) / ((doublings[last] - doublings[first]) * math.log(2.0))
    slow = powers <= dim * (1.0 + _MARGIN)  # False for nan
    if slow.all():
        power = float(np.median(powers))
        falls = f"falls only as |x|^{-power:.3g} in {dim} dimensions" if power > 0.1 else "does not fall off"
        raise ReferenceUnavailable(
            f"exp(-U/T) of {potential.name} at T = {temperature:g} {falls}: it cannot be normalised, so there is no Boltzmann law"
        )
