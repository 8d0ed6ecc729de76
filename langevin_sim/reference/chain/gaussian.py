"""GDL, and SGD with the same noise everywhere: x' = P(m(x) + sigma xi), m(x) = x - eta grad U(x)."""

import math
from typing import NamedTuple

import numpy as np

from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.chain.axes import Cartesian, Radial, cartesian, radial
from langevin_sim.reference.chain.landing import Landing
from langevin_sim.reference.chain.mixture import Mixture
from langevin_sim.reference.chain.stationary import Stationary, stationary
from langevin_sim.reference.lines import along_first_axis

_NEGLIGIBLE = 24.0  # where Boltzmann's weight is e^-24 below the largest nothing is expected
_SPACING = 0.8  # of nodes, in standard deviations of a step
_RADIAL_SPACING = 0.9  # of Gauss-Legendre nodes in rho, on average and over the spacing along x_1
_SOURCES = 3  # sources for every node along the first axis
_LEFT_OUT = 1e-11
_SOURCES_ON_A_LINE = 2000  # they cost nothing, and a gradient may jump
MAX_WORK = 1e9  # sources times nodes: a few seconds


class Grid(NamedTuple):
    """Nodes for the law's density, and more closely spaced sources to integrate over.

    The density is as smooth as a step is wide, but x - eta grad U may change more sharply (between
    two wells). x [n, dim]: the sources as points of space; first, second [n]: their indices on the
    source axes; guess: Boltzmann's probabilities of the nodes [second, first].
    """

    first_axis: Cartesian
    second_axis: Radial | Cartesian | None
    first_sources: Cartesian
    second_sources: Radial | Cartesian | None
    x: np.ndarray
    first: np.ndarray
    second: np.ndarray
    guess: np.ndarray


