"""Boltzmann's law exp(-U/T)/Z, by the best available method: closed forms, products, quadrature, Sobol points."""

from langevin_sim.reference.boltzmann.dispatch import boltzmann
from langevin_sim.reference.boltzmann.law import Boltzmann

__all__ = ["Boltzmann", "boltzmann"]
