"""Tasks on Dask's workers: the only room that imports Dask. It runs any function, and knows nothing of potentials or networks."""

from langevin_sim.cluster.connect import workers

__all__ = ["workers"]
