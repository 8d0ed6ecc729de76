"""The results of every method of integrating exp(-U/T): small records without closures, which can be pickled."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np

from langevin_sim.reference.moments import Moments


class Marginal(Protocol):
    """The law of one coordinate."""

    def bins(self, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """P(edges[k] < x_j <= edges[k+1]) for every k, and their errors, both [edges - 1]."""
        ...

    def values(self, x: np.ndarray) -> np.ndarray:
        """Density at points x[n]."""
        ...


class Sampler(Protocol):
    """Independent draws from the law."""

    def draw(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """[n, dim]."""
        ...


class FromBins:
    """Marginals that give masses of bins: a density is the mass of a bin ``resolution`` wide, divided by its width."""

    resolution: float = 2e-4

    def bins(self, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Masses and errors."""
        raise NotImplementedError

    def values(self, x: np.ndarray) -> np.ndarray:
        """Density at points x[n], one narrow bin about each."""
        half = 0.5 * self.resolution
        return np.array([self.bins(np.array([place - half, place + half]))[0][0] for place in x]) / self.resolution


class Integrals(NamedTuple):
    """Masses of the regions [regions] and the mean energy, with errors; and what else is known about the law.

    marginals: by coordinate, counted from 0; that of x_1 is always among them. moments, sampler: None where not known.
    safety: the factor by which the errors exceed the observed differences.
    """

    masses: np.ndarray
    errors: np.ndarray
    energy: float
    energy_error: float
    marginals: Mapping[int, Marginal]
    method: str
    moments: Moments | None = None
    sampler: Sampler | None = None
    safety: float = 1.0

    def marginal(self, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Masses of bins of x_1, and their errors."""
        return self.marginals[0].bins(edges)
