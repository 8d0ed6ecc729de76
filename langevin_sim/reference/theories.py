"""Three theories of what SGD and SGDL sample, as probabilities of cells.

With D(x) = T I + (eta/2) f C(x), C the covariance of single gradients, f = (n-b)/(b(n-1)), or 1/b with replacement:
    Boltzmann           p ~ exp(-U/T_eff), T_eff = <tr D>/d, the mean over a given law;
    Ornstein-Uhlenbeck  at every minimum a Gaussian of covariance S with A S + S A = 2 D there, A the Hessian; their weights are
                        those of Laplace's method, exp(-U/T_eff) sqrt(det S) (Mandt, Hoffman and Blei, JMLR 2017, for one
                        minimum);
    modified equation   dX = -grad(U + (eta/4) |grad U|^2) dt + sqrt(2 D(X)) dW, the second order of Li, Tai and E (JMLR
                        2019); the first order lacks the term in eta. Its stationary law solves
                        sum_i d_i (b_i p) = sum_ij d_i d_j (D_ij p), b the drift.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from scipy.sparse import csc_array, diags_array, eye_array, kron
from scipy.sparse.linalg import splu

from langevin_sim.dynamics import SGDL
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.minima import hessian
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.chain.spectral import single_gradients

_IMAGES = 3  # number of periodic images of a Gaussian on either side, on a torus
_NODES_AT_ONCE = 4096


@dataclass(frozen=True)
class Cells:
    """Equal cells of an interval or a rectangle; edges: along each axis. Probabilities of cells have the shape of the grid."""

    edges: tuple[np.ndarray, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of cells along each axis."""
        return tuple(edges.size - 1 for edges in self.edges)

    @property
    def widths(self) -> np.ndarray:
        """The widths of a cell, [d]."""
        return np.array([edges[1] - edges[0] for edges in self.edges])

    @property
    def middles(self) -> np.ndarray:
        """The middles of the cells, [cells, d]."""
        grid = np.meshgrid(*(0.5 * (edges[1:] + edges[:-1]) for edges in self.edges), indexing="ij")
        return np.stack(grid, axis=-1).reshape(-1, len(self.edges))


def cells(low: Sequence[float], high: Sequence[float], count: int) -> Cells:
    """``count`` cells along each axis."""
    return Cells(tuple(np.linspace(a, b, count + 1) for a, b in zip(low, high, strict=True)))


def diffusion(potential: Potential, dynamics: SGDL, points: np.ndarray) -> np.ndarray:
    """D at points [n, d], as [n, d, d]."""
    terms = potential.terms
    if terms is None:
        raise ReferenceUnavailable(f"{potential.name} is not a finite sum")
    batches = 0.5 * dynamics.step_size * dynamics.variance_factor(terms.n_terms)
    added = dynamics.temperature * np.eye(potential.dim)
    if terms.covariance is not None:
        return np.broadcast_to(added + batches * terms.covariance, (len(points), potential.dim, potential.dim))
    found = np.empty((len(points), potential.dim, potential.dim))
    for first in range(0, len(points), _NODES_AT_ONCE):
        part = slice(first, first + _NODES_AT_ONCE)
        single = single_gradients(terms, potential, points[part])
        single -= single.mean(axis=1, keepdims=True)
        found[part] = added + batches * np.einsum("nti,ntj->nij", single, single) / terms.n_terms
    return found


def boltzmann_cells(potential: Potential, temperature: float, where: Cells) -> np.ndarray:
    """Boltzmann's law, exp(-U/T) at the middles of the cells."""
    energy = potential.energy(where.middles)
    weights = np.exp(-(energy - energy.min()) / temperature)
    return (weights / weights.sum()).reshape(where.shape)


