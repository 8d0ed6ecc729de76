"""GDL, and SGD with the same noise everywhere: x' = P(m(x) + sigma xi), m(x) = x - eta grad U(x)."""

import math
from typing import NamedTuple

import numpy as np

from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.chain.axes import Axis, Cartesian, cartesian, radial
from langevin_sim.reference.chain.mixture import Mixture
from langevin_sim.reference.chain.stationary import Stationary, stationary
from langevin_sim.reference.lines import along_first_axis

_NEGLIGIBLE = 24.0  # where Boltzmann's weight is e^-24 below the largest nothing is expected
_SPACING = 0.8  # of nodes, in standard deviations of a step
_SOURCES = 3  # sources for every node along the first axis
MAX_WORK = 4e8  # multiplications for one application of the kernel


class Grid(NamedTuple):
    """Nodes for the law's density, and more closely spaced sources to integrate over.

    The density is as smooth as a step is wide, but x - eta grad U may change more sharply (between
    two wells). x [n, dim]: the sources as points of space; first, second [n]: their indices on the
    source axes; guess: Boltzmann's probabilities of the nodes [second, first].
    """

    first_axis: Cartesian
    second_axis: Axis | None
    first_sources: Cartesian
    second_sources: Axis | None
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


def _weights(axis: Axis | None) -> np.ndarray:
    return np.ones(1) if axis is None else axis.weights


def _points(axis: Axis | None) -> np.ndarray:
    return np.zeros(1) if axis is None else axis.nodes


def make_grid(
    potential: Potential, temperature: float, step_size: float, sigma: tuple[float, float], refinement: float, radial_refinement: float = 1.0
) -> Grid:
    """A grid that resolves steps of standard deviation sigma (one for each axis), finer by ``refinement``.

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
    # near a minimum a finite step widens the law by 1/(1 - eta k/2)
    hot = temperature / (1.0 - step_size / potential.stability_bound) if on_space else temperature
    x_low, x_high, r_low, r_high = _window(potential, hot, is_radial) if on_space else (0.0, 0.0, 0.0, 0.0)
    more = 2.5 if potential.dim == 1 else 1.0  # one dimension costs nothing
    spacing = [_SPACING * s / (refinement * more) for s in sigma]
    first_axis = cartesian(potential.domain, x_low, x_high, spacing[0])
    first_sources = first_axis.finer(_SOURCES)
    second_axis: Axis | None = None
    second_sources: Axis | None = None
    if potential.dim > 1:
        second_axis = (radial(potential.dim, r_low, r_high, 0.9 * spacing[1] / radial_refinement) if is_radial
                       else cartesian(potential.domain, r_low, r_high, spacing[1]))  # fmt: skip
        second_sources = second_axis.finer(1 if is_radial else 2)
    weight = _log_weight(potential, hot, first_sources.nodes, _points(second_sources))
    # on a compact domain the noise may carry a walker anywhere
    active = weight > weight.max() - _NEGLIGIBLE if on_space else np.ones(weight.shape, bool)
    work = float(active.sum()) * first_axis.nodes.size * _points(second_axis).size
    if work > MAX_WORK:
        raise GridTooLarge(f"steps of standard deviation {min(sigma):.3g} would need a grid of {active.sum():,} sources")
    second, first = np.nonzero(active)
    x = along_first_axis(potential, first_sources.nodes, _points(second_sources))[second, first]
    at_nodes = _log_weight(potential, hot, first_axis.nodes, _points(second_axis))
    guess = np.exp(at_nodes - at_nodes.max()) * first_axis.weights * _weights(second_axis)[:, None]
    return Grid(first_axis, second_axis, first_sources, second_sources, x, first, second, guess)


class GridTooLarge(ReferenceUnavailable):
    """The step is too small for a grid."""


def mixture(potential: Potential, step_size: float, sigma: tuple[float, float], grid: Grid) -> tuple[Mixture, Stationary]:
    """Solve p = p K on the grid (Nystroem's method): K(x, x') is a product over the two coordinates."""
    centres = grid.x - step_size * potential.gradient(grid.x)
    first = centres[:, 0]
    second = centres[:, 1] if potential.dim > 1 else np.zeros(first.size)
    shares = grid.first_axis.on_nodes(first, sigma[0])
    others = np.ones((first.size, 1)) if grid.second_axis is None else grid.second_axis.on_nodes(second, sigma[1])
    along_first = grid.first_axis.interpolation(grid.first_sources)
    along_second = np.ones((1, 1))
    if grid.second_axis is not None and grid.second_sources is not None:
        along_second = grid.second_axis.interpolation(grid.second_sources)
    to_density = 1.0 / (grid.first_axis.weights * _weights(grid.second_axis)[:, None])
    measure = grid.first_sources.weights[grid.first] * _weights(grid.second_sources)[grid.second]

    def at_sources(p: np.ndarray) -> np.ndarray:
        density = along_second @ (p.reshape(to_density.shape) * to_density) @ along_first.T
        return density[grid.second, grid.first] * measure

    def push(p: np.ndarray) -> np.ndarray:
        return ((others * at_sources(p)[:, None]).T @ shares).ravel()

    found = stationary(push, grid.guess.ravel())
    sources = at_sources(found.probabilities)
    kept = np.abs(sources) > 1e-14
    law = Mixture(potential, sources[kept] / sources.sum(), first[kept], second[kept], sigma, grid.first_axis, grid.second_axis)
    return law, found
