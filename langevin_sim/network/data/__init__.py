"""Images and labels, determined by the settings. NumPy only: nothing here needs torch."""

from langevin_sim.network.data.dataset import Dataset, load
from langevin_sim.network.data.describe import describe

__all__ = ["Dataset", "describe", "load"]