def ornstein_uhlenbeck_cells(potential: Potential, dynamics: SGDL, temperature: float, where: Cells) -> np.ndarray:
    """The Gaussians of all minima; temperature: the T_eff of their weights. ReferenceUnavailable if U is flat at a minimum."""
    points, dim = where.middles, potential.dim
    torus = potential.domain.kind == "torus"
    shifts = np.arange(-_IMAGES, _IMAGES + 1) * potential.domain.width if torus else np.zeros(1)
    images = np.stack(np.meshgrid(*[shifts] * dim, indexing="ij"), axis=-1).reshape(-1, dim)
    found = np.zeros(len(points))
    depths = potential.energy(potential.minima)
    for minimum, depth in zip(potential.minima, depths, strict=True):
        curvature = hessian(potential, minimum)
        if np.linalg.eigvalsh(curvature)[0] <= 0.0:
            raise ReferenceUnavailable(f"{potential.name} is flat, or not convex, at a minimum")
        covariance = scipy.linalg.solve_continuous_lyapunov(curvature, 2.0 * diffusion(potential, dynamics, minimum[None])[0])
        inverse = np.linalg.inv(covariance)
        weight = np.exp(-(depth - depths.min()) / temperature)
        for image in images:
            away = points - minimum - image
            found += weight * np.exp(-0.5 * np.einsum("ni,ij,nj->n", away, inverse, away))
    return (found / found.sum()).reshape(where.shape)


def modified_equation_cells(potential: Potential, dynamics: SGDL, where: Cells, order: int = 2) -> np.ndarray:
    """The stationary law of the modified equation of this order: by quadrature in one dimension, by central differences on a
    torus in two.

    In one dimension without a current, p ~ exp(integral b/D) / D. ReferenceUnavailable in other cases, and if D vanishes
    anywhere.
    """
    points = where.middles
    noise = diffusion(potential, dynamics, points)
    if np.linalg.eigvalsh(noise)[:, 0].min() <= 0.0:
        raise ReferenceUnavailable("the diffusion vanishes somewhere, and the modified equation is solved only if it does not")
    drift = -potential.gradient(points)
    if order == 2:
        square = (drift**2).sum(axis=1).reshape(where.shape)
        periodic = potential.domain.kind == "torus"
        drift -= (
            0.25
            * dynamics.step_size
            * np.stack([_slope(square, axis, width, periodic).ravel() for axis, width in enumerate(where.widths)], axis=1)
        )
    if potential.dim == 1:
        rate = drift[:, 0] / noise[:, 0, 0]
        exponent = np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]))]) * where.widths[0]
        weights = np.exp(exponent - exponent.max()) / noise[:, 0, 0]
        return np.asarray(weights / weights.sum())
    if potential.dim != 2 or potential.domain.kind != "torus":
        raise ReferenceUnavailable("the modified equation is solved only in one dimension, and on a torus in two")
    first, second = (_central(count, width) for count, width in zip(where.shape, where.widths, strict=True))
    ones = [eye_array(count) for count in where.shape]
    slopes = [kron(first, ones[1]), kron(ones[0], second)]
    bends = [kron(_second(where.shape[0], where.widths[0]), ones[1]), kron(ones[0], _second(where.shape[1], where.widths[1]))]
    operator = sum(
        bends[axis] @ diags_array(noise[:, axis, axis]) - slopes[axis] @ diags_array(drift[:, axis]) for axis in range(2)
    ) + 2.0 * slopes[0] @ slopes[1] @ diags_array(noise[:, 0, 1])
    # p is unique up to a factor: that of the first cell is set to 1, and its equation, which the others imply, is left out
    matrix = csc_array(operator)
    found = np.concatenate([[1.0], splu(matrix[1:, 1:]).solve(-matrix[1:, [0]].toarray().ravel())])
    return np.asarray(found / found.sum()).reshape(where.shape)


def _slope(values: np.ndarray, axis: int, width: float, periodic: bool) -> np.ndarray:
    if periodic:
        return (np.roll(values, -1, axis) - np.roll(values, 1, axis)) / (2.0 * width)
    return np.asarray(np.gradient(values, width, axis=axis))


def _around(count: int, below: float, at: float, above: float) -> csc_array:
    """A periodic matrix with the coefficients of the values before, at and after a cell."""
    rows = np.arange(count)
    places = (np.tile(rows, 3), np.concatenate([(rows - 1) % count, rows, (rows + 1) % count]))
    return csc_array((np.repeat([below, at, above], count), places), shape=(count, count))


def _central(count: int, width: float) -> csc_array:
    return _around(count, -0.5 / width, 0.0, 0.5 / width)


def _second(count: int, width: float) -> csc_array:
    return _around(count, width**-2, -2.0 * width**-2, width**-2)


def total_variation(one: np.ndarray, other: np.ndarray) -> float:
    """(1/2) sum |p - q| over the cells and their outside."""
    outside = abs((1.0 - one.sum()) - (1.0 - other.sum()))
    return 0.5 * (float(np.abs(one - other).sum()) + float(outside))
