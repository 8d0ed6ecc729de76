"""Noisy gradient descent on rugged landscapes, with exact laws beside every experiment.

    import langevin_sim as ls
    U = ls.potentials.twowell(dim=2)
    run = ls.simulate(U, ls.GDL(step_size=0.02, temperature=1.0), walkers=2048, steps=10_000, seed=1)
    run.occupancy["wide"]                           # mean, standard error
    ls.boltzmann(U, temperature=1.0).mass("wide"); ls.chain_law(U, run.dynamics).mass("wide")

Names are imported on first use, which keeps the command line's help fast; __init__.pyi lists them.
"""

import lazy_loader

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
