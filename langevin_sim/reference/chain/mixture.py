"""The law of x = P(c + sigma xi) for centres c of known probability: masses, marginals, moments, energy."""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.chain import borders
from langevin_sim.reference.chain.axes import Cartesian
from langevin_sim.reference.chain.gathering import gathered
from langevin_sim.reference.chain.marginal import Landed, Marginal
from langevin_sim.reference.chain.plane import energies
from langevin_sim.reference.chain.radial import Radial
from langevin_sim.reference.quadrature import legendre, panel_rule

_LEFT_OUT = 1e-12
_PANEL, _POINTS = 2.5, 16  # of the integral over lines, in deviations
_LEAST_PANELS = 6
_ANGLES = 48
_FINER = 2  # than the axes' nodes, to integrate U over


@dataclass(frozen=True)
class Mixture:
    """weights [second, first]: probabilities of centres at uniform nodes; sigma: of the last step along both axes.

    second_axis None: one dimension. Its coordinate is x_2, or rho for a Radial axis.
    """

    potential: Potential
    first: np.ndarray
    second: np.ndarray
    weights: np.ndarray
    sigma: tuple[float, float]
    first_axis: Cartesian
    second_axis: Radial | Cartesian | None

    def masses(self) -> np.ndarray:
        """Masses of the regions: Gaussian integrals along x_1 between the region's borders, at every x_2 or rho."""
        regions = len(self.potential.regions)
        if regions == 1:
            return np.ones(1)
        lines, shares = self._lines()
        along = shares @ self.weights  # [lines, first]
        row, label, left, right = borders.segments(
            self.potential, lines, self.first_axis.low, self.first_axis.high, self.sigma[0]
        )
        ends = np.concatenate([left, right])
        below = np.einsum("ng,ng->n", self.first_axis.below(self.first, self.sigma[0], ends).T, along[np.tile(row, 2)])
        masses = np.bincount(label, below[row.size :] - below[: row.size], regions)
        return np.asarray(masses / masses.sum())

    def _lines(self) -> tuple[np.ndarray, np.ndarray]:
        """Nodes of the second coordinate, and the weight that each has from each second centre: [lines, second]."""
        axis = self.second_axis
        if axis is None:
            return np.zeros(1), np.ones((1, 1))
        nodes, weights = [], []
        cuts = borders.pieces(self.potential, axis.low, axis.high, self.first_axis)
        for low, high in itertools.pairwise(cuts):
            count = max(_LEAST_PANELS, math.ceil((high - low) / (_PANEL * self.sigma[1])))
            ends = np.linspace(low, high, count + 1)
            # a region's mass on a line has a square root where the region begins or ends
            for part, smoothed in ((ends[:2], True), (ends[1:-1], False), (ends[-2:], True)):
                found = panel_rule(part, _POINTS, smoothed=smoothed)
                nodes.append(found[0])
                weights.append(found[1])
        lines = np.concatenate(nodes)
        shares = axis.landing(self.second, self.sigma[1], lines) * np.concatenate(weights)
        if isinstance(axis, Cartesian) and axis.domain.kind == "box":
            atoms = axis.on_nodes(self.second, self.sigma[1])
            lines = np.concatenate([[axis.low], lines, [axis.high]])
            shares = np.concatenate([atoms[:, :1], shares, atoms[:, -1:]], axis=1)
        return lines, shares.T

    def marginals(self) -> tuple[Marginal, ...]:
        """Of every coordinate, [dim]; those across an axis of symmetry are all the same."""
        one = Landed(self.first_axis, self.first, self.weights.sum(axis=0), self.sigma[0])
        if self.second_axis is None:
            return (one,)
        across = self.weights.sum(axis=1)
        if isinstance(self.second_axis, Cartesian):
            return one, Landed(self.second_axis, self.second, across, self.sigma[1])
        other = self._across(across)
        return (one, *(other for _ in range(self.potential.dim - 1)))

    def _across(self, probabilities: np.ndarray) -> Landed:
        """x_2 where (x_2..x_d) has the length rho and any direction: the centre is rho u, u one component of it."""
        assert isinstance(self.second_axis, Radial)
        k = self.second_axis.k
        if k == 1:
            u, share = np.array([-1.0, 1.0]), np.array([0.5, 0.5])
        else:  # u = sin(angle), whose density is cos(angle)^(k-2)
            t, weight = legendre(_ANGLES)
            spread = math.pi / 2 if k < 64 else min(math.pi / 2, 10.0 / math.sqrt(k - 2))
            angle = spread * (2.0 * t - 1.0)
            u, share = np.sin(angle), weight * np.cos(angle) ** (k - 2)
            share = share / share.sum()
        axis = Cartesian(self.first_axis.domain, -math.inf, math.inf, np.zeros(0), np.zeros(0))
        centres, weights = np.outer(u, self.second).ravel(), np.outer(share, probabilities).ravel()
        nodes, matrix = gathered(centres, self.sigma[1])
        return Landed(axis, nodes, weights @ matrix, self.sigma[1])

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """E x_j and E x_j^2, each [dim]."""
        found = [part.moments() for part in self.marginals()[:2] if isinstance(part, Landed)]
        mean, square = (np.array(values) for values in zip(*found, strict=True))
        rest = self.potential.dim - mean.size
        return np.append(mean, np.repeat(mean[-1:], rest)), np.append(square, np.repeat(square[-1:], rest))

    def energy(self) -> float:
        """Mean of U, integrated over nodes closer than the axes' own."""
        first = self.first_axis.finer(_FINER if self.second_axis is not None else 2 * _FINER)
        second = self.second_axis
        density = self.weights @ first.on_nodes(self.first, self.sigma[0])
        others = np.zeros(1)
        if second is not None:
            density, others = second.on_nodes(self.second, self.sigma[1]).T @ density, second.nodes
        else:
            density = density.reshape(1, -1)
        x1, x2 = (part.ravel() for part in np.meshgrid(first.nodes, others))
        return float((density.ravel() * energies(self.potential, x1, x2)).sum() / density.sum())


def mixed(
    potential: Potential,
    probabilities: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    sigma: tuple[float, float],
    first_axis: Cartesian,
    second_axis: Radial | Cartesian | None,
) -> Mixture:
    """The mixture of centres [n] with their probabilities [n], moved to uniform nodes.

    Centres so improbable that all of them together do not count are left out.
    """
    order = np.argsort(np.abs(probabilities))
    kept = order[np.searchsorted(np.cumsum(np.abs(probabilities[order])), _LEFT_OUT) :]
    p, first, second = probabilities[kept] / probabilities[kept].sum(), first[kept], second[kept]
    x1, to_first = gathered(first, sigma[0])
    if second_axis is None:
        return Mixture(potential, x1, np.zeros(1), (p @ to_first).reshape(1, -1), sigma, first_axis, None)
    x2, to_second = gathered(second, sigma[1])
    weights = (to_second.T @ to_first.multiply(p[:, None])).toarray()
    return Mixture(potential, x1, x2, weights, sigma, first_axis, second_axis)
