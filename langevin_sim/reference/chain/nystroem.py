"""x' = P(m(x) + sigma xi), m(x) = x - eta grad U(x), with noise that is the same everywhere: Nystroem's method."""

from copy import copy

import numpy as np

from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.borders import Labelling, marks
from langevin_sim.reference.chain.axes import Cartesian
from langevin_sim.reference.chain.grid import Grid, escaped, make_grid, points_of, weights_of
from langevin_sim.reference.chain.kernel import Modes, Resolution, Solution
from langevin_sim.reference.chain.landing import Landing
from langevin_sim.reference.chain.mixture import mixed
from langevin_sim.reference.chain.radial import Radial
from langevin_sim.reference.chain.shares import Interpolation, Line, weights_in
from langevin_sim.reference.chain.stationary import stationary
from langevin_sim.reference.plane import drifted, energies

_DEVIATION = 1.2  # a law narrower than this many steps needs closer nodes
_NARROW = 0.025
_MIXED = 1.25  # refinement that resolves the narrower of two Gaussians as well


def solve(
    potential: Potential, step: float, sigma: tuple[float, float], resolution: Resolution, start: Modes | None = None
) -> Solution:
    """p = p K on nodes: p(x') = integral p(x) N(x'; m(x), sigma^2) dx, a product over the two coordinates."""
    grid = grid_of(potential, step, sigma, resolution)
    move = GridStep(potential, step, sigma, grid)
    density, first, second = move.density, move.first, move.second
    found = stationary(move.push, start_vector(potential, grid, start))
    at_sources = density.at_sources(found.probabilities)
    at_sources /= at_sources.sum()
    energy = float((at_sources * energies(potential, grid.x1, grid.x2)).sum())
    leak = float(found.probabilities.reshape(grid.guess.shape)[~grid.active_nodes].sum()) + escaped(
        grid, at_sources, first, second, sigma
    )
    law = mixed(potential, at_sources, first, second, sigma, grid.first_axis, grid.second_axis)
    means, squares = law.moments()
    return Solution(
        *law.masses(),
        energy,
        means,
        squares,
        law.marginals(),
        found.relaxation_steps,
        leak,
        abs(found.first - (1.0 - leak)) + found.residual * found.relaxation_steps,
        density.modes(found.probabilities, found.mode),
    )


class GridStep:
    """One step between the nodes of a grid, which is a transition.Step; first, second [n]: where the drift takes the sources."""

    def __init__(self, potential: Potential, step: float, sigma: tuple[float, float], grid: Grid) -> None:
        self.first, self.second = drifted(potential, step, grid.x1, grid.x2)
        self.density = Density(grid)
        self._where, self._grid = (potential, step, sigma), grid
        self._share = np.ones(grid.x1.size)  # of each source that lies in the set of a restriction
        self._landing = Landing(grid.first_axis, grid.second_axis, self.first, self.second, sigma)

    def push(self, probabilities: np.ndarray) -> np.ndarray:
        """p -> p K."""
        return self._landing(self._share * self.density.at_sources(probabilities)).ravel()

    def pull(self, values: np.ndarray) -> np.ndarray:
        """f -> K f."""
        return self.density.back(self._share * self._landing.back(values))

    def restricted(self, inside: Labelling) -> "GridStep":
        """The step from the points where inside(first [n], second [n]) is 1."""
        potential, _, sigma = self._where
        grid = self._grid
        first = source_line(potential, grid.first_axis, grid.first_sources.interpolation, 0, sigma[0])
        second = None
        if grid.second_axis is not None and grid.second_sources is not None:
            second = source_line(potential, grid.second_axis, grid.second_sources.interpolation, 1, sigma[1])
        weights = weights_in(inside, first, second).reshape(-1, grid.first_sources.nodes.size)
        other = copy(self)
        measure = weights_of(grid.second_sources)[:, None] * grid.first_sources.weights
        other._share = (weights / measure)[grid.second, grid.first]
        return other

    def after(self, points: np.ndarray) -> np.ndarray:
        """The probabilities of the nodes a step after each of the points [m, dim of the grid]: [m, nodes]."""
        potential, step, sigma = self._where
        second = points[:, 1] if points.shape[1] > 1 else np.zeros(len(points))
        one, other = drifted(potential, step, points[:, 0], second)
        along_first = self._grid.first_axis.on_nodes(one, sigma[0])
        along_second = np.ones((len(points), 1))
        if self._grid.second_axis is not None:
            along_second = self._grid.second_axis.on_nodes(other, sigma[1])
        return np.asarray(along_second[:, :, None] * along_first[:, None, :]).reshape(len(points), -1)


def grid_of(potential: Potential, step: float, sigma: tuple[float, float], resolution: Resolution) -> Grid:
    """A grid that resolves the chain's law as well as a step."""
    temperature = max(sigma) ** 2 / (2.0 * step)  # along the noisier axis
    # of the law near a minimum, in steps, where it is narrowest; a force without curvature has no bound
    share = max(step / potential.stability_bound, 1e-12)
    variance = 1.0 / (4.0 * share * max(1.0 - share, 0.25))
    if potential.domain.kind == "space":  # near a minimum a finite step widens the law by 1/(1 - eta k/2)
        temperature /= max(1.0 - share, 1e-3)
    closer = max(1.0, _DEVIATION / float(np.sqrt(max(variance, _NARROW))))
    return make_grid(potential, temperature, step, sigma, resolution._replace(refinement=closer * resolution.refinement))


