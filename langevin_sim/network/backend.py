"""What this room offers to the command line and to the memo's figures."""

from langevin_sim.network.data import describe, load
from langevin_sim.network.device import accelerators, torch_threads
from langevin_sim.network.experiments import measure
from langevin_sim.network.minima import STORE, Minima, open_minima, trained
from langevin_sim.network.train import prepare, resume, train

__all__ = [
    "STORE",
    "Minima",
    "accelerators",
    "describe",
    "load",
    "measure",
    "open_minima",
    "prepare",
    "resume",
    "torch_threads",
    "train",
    "trained",
]
