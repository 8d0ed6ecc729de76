"""The transition kernel of a potential and a dynamics, on the nodes of its chain law."""

from copy import copy
from functools import partial

import numpy as np
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from langevin_sim.dynamics import Dynamics
from langevin_sim.errors import InputError, ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.borders import Labelling, marks
from langevin_sim.reference.chain.batches import after, rule_ends
from langevin_sim.reference.chain.chain_law import declared
from langevin_sim.reference.chain.grid import points_of, weights_of
from langevin_sim.reference.chain.interpolation import barycentric, lagrange
from langevin_sim.reference.chain.nystroem import source_line
from langevin_sim.reference.chain.radial import Radial
from langevin_sim.reference.chain.refinement import open_window
from langevin_sim.reference.chain.shares import Interpolation, Line, weights_in
from langevin_sim.reference.chain.sources import between_atoms
from langevin_sim.reference.chain.spectral import Nodes, projected
from langevin_sim.reference.chain.transition import TransitionKernel


def chain_kernel(potential: Potential, dynamics: Dynamics, refinement: float = 1.25) -> TransitionKernel:
    """One step of a discretised chain between nodes: p -> p K, f -> K f, and the kernel restricted to a set.

    The kernels of chain_law, where it computes on a grid: GDL's, LM's, and that of batches as they are drawn, in one and two
    dimensions, and in any dimension for GDL and LM where U depends on (x_1, |(x_2..x_d)|) alone. The window is the chain
    law's. refinement: of the nodes, 1.25 for those of the chain law's second grid; what changes with a larger one is the error.
    Raises ReferenceUnavailable, with the reason, for anything else.
    """
    if not refinement > 0.0:
        raise InputError(f"refinement {refinement}: expected a positive number")
    kernel = declared(dynamics)
    if not dynamics.stationary:
        raise ReferenceUnavailable(f"{dynamics.name} without noise, or with a schedule, has no kernel of its own")
    # one BLAS thread: the same bits on any machine
    with threadpool_limits(1, user_api="blas"):
        if kernel.batch_step is not None and potential.terms is not None and potential.dim <= 2:
            return _of_batches(potential, dynamics, kernel.batch_step(potential, dynamics, refinement))
        sigma = kernel.noise(potential, dynamics).deviations(dynamics.name)
        resolution, _ = open_window(potential, dynamics, kernel, sigma)
        resolution = resolution._replace(refinement=refinement)
        grid, step = kernel.step(potential, dynamics.step_size, sigma, resolution)
    axes = [axis for axis in (grid.first_axis, grid.second_axis) if axis is not None]
    first, second = (part.ravel() for part in np.meshgrid(grid.first_axis.nodes, points_of(grid.second_axis)))
    nodes = np.stack([first, second], axis=1)[:, : len(axes)]
    weights = (weights_of(grid.second_axis)[:, None] * grid.first_axis.weights).ravel()
    coordinates = "x_1, rho" if isinstance(grid.second_axis, Radial) else "x"
    lines = tuple(source_line(potential, axis, between_atoms(axis), k, sigma[k]) for k, axis in enumerate(axes))
    of_y = dynamics.kernel == "leimkuhler-matthews"
    return TransitionKernel(potential, dynamics, "y" if of_y else coordinates, nodes, weights, step, lines)


class _FirstFastest:
    """A step of Nodes, whose second axis runs fastest, between nodes in the order of a TransitionKernel."""

    def __init__(self, potential: Potential, dynamics: Dynamics, step: Nodes, lines: tuple[Line, ...]) -> None:
        self._chain = (potential, dynamics)
        self._step, self._lines = step, lines
        self._share = np.ones(step.weights.size)
        self._shape = [points.size for points, _ in step.axes]

    def turned(self, values: np.ndarray) -> np.ndarray:
        """From the order of Nodes."""
        return values.reshape(self._shape).T.ravel()

    def _back(self, values: np.ndarray) -> np.ndarray:
        return values.reshape(self._shape[::-1]).T.ravel()

    def push(self, probabilities: np.ndarray) -> np.ndarray:
        """p -> p K."""
        weights = self._step.weights
        left = self._back(self._share * probabilities)
        return self.turned(weights * self._step.at_nodes(self._step.push(left / weights)))

    def pull(self, values: np.ndarray) -> np.ndarray:
        """f -> K f."""
        return self._share * self.turned(self._step.pull(self._back(values)))

    def restricted(self, inside: Labelling) -> "_FirstFastest":
        """The step from the points where inside(first [n], second [n]) is 1."""
        other = copy(self)
        weights = weights_in(inside, self._lines[0], self._lines[1] if len(self._lines) > 1 else None)
        other._share = weights.ravel() / self.turned(self._step.weights)
        return other

    def after(self, points: np.ndarray) -> np.ndarray:
        """The probabilities of the nodes a step after points [m, d]."""
        return np.stack([self.turned(after(*self._chain, self._step, point)) for point in points])


def _of_batches(potential: Potential, dynamics: Dynamics, step: Nodes) -> TransitionKernel:
    domain = potential.domain
    walls = () if domain.kind == "space" else (domain.low, domain.high)
    noise = float(dynamics.noise)
    lines = []
    for axis, (points, _) in enumerate(step.axes):
        low, width = float(step.window.low[axis]), float(step.window.width[axis])
        if domain.kind == "space":
            spacing = width / points.size
            interpolation: Interpolation = partial(_periodic, low, spacing, points.size)
        else:
            interpolation = partial(_on_panels, points, rule_ends(potential, low, width))
        lines.append(Line(low, low + width, interpolation, max(noise, 2.0 * width / points.size), marks(potential, axis), walls))
    order = _FirstFastest(potential, dynamics, step, tuple(lines))
    nodes = np.stack([order.turned(column) for column in step.points.T], axis=1)
    project = None if domain.kind in ("space", "torus") else partial(projected, potential)
    coordinates = "x" if project is None else "y"
    return TransitionKernel(potential, dynamics, coordinates, nodes, order.turned(step.weights), order, tuple(lines), project)


def _periodic(low: float, spacing: float, count: int, points: np.ndarray) -> csr_array:
    return lagrange(low, spacing, count, points, periodic=True)


def _on_panels(nodes: np.ndarray, ends: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The polynomial through all nodes of a panel, in each: [points, nodes]."""
    found = np.zeros((points.size, nodes.size))
    panel, of_nodes = (np.clip(np.searchsorted(ends, x, side="right") - 1, 0, ends.size - 2) for x in (points, nodes))
    for k in range(ends.size - 1):
        rows, columns = np.flatnonzero(panel == k), np.flatnonzero(of_nodes == k)
        found[np.ix_(rows, columns)] = barycentric(nodes[columns], points[rows])
    return found
