"""How a walker moves: small frozen records."""

from langevin_sim.dynamics.dynamics import GD, GDL, LM, MALA, Dynamics, make

__all__ = ["GD", "GDL", "LM", "MALA", "Dynamics", "make"]
