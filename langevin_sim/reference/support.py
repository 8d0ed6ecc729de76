"""Find where Boltzmann's weight is not negligible; every grid of this room begins with this scan."""

import math

import numpy as np

from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.plane import energies

_SCAN = 241  # points along each coordinate
_GROWTH, _ROUNDS = 1.6, 24


def is_axial(potential: Potential) -> bool:
    """Whether U and the domain depend only on (x_1, rho), rho = |(x_2..x_d)|."""
    return potential.dim > 1 and potential.symmetry == "axial" and potential.domain.kind == "space"


def log_weight(potential: Potential, temperature: float, first: np.ndarray, second: np.ndarray, radial: bool) -> np.ndarray:
    """-U/T at (first, second, 0, ..), with (d - 2) log second where second is rho: [second, first]."""
    x1, x2 = (part.ravel() for part in np.meshgrid(first, second))
    with np.errstate(all="ignore"):
        value = -energies(potential, x1, x2).reshape(second.size, first.size) / temperature
        if radial and potential.dim > 2:
            value += (potential.dim - 2) * np.log(np.maximum(second, 1e-300))[:, None]
    return np.where(np.isnan(value), -np.inf, value)


def support(potential: Potential, temperature: float, negligible: float, radial: bool) -> np.ndarray:
    """[coordinates, 2]: intervals of x_1, and of x_2 or rho, outside which exp(-U/T) is below e^-negligible of its largest.

    For one dimension, two, or ``radial`` with an axially symmetric potential in any; on a bounded domain the domain itself.
    Raises ReferenceUnavailable if the weight does not fall off.
    """
    dim, domain = potential.dim, potential.domain
    if domain.kind != "space":
        return np.tile([domain.low, domain.high], (min(dim, 2), 1))
    low, high = potential.extent(temperature)[0]
    middle, half = 0.5 * (low + high), 0.6 * (high - low)
    top = half * math.sqrt(dim)
    for _ in range(_ROUNDS):
        first = np.linspace(middle - half, middle + half, _SCAN)
        second = np.zeros(1)
        if dim > 1:
            second = np.linspace(top / (_SCAN - 1), top, _SCAN - 1) if radial else np.linspace(-top, top, _SCAN)
        weight = log_weight(potential, temperature, first, second, radial)
        seen = weight > weight.max() - negligible
        rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
        if columns[0] == 0 or columns[-1] == first.size - 1:
            half *= _GROWTH
        elif dim > 1 and (rows[-1] == second.size - 1 or (rows[0] == 0 and not radial)):
            top *= _GROWTH
        else:
            along = [first[columns[0] - 1], first[columns[-1] + 1]]
            if dim == 1:
                return np.array([along])
            return np.array([along, [second[rows[0] - 1] if rows[0] else 0.0, second[rows[-1] + 1]]])
    raise ReferenceUnavailable(f"exp(-U/T) of {potential.name} at T = {temperature:g} does not fall off")
