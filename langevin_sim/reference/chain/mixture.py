"""The law of x = P(c + sigma xi) for centres c of known probability: masses, marginal, energy."""

import itertools
from dataclasses import dataclass

import numpy as np

from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.chain.axes import Cartesian, Radial
from langevin_sim.reference.chain.landing import Landing
from langevin_sim.reference.lines import along_first_axis, crossings, pieces, smoothed_rule

_FINER_ON_A_LINE = 8  # U may jump, and one dimension costs nothing


@dataclass(frozen=True)
class Mixture:
    """probabilities [n] of the centres; first [n], second [n] their coordinates.

    second_axis None: one dimension. Its coordinate is x_2, or rho for a Radial axis. sigma: for each
    axis the standard deviation of the last Gaussian step.
    """

    potential: Potential
    probabilities: np.ndarray
    first: np.ndarray
    second: np.ndarray
    sigma: tuple[float, float]
    first_axis: Cartesian
    second_axis: Radial | Cartesian | None

    def bin_masses(self, edges: np.ndarray) -> np.ndarray:
        """P(edges[k] < x_1 <= edges[k+1]): [edges - 1]."""
        return np.diff(self.probabilities @ self.first_axis.below(self.first, self.sigma[0], edges))

    def energy(self) -> float:
        """Mean of U, integrated over the axes' nodes."""
        second = np.zeros(1) if self.second_axis is None else self.second_axis.nodes
        first_axis = self.first_axis.finer(_FINER_ON_A_LINE) if self.second_axis is None else self.first_axis
        density = Landing(first_axis, self.second_axis, self.first, self.second, self.sigma)(self.probabilities)
        nodes = along_first_axis(self.potential, first_axis.nodes, second)
        return float((density * self.potential.energy(nodes)).sum() / density.sum())

    def masses(self, resolution: int) -> np.ndarray:
        """Masses of the regions: Gaussian integrals along x_1 between the region's borders, at every x_2 or rho.

        resolution: nodes of the outer integral for every piece between changes of the borders' number.
        """
        grid = np.linspace(self.first_axis.low, self.first_axis.high, 257)
        masses = np.zeros(len(self.potential.regions))
        for value, shares in self._outer(grid, resolution):
            cuts = crossings(self.potential, value, grid)
            ends = np.concatenate([[-np.inf], cuts, [np.inf]])
            below = self.first_axis.below(self.first, self.sigma[0], ends)
            middle = np.concatenate([[grid[0]], 0.5 * (cuts[1:] + cuts[:-1]), [grid[-1]]]) if cuts.size else grid[:1]
            labels = self.potential.label(along_first_axis(self.potential, middle, np.array([value]))[0])
            np.add.at(masses, labels, np.diff(shares @ below))
        return masses / masses.sum()

    def _outer(self, grid: np.ndarray, resolution: int) -> list[tuple[float, np.ndarray]]:
        """Nodes of the second coordinate with the joint probability of node and centre [n]."""
        axis = self.second_axis
        if axis is None:
            return [(0.0, self.probabilities)]
        rules = [
            smoothed_rule(low, high, resolution)
            for low, high in itertools.pairwise(pieces(self.potential, axis.low, axis.high, grid))
        ]
        nodes, weights = (np.concatenate(part) for part in zip(*rules, strict=True))
        shares = axis.landing(self.second, self.sigma[1], nodes) * weights
        if isinstance(axis, Cartesian) and axis.domain.kind == "box":
            atoms = axis.on_nodes(self.second, self.sigma[1])
            nodes = np.concatenate([[axis.low], nodes, [axis.high]])
            shares = np.concatenate([atoms[:, :1], shares, atoms[:, -1:]], axis=1)
        return [(float(node), self.probabilities * shares[:, k]) for k, node in enumerate(nodes)]
