"""The law that a chain with a finite step really samples."""

from langevin_sim.reference.chain.law import ChainLaw, chain_law, step_deviation

__all__ = ["ChainLaw", "chain_law", "step_deviation"]
