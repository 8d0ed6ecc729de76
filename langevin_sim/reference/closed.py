"""Boltzmann laws that a potential brings along in closed form."""

from dataclasses import dataclass

import numpy as np

from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.integrals import Integrals

_ROUNDING = 1e-13


@dataclass(frozen=True)
class _Marginal:
    potential: Potential
    temperature: float

    def __call__(self, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert self.potential.exact_marginal is not None
        masses = self.potential.exact_marginal(self.temperature, edges)
        return masses, np.full_like(masses, _ROUNDING)


def complete(potential: Potential) -> bool:
    """Whether nothing is left to integrate."""
    return None not in (potential.exact_masses, potential.exact_marginal, potential.exact_energy)


def integrals(potential: Potential, temperature: float, other: Integrals | None = None) -> Integrals:
    """What the potential knows exactly; what it does not know is taken from ``other``."""
    values = {} if other is None else other._asdict()
    if potential.exact_masses is not None:
        masses = potential.exact_masses(temperature)
        values |= {"masses": masses, "errors": np.full_like(masses, _ROUNDING)}
    if potential.exact_energy is not None:
        energy = potential.exact_energy(temperature)
        values |= {"energy": energy, "energy_error": _ROUNDING * max(1.0, abs(energy))}
    if potential.exact_marginal is not None:
        values |= {"marginal": _Marginal(potential, temperature), "resolution": 2e-4}
    values["method"] = "closed form" if other is None else f"closed form and {other.method}"
    return Integrals(**values)
