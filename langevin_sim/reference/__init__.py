"""What should be seen, exactly."""

from langevin_sim.reference.boltzmann import Boltzmann, boltzmann

__all__ = ["Boltzmann", "boltzmann"]
