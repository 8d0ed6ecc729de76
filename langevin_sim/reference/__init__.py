"""Exact laws: the expected results of a simulation."""

from langevin_sim.reference.boltzmann import Boltzmann, boltzmann
from langevin_sim.reference.chain import ChainLaw, TransitionKernel, chain_kernel, chain_law
from langevin_sim.reference.stability import Tails, mean_square_bound, tails

__all__ = [
    "Boltzmann",
    "ChainLaw",
    "Tails",
    "TransitionKernel",
    "boltzmann",
    "chain_kernel",
    "chain_law",
    "mean_square_bound",
    "tails",
]
