"""The chain law: the stationary law of the discretised chain at its actual step."""

from langevin_sim.reference.chain.chain_law import chain_law
from langevin_sim.reference.chain.law import ChainLaw

__all__ = ["ChainLaw", "chain_law"]
