"""The law of x = P(c + sigma xi) for centres c of known probability: masses, marginals, moments, energy."""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from langevin_sim.potentials.potential import Potential
from langevin_sim.reference import borders
from langevin_sim.reference.chain.axes import Cartesian
from langevin_sim.reference.chain.gathering import collected, gathered
from langevin_sim.reference.chain.marginal import Landed, Marginal
from langevin_sim.reference.chain.radial import Radial
from langevin_sim.reference.panels import integrate
from langevin_sim.reference.plane import energies
from langevin_sim.reference.quadrature import panel_rule

_LEFT_OUT = 1e-12
_PANEL = 2.5  # of the integral over lines, in deviations
_TOLERANCE = 1e-10  # of a panel's part of a mass
_PER_DEVIATION = 2  # places where borders are looked for ..
_LOOKS = ((257, 4097), (129, 1025))  # .. at least and at most, along x_1 and along x_2 or rho
_ANGLES, _FEWEST = 16, 3  # in every panel, and panels, of the integral over directions
_ARC = 5.0  # length of a panel on the largest sphere, in deviations, so that their Gaussians overlap
_DEVIATIONS = 8.0  # of an angle: the rest has a probability below 1e-14
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

    def masses(self) -> tuple[np.ndarray, np.ndarray]:
        """Of the regions, and the errors of the integral: Gaussian integrals along x_1 between borders, at every x_2 or rho."""
        regions = len(self.potential.regions)
        if regions == 1:
            return np.ones(1), np.zeros(1)
        axis, label = self.second_axis, borders.labelling(self.potential)
        places = self._places(self.first_axis, 0)

        def on_lines(lines: np.ndarray, shares: np.ndarray) -> np.ndarray:
            """shares [lines, second]: the weight that a line has from each second centre. [lines, regions]"""
            line, region, low, high = borders.segments(label, lines, places)
            along = (shares @ self.weights)[line]  # [pieces, first]
            below = self.first_axis.below(self.first, self.sigma[0], np.concatenate([low, high])).T
            share = np.einsum("ng,ng->n", below[line.size :] - below[: line.size], along)
            return np.bincount(line * regions + region, share, lines.size * regions).reshape(lines.size, regions)

        if axis is None:
            masses, errors = on_lines(np.zeros(1), np.ones((1, 1)))[0], np.zeros(regions)
        else:
            second, deviation = axis, self.sigma[1]

            def inside(lines: np.ndarray) -> np.ndarray:
                return on_lines(lines, second.landing(self.second, deviation, lines).T)

            ends, roots = self._panels(label, places, second)
            masses, errors = integrate(inside, ends, roots, _TOLERANCE)
            if isinstance(second, Cartesian) and second.domain.kind == "box":
                atoms = second.on_nodes(self.second, deviation)[:, [0, -1]].T
                masses = masses + on_lines(np.array([second.low, second.high]), atoms).sum(axis=0)
        return masses / masses.sum(), errors / masses.sum()

    def _places(self, axis: Radial | Cartesian, coordinate: int) -> np.ndarray:
        """Where borders are looked for along one coordinate."""
        count = math.ceil(_PER_DEVIATION * (axis.high - axis.low) / self.sigma[coordinate])
        least, most = _LOOKS[coordinate]
        return borders.grid(axis.low, axis.high, min(most, max(least, count)), borders.marks(self.potential, coordinate))

    def _panels(self, label: borders.Labelling, places: np.ndarray, axis: Radial | Cartesian) -> tuple[np.ndarray, np.ndarray]:
        """Ends of panels along the second coordinate, and which of them are cuts between regions."""
        cuts = borders.pieces(label, self._places(axis, 1), places)
        ends = [cuts[:1]]
        for low, high in itertools.pairwise(cuts):
            count = max(2, math.ceil((high - low) / (_PANEL * self.sigma[1])))
            ends.append(np.linspace(low, high, count + 1)[1:])
        all_ends = np.concatenate(ends)
        return all_ends, np.isin(all_ends, cuts[1:-1])

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
            spread = min(math.pi / 2, _DEVIATIONS / math.sqrt(max(k - 2, 1)))
            panels = math.ceil(2.0 * spread * float(self.second[-1]) / (_ARC * self.sigma[1]))
            angle, weight = panel_rule(np.linspace(-spread, spread, max(panels, _FEWEST) + 1), _ANGLES)
            u, share = np.sin(angle), weight * np.cos(angle) ** (k - 2)
            share = share / share.sum()
        axis = Cartesian(self.first_axis.domain, -math.inf, math.inf, np.zeros(0), np.zeros(0))
        centres, weights = np.outer(u, self.second).ravel(), np.outer(share, probabilities).ravel()
        return Landed(axis, *collected(centres, weights, self.sigma[1]), self.sigma[1])

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

    Centres are left out if all of them together have negligible probability.
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
