"""Exact laws: the expected results of a simulation."""

from langevin_sim.reference.boltzmann import Boltzmann, boltzmann
from langevin_sim.reference.chain import ChainLaw, chain_law
from langevin_sim.reference.stability import Tails, mean_square_bound, tails

__all__ = ["Boltzmann", "ChainLaw", "Tails", "boltzmann", "chain_law", "mean_square_bound", "tails"]