def _log_weight(potential: Potential, temperature: float, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """-U/T, with (d-2) log rho for an axially symmetric potential: [second, first]."""
    value = -potential.energy(along_first_axis(potential, first, second)) / temperature
    if potential.dim > 2:
        value += (potential.dim - 2) * np.log(np.maximum(second, 1e-300))[:, None]
    return value


def _window(potential: Potential, temperature: float, is_radial: bool) -> tuple[float, float, float, float]:
    """(low, high) of both coordinates outside which Boltzmann's weight is negligible, on R^d."""
    low, high = potential.extent(temperature)[0]
    middle, half = 0.5 * (low + high), 0.6 * (high - low)
    top = half * math.sqrt(potential.dim)
    for _ in range(10):
        first = np.linspace(middle - half, middle + half, 241)
        second = np.zeros(1)
        if potential.dim > 1:
            second = np.linspace(top / 240, top, 240) if is_radial else np.linspace(-top, top, 241)
        weight = _log_weight(potential, temperature, first, second)
        seen = weight > weight.max() - _NEGLIGIBLE
        rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
        if columns[0] == 0 or columns[-1] == first.size - 1:
            half *= 1.6
        elif potential.dim > 1 and (rows[-1] == second.size - 1 or (rows[0] == 0 and not is_radial)):
            top *= 1.6
        else:
            left, right = float(first[columns[0] - 1]), float(first[columns[-1] + 1])
            if potential.dim == 1:
                return left, right, 0.0, 0.0
            return left, right, float(second[rows[0] - 1]) if rows[0] else 0.0, float(second[rows[-1] + 1])
    raise ReferenceUnavailable(f"exp(-U/T) of {potential.name} at T = {temperature:g} does not fall off")


def _weights(axis: Radial | Cartesian | None) -> np.ndarray:
    return np.ones(1) if axis is None else axis.weights


def _points(axis: Radial | Cartesian | None) -> np.ndarray:
    return np.zeros(1) if axis is None else axis.nodes


def make_grid(
    potential: Potential,
    temperature: float,
    step_size: float,
    sigma: tuple[float, float],
    refinement: float,
    radial_refinement: float = 1.0,
) -> Grid:
    """A grid that resolves steps of standard deviation sigma (one for each axis), finer by ``refinement``.

    temperature: of the Boltzmann law that covers the chain's, and that is the guess.
    Raises ReferenceUnavailable for a potential that needs more than two coordinates, for an unstable
    step, and for a grid that would be too large.
    """
    if potential.dim > 2 and potential.symmetry != "axial":
        raise ReferenceUnavailable(f"{potential.name} in {potential.dim} dimensions is not symmetric about an axis")
    on_space = potential.domain.kind == "space"
    is_radial = potential.dim > 1 and potential.symmetry == "axial" and on_space and sigma[0] == sigma[1]
    if potential.dim > 2 and not is_radial:
        raise ReferenceUnavailable("in more than 2 dimensions the domain must be R^d and the noise the same in all directions")
    if on_space and step_size >= potential.stability_bound:
        raise ReferenceUnavailable(f"step size {step_size:g} is beyond the stability bound {potential.stability_bound:g}")
    x_low, x_high, r_low, r_high = _window(potential, temperature, is_radial) if on_space else (0.0, 0.0, 0.0, 0.0)
    more = 2.5 if potential.dim == 1 else 1.0  # one dimension costs nothing
    spacing = [_SPACING * s / (refinement * more) for s in sigma]
    first_axis = cartesian(potential.domain, x_low, x_high, spacing[0])
    more_sources = int(refinement * _SOURCES_ON_A_LINE / first_axis.nodes.size) if potential.dim == 1 else 0
    first_sources = first_axis.finer(max(_SOURCES, more_sources))
    second_axis: Radial | Cartesian | None = None
    second_sources: Radial | Cartesian | None = None
    if is_radial:
        wanted = radial_refinement * (r_high - r_low) / (_RADIAL_SPACING * spacing[1])
        second_axis = second_sources = radial(potential.dim, r_low, r_high, max(8, math.ceil(wanted)))
    elif potential.dim > 1:
        second_axis = cartesian(potential.domain, r_low, r_high, spacing[1])
        second_sources = second_axis.finer(2)
    weight = _log_weight(potential, temperature, first_sources.nodes, _points(second_sources))
    # on a compact domain the noise may carry a walker anywhere
    active = weight > weight.max() - _NEGLIGIBLE if on_space else np.ones(weight.shape, bool)
    work = float(active.sum()) * first_axis.nodes.size * _points(second_axis).size
    if work > MAX_WORK:
        raise GridTooLarge(f"steps of standard deviation {min(sigma):.3g} would need a grid of {active.sum():,} sources")
    second, first = np.nonzero(active)
    x = along_first_axis(potential, first_sources.nodes, _points(second_sources))[second, first]
    at_nodes = _log_weight(potential, temperature, first_axis.nodes, _points(second_axis))
    guess = np.exp(at_nodes - at_nodes.max()) * first_axis.weights * _weights(second_axis)[:, None]
    return Grid(first_axis, second_axis, first_sources, second_sources, x, first, second, guess)


class GridTooLarge(ReferenceUnavailable):
    """The step is too small for a grid."""


def mixture(potential: Potential, step_size: float, sigma: tuple[float, float], grid: Grid) -> tuple[Mixture, Stationary]:
    """Solve p = p K on the grid (Nystroem's method): K(x, x') is a product over the two coordinates."""
    centres = grid.x - step_size * potential.gradient(grid.x)
    first = centres[:, 0]
    second = centres[:, 1] if potential.dim > 1 else np.zeros(first.size)
    landing = Landing(grid.first_axis, grid.second_axis, first, second, sigma)
    density = Density(grid.first_axis, grid.second_axis, grid.first_sources, grid.second_sources)

    def at_sources(p: np.ndarray) -> np.ndarray:
        return density.refined(p)[grid.second, grid.first]

    found = stationary(lambda p: landing(at_sources(p)).ravel(), grid.guess.ravel())
    law = mixed(potential, at_sources(found.probabilities), first, second, sigma, grid.first_axis, grid.second_axis)
    return law, found


class Density:
    """Probabilities of nodes as those of more closely spaced ones, by interpolation of the density."""

    def __init__(
        self, first: Cartesian, second: Radial | Cartesian | None, finer_first: Cartesian, finer_second: Radial | Cartesian | None
    ) -> None:
        self._along_first = first.interpolation(finer_first).T
        self._along_second = np.ones((1, 1))
        if second is not None and finer_second is not None and second is not finer_second:
            self._along_second = second.interpolation(finer_second)  # type: ignore[arg-type]
        elif second is not None:
            self._along_second = np.eye(second.nodes.size)
        self._to_density = 1.0 / (_weights(second)[:, None] * first.weights)
        self._measure = _weights(finer_second)[:, None] * finer_first.weights

    def refined(self, p: np.ndarray) -> np.ndarray:
        """p [second * first] of the nodes: the probabilities [finer second, finer first]."""
        return self._along_second @ (p.reshape(self._to_density.shape) * self._to_density) @ self._along_first * self._measure


def mixed(
    potential: Potential,
    probabilities: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    sigma: tuple[float, float],
    first_axis: Cartesian,
    second_axis: Radial | Cartesian | None,
) -> Mixture:
    """The mixture of those centres [n] that count: what is left out has a probability of _LEFT_OUT in all."""
    order = np.argsort(-np.abs(probabilities))
    rest = np.cumsum(np.abs(probabilities[order])[::-1])[::-1]
    kept = np.sort(order[rest > _LEFT_OUT * rest[0]])
    weights = probabilities[kept] / probabilities[kept].sum()
    return Mixture(potential, weights, first[kept], second[kept], sigma, first_axis, second_axis)