def source_line(
    potential: Potential, axis: Cartesian | Radial, interpolation: Interpolation, coordinate: int, sigma: float
) -> Line:
    """One coordinate of a grid's sources, or of its nodes."""
    atoms = (axis.low, axis.high) if isinstance(axis, Cartesian) and axis.domain.kind == "box" else ()
    return Line(axis.low, axis.high, interpolation, sigma, marks(potential, coordinate), atoms=atoms)


def step_on_grid(potential: Potential, step: float, sigma: tuple[float, float], resolution: Resolution) -> tuple[Grid, GridStep]:
    """The grid, and one step between its nodes."""
    grid = grid_of(potential, step, sigma, resolution)
    return grid, GridStep(potential, step, sigma, grid)


def kurtosis_shift(potential: Potential, step: float, sigma: tuple[float, float], kurtosis: float) -> tuple[np.ndarray, float]:
    """By how much the masses of the regions [regions] and the mean energy change where the noise has that excess kurtosis.

    The noise has the variance sigma^2 (1 + e) or sigma^2 (1 - e), either with probability 1/2: every coordinate then has the
    variance sigma^2 and the excess kurtosis 3 e^2. Its negative would change them by as much the other way, to first order.
    """
    grid = grid_of(potential, step, sigma, Resolution(_MIXED))
    first, second = drifted(potential, step, grid.x1, grid.x2)
    density = Density(grid)
    energy = energies(potential, grid.x1, grid.x2)
    away = float(np.sqrt(kurtosis / 3.0))

    def law(factors: tuple[float, ...], start: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
        sigmas = [(sigma[0] * factor, sigma[1] * factor) for factor in factors]
        landings = [Landing(grid.first_axis, grid.second_axis, first, second, one) for one in sigmas]

        def push(p: np.ndarray) -> np.ndarray:
            return np.asarray(np.mean([landing(density.at_sources(p)) for landing in landings], axis=0)).ravel()

        found = stationary(push, start)
        at_sources = density.at_sources(found.probabilities)
        at_sources /= at_sources.sum()
        parts = [mixed(potential, at_sources, first, second, one, grid.first_axis, grid.second_axis) for one in sigmas]
        return np.mean([part.masses()[0] for part in parts], axis=0), float(at_sources @ energy), found.probabilities + found.mode

    masses, mean_energy, start = law((1.0,), start_vector(potential, grid, None))
    others, other_energy, _ = law((np.sqrt(1.0 + away), np.sqrt(1.0 - away)), start)
    return others - masses, other_energy - mean_energy


def start_vector(potential: Potential, grid: Grid, start: Modes | None) -> np.ndarray:
    """Probabilities of the nodes to begin with: a coarser grid's two eigenvectors, or Boltzmann's law with a slow mode."""
    measure = weights_of(grid.second_axis)[:, None] * grid.first_axis.weights
    if start is not None:
        density = sum(on_grid(start, mode, grid) for mode in start.densities)
        return np.asarray(density * measure).ravel()
    guess = grid.guess * measure
    guess /= guess.sum()
    side = np.sign(np.arange(guess.shape[1]) - np.searchsorted(np.cumsum(guess.sum(axis=0)), 0.5))
    return np.asarray(guess * (1.0 + 0.5 * side)).ravel()


def on_grid(modes: Modes, density: np.ndarray, grid: Grid) -> np.ndarray:
    """A density on another grid's nodes, at this one's."""
    along_first = modes.first_axis.interpolation(grid.first_axis.nodes)
    value = (along_first @ density.T).T
    if modes.second_axis is not None:
        value = modes.second_axis.interpolation(points_of(grid.second_axis)) @ value
    return np.asarray(value)


class Density:
    """Probabilities of nodes as those of the sources, by interpolation of the density."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._along_first = grid.first_axis.interpolation(grid.first_sources.nodes)
        self._along_second = None
        if isinstance(grid.second_axis, Cartesian):
            self._along_second = grid.second_axis.interpolation(points_of(grid.second_sources))
        self._to_density = 1.0 / (weights_of(grid.second_axis)[:, None] * grid.first_axis.weights)
        self._measure = weights_of(grid.second_sources)[grid.second] * grid.first_sources.weights[grid.first]

    def at_sources(self, p: np.ndarray) -> np.ndarray:
        """p [second * first] of the nodes: the probabilities of the active sources."""
        density = p.reshape(self._to_density.shape) * self._to_density
        density = (self._along_first @ density.T).T
        if self._along_second is not None:
            density = self._along_second @ density
        return np.asarray(density[self._grid.second, self._grid.first] * self._measure)

    def back(self, values: np.ndarray) -> np.ndarray:
        """The transposed map: from values at the active sources to those at the nodes."""
        at = np.zeros((points_of(self._grid.second_sources).size, self._grid.first_sources.nodes.size))
        at[self._grid.second, self._grid.first] = values * self._measure
        if self._along_second is not None:
            at = self._along_second.T @ at
        return np.asarray((self._along_first.T @ at.T).T * self._to_density).ravel()

    def modes(self, first: np.ndarray, second: np.ndarray) -> Modes:
        """The eigenvectors as densities."""
        shape = self._to_density.shape
        densities = (first.reshape(shape) * self._to_density, second.reshape(shape) * self._to_density)
        return Modes(self._grid.first_axis, self._grid.second_axis, densities)
