"""Nodes for the law's density and sources to integrate over, sized by the law and by a step's deviation."""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.chain import sources
from langevin_sim.reference.chain.axes import REACH, Cartesian, cartesian
from langevin_sim.reference.chain.kernel import GridTooLarge, Resolution
from langevin_sim.reference.chain.radial import Radial, radial
from langevin_sim.reference.chain.sources import Sources
from langevin_sim.reference.plane import drifted, energies, log_weights
from langevin_sim.reference.support import is_axial, support

_SPACING = 0.8  # of nodes, in standard deviations of a step
_RADIAL_SPACING = 0.9  # of Gauss-Legendre nodes in rho, on average and over the spacing along x_1
_FIRST_SOURCES, _SECOND_SOURCES = 3, 2  # for every node
_ON_A_LINE = 2.5  # times as many nodes in one dimension, which cost nothing
_PANEL, _PANEL_POINTS = 1.3, 4  # in deviations; where U jumps or has kinks
MAX_WORK = 2e8  # multiplications a step
_MAX_BYTES = 1.5e9


class Grid(NamedTuple):
    """x1, x2 [n]: the active sources as points of the plane; first, second [n]: their indices on the source axes.

    guess: Boltzmann's density at the nodes [second, first]; active_nodes: marks those in the window.
    """

    first_axis: Cartesian
    second_axis: Radial | Cartesian | None
    first_sources: Sources
    second_sources: Sources | None
    x1: np.ndarray
    x2: np.ndarray
    first: np.ndarray
    second: np.ndarray
    guess: np.ndarray
    active_nodes: np.ndarray


def points_of(axis: Radial | Cartesian | Sources | None) -> np.ndarray:
    """The nodes; a single one at 0 if there is no such axis."""
    return np.zeros(1) if axis is None else axis.nodes


def weights_of(axis: Radial | Cartesian | Sources | None) -> np.ndarray:
    """The weights; 1 if there is no such axis."""
    return np.ones(1) if axis is None else axis.weights


def make_grid(
    potential: Potential,
    temperature: float,
    step: float,
    sigma: tuple[float, float],
    resolution: Resolution,
    radial_refinement: float = 1.0,
    with_sources: bool = True,
) -> Grid:
    """A grid that resolves steps of standard deviation sigma (one for each axis).

    temperature: of the Boltzmann law that covers the chain's, and that is the guess. Raises ReferenceUnavailable for a
    potential that needs more than two coordinates and for an unstable step, GridTooLarge before memory is taken.
    """
    if potential.dim > 2 and potential.symmetry != "axial":
        raise ReferenceUnavailable(f"{potential.name} in {potential.dim} dimensions is not symmetric about an axis")
    on_space = potential.domain.kind == "space"
    is_radial = is_axial(potential) and sigma[0] == sigma[1]
    if potential.dim > 2 and not is_radial:
        raise ReferenceUnavailable("in more than 2 dimensions the domain must be R^d and the noise the same in all directions")
    if on_space and step >= potential.stability_bound:
        raise ReferenceUnavailable(f"step size {step:g} is beyond the stability bound {potential.stability_bound:g}")
    window = support(potential, temperature, resolution.depth, is_radial)
    spacing = [_SPACING * s / (resolution.refinement * (_ON_A_LINE if potential.dim == 1 else 1.0)) for s in sigma]
    _refuse_too_large(potential, step, window, spacing, is_radial)
    first_axis = cartesian(potential.domain, float(window[0][0]), float(window[0][1]), spacing[0])
    second_axis: Radial | Cartesian | None = None
    if is_radial:
        wanted = radial_refinement * float(window[1][1] - window[1][0]) / (_RADIAL_SPACING * spacing[1])
        second_axis = radial(potential.dim, float(window[1][0]), float(window[1][1]), max(8, math.ceil(wanted)))
    elif potential.dim > 1:
        second_axis = cartesian(potential.domain, float(window[1][0]), float(window[1][1]), spacing[1])
    at_nodes = log_weights(potential, temperature, first_axis.nodes, points_of(second_axis))
    guess = np.exp(at_nodes - at_nodes.max())
    # on a compact domain the noise may carry a walker anywhere; a line is cheap
    everywhere = not on_space or potential.dim == 1
    active_nodes = np.ones(guess.shape, bool) if everywhere else at_nodes > at_nodes.max() - resolution.depth
    if not with_sources:
        nothing = np.zeros(0)
        none = nothing.astype(int)
        no_sources = Sources(nothing, nothing, first_axis.interpolation)
        return Grid(first_axis, second_axis, no_sources, None, nothing, nothing, none, none, guess, active_nodes)
    first_sources, second_sources = _sources(potential, temperature, step, sigma, resolution, first_axis, second_axis)
    shape = (points_of(second_sources).size, first_sources.nodes.size)
    active = np.ones(shape, bool)
    if not everywhere:
        weight = log_weights(potential, temperature, first_sources.nodes, points_of(second_sources))
        active = weight > at_nodes.max() - resolution.depth
    second, first = np.nonzero(active)
    x1, x2 = first_sources.nodes[first], points_of(second_sources)[second]
    return Grid(first_axis, second_axis, first_sources, second_sources, x1, x2, first, second, guess, active_nodes)


