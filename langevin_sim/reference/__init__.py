"""Exact laws: the expected results of a simulation."""

from langevin_sim.reference.boltzmann import Boltzmann, boltzmann
from langevin_sim.reference.chain import ChainLaw, chain_law

__all__ = ["Boltzmann", "ChainLaw", "boltzmann", "chain_law"]
