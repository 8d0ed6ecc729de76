"""The torch plugin: a network's training loss as the potential, its weight vector as the walker.

Reached only through the entry-point group ``langevin_sim.backends`` (plugins.py); ``backend`` is its surface.
"""