def escaped(grid: Grid, probabilities: np.ndarray, first: np.ndarray, second: np.ndarray, sigma: tuple[float, float]) -> float:
    """The probability that a step from centres (first, second) [n] ends outside the nodes; of rho's tail, nearly.

    |c + sigma xi| in k dimensions lies about sqrt(c^2 + k sigma^2) and spreads by at most sigma.
    """
    outside = 0.0
    for axis, centres, deviation in ((grid.first_axis, first, sigma[0]), (grid.second_axis, second, sigma[1])):
        if isinstance(axis, Radial):
            centres = np.sqrt(centres**2 + axis.k * deviation**2)
            outside += float(probabilities @ ndtr((centres - axis.high) / deviation))
            outside += float(probabilities @ ndtr((axis.low - centres) / deviation)) if axis.low > 0.0 else 0.0
        elif axis is not None and axis.domain.kind == "space":
            outside += float(probabilities @ ndtr((centres - axis.high) / deviation))
            outside += float(probabilities @ ndtr((axis.low - centres) / deviation))
    return max(outside, 0.0)


def _sources(
    potential: Potential,
    temperature: float,
    step: float,
    sigma: tuple[float, float],
    resolution: Resolution,
    first_axis: Cartesian,
    second_axis: Radial | Cartesian | None,
) -> tuple[Sources, Sources | None]:
    if second_axis is None:

        def functions(x: np.ndarray) -> np.ndarray:
            landed, _ = drifted(potential, step, x, x)
            return np.stack([landed / sigma[0], energies(potential, x, x) / temperature])

        return sources.adaptive(first_axis, sigma[0] / resolution.refinement, functions), None
    uniform_nodes = potential.domain.kind in ("space", "torus")
    if not potential.smooth and uniform_nodes and isinstance(second_axis, Cartesian):
        width, other = (_PANEL * s / resolution.refinement for s in sigma)
        return sources.panels(first_axis, width, _PANEL_POINTS), sources.panels(second_axis, other, _PANEL_POINTS)
    return sources.uniform(first_axis, _FIRST_SOURCES), sources.uniform(second_axis, _SECOND_SOURCES)


def _refuse_too_large(potential: Potential, step: float, window: np.ndarray, spacing: list[float], is_radial: bool) -> None:
    """By what a step of the whole grid would cost: its sources times the nodes that a Gaussian reaches from each."""
    lengths = window[:, 1] - window[:, 0]
    nodes = np.array([length / gap for length, gap in zip(lengths, spacing, strict=False)])
    reach = np.minimum(nodes, (2.5 * REACH / _SPACING) * (_ON_A_LINE if potential.dim == 1 else 1.0))
    per_node = 1 if potential.dim == 1 else _FIRST_SOURCES * (1 if is_radial else _SECOND_SOURCES)
    amount = float(nodes.prod()) * per_node
    work, size = amount * float(reach.prod()), 8.0 * amount * float(reach.sum())
    if work > MAX_WORK or size > _MAX_BYTES:
        wide = " by ".join(f"{length:.3g}" for length in lengths)
        raise GridTooLarge(
            f"a grid for the chain law at step size {step:g}, {spacing[0]:.2g} between nodes over {wide}, would have "
            f"{nodes.prod():,.0f} nodes; take a larger step or a higher temperature"
        )
