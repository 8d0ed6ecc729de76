"""Boltzmann laws that a potential provides in closed form."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.boltzmann.integrals import FromBins, Integrals, Marginal

_ROUNDING = 1e-13


@dataclass(frozen=True)
class _Marginal(FromBins):
    potential: Potential
    temperature: float

    def bins(self, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """By the potential's own formula."""
        assert self.potential.exact_marginal is not None
        masses = self.potential.exact_marginal(self.temperature, edges)
        return masses, np.full_like(masses, _ROUNDING)


def complete(potential: Potential) -> bool:
    """Whether nothing remains to integrate."""
    return None not in (potential.exact_masses, potential.exact_marginal, potential.exact_energy)


def first(potential: Potential, temperature: float) -> Marginal:
    """The law of x_1 by the potential's own formula."""
    return _Marginal(potential, temperature)


def integrals(potential: Potential, temperature: float, other: Integrals | None = None) -> Integrals:
    """The potential's exact values; missing ones are taken from ``other``."""
    values: dict[str, Any] = {} if other is None else other._asdict()
    if potential.exact_masses is not None:
        masses = potential.exact_masses(temperature)
        values |= {"masses": masses, "errors": np.full_like(masses, _ROUNDING)}
    if potential.exact_energy is not None:
        energy = potential.exact_energy(temperature)
        values |= {"energy": energy, "energy_error": _ROUNDING * max(1.0, abs(energy))}
    if potential.exact_marginal is not None:
        others = {} if other is None else dict(other.marginals)
        values["marginals"] = others | {0: first(potential, temperature)}
    values["method"] = "closed form" if other is None or other.method == "closed form" else f"closed form and {other.method}"
    return Integrals(**values)
