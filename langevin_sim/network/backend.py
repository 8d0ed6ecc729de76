"""What the command line and the memo's figures are given of this room."""

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
