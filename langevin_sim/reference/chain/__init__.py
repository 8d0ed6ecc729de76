"""The chain law: the stationary law of the discretised chain at its actual step."""

from langevin_sim.reference.chain.chain_kernel import chain_kernel
from langevin_sim.reference.chain.chain_law import chain_law
from langevin_sim.reference.chain.law import ChainLaw
from langevin_sim.reference.chain.transition import TransitionKernel

__all__ = ["ChainLaw", "TransitionKernel", "chain_kernel", "chain_law"]
