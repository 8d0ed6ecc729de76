"""How noisy gradient descent moves on rugged landscapes, with exact laws beside every experiment.

    import langevin_sim as ls
    U = ls.potentials.twowell(dim=2)
    run = ls.simulate(U, ls.GDL(step_size=0.02, temperature=1.0), walkers=2048, steps=10_000, seed=1)
    run.occupancy["wide"]                           # mean, standard error
    ls.boltzmann(U, temperature=1.0).mass("wide"); ls.chain_law(U, run.dynamics).mass("wide")

Names are imported when they are first used, so that the command line's help is quick.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    **dict.fromkeys(("GD", "GDL", "LM", "MALA", "RWM", "SGD", "SGDL", "Domain", "Schedule"), "langevin_sim.dynamics"),
    "boltzmann": "langevin_sim.reference",
    "chain_law": "langevin_sim.reference",
    "simulate": "langevin_sim.simulation.simulate",
}
__all__ = [*_HOMES, "potentials"]


def __getattr__(name: str) -> Any:
    if name == "potentials":
        return import_module("langevin_sim.potentials")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'langevin_sim' has no attribute {name!r}")
