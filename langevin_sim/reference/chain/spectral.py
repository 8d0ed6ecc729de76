"""The stationary law of SGDL on any finite sum in one or two dimensions, with the actual law of the batches.

Given x, the next state before the projection is y' = x - eta g_B(x) + sqrt(2 eta T) xi, and its characteristic function is
    psi_x(k) = E exp(-i k.y') = exp(-i k.x - eta T |k|^2) phi_x(k),
phi_x that of -eta times the batch mean (batch_mean.py). With x = P(y), P the projection onto the domain, the density p of y is
stationary where its Fourier coefficients c(k) = integral p(y) psi_{P(y)}(k) dy reproduce it. The factor exp(-eta T |k|^2) cuts
off the frequencies, so p is a trigonometric polynomial, and only the rule of integration over y remains to be chosen.
On a torus this is exact; on R^d and in a box, p lives in a window that it does not fill, and repeats beyond it.
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy.fft

from langevin_sim.dynamics import SGDL
from langevin_sim.engine.projections import project
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import FiniteSum, Potential
from langevin_sim.reference.chain.batch_mean import TILE, batch_characteristic
from langevin_sim.reference.chain.stationary import Stationary, stationary

CUT = 27.0  # frequencies whose Gaussian factor is below e^-27 = 2e-12 are left out
_MOST_WORK = 1e11  # frequencies times nodes times terms times batch size: half a minute
_MOST_NUMBERS = 2.5e8  # in the kernel's matrix: 2 GB
_NODES_A_STRIP = 512  # whose characteristic functions are computed together


@dataclass(frozen=True)
class Window:
    """The period of the Fourier series along each axis: low [d], width [d]."""

    low: np.ndarray
    width: np.ndarray

    @property
    def spacing(self) -> np.ndarray:
        """Of the frequencies, [d]."""
        return 2.0 * np.pi / self.width


@dataclass(frozen=True)
class Series:
    """A real function on a window, f(y) = sum_k c(k) exp(i k.(y - low)) / volume, from the half of its frequencies with m_1 >= 0.

    coefficients [m_1 = 0 .. M_1, m_2 = -M_2 .. M_2] (one dimension: [m_1]); those of -k are the conjugates.
    """

    window: Window
    coefficients: np.ndarray

    @property
    def orders(self) -> list[np.ndarray]:
        """The integers m of each axis."""
        shape = self.coefficients.shape
        return [np.arange(shape[0])] + [np.arange(n) - n // 2 for n in shape[1:]]

    def on(self, *axes: np.ndarray) -> np.ndarray:
        """f on the tensor grid of points along each axis."""
        volume = float(np.prod(self.window.width))
        value = _halved(self.coefficients)
        for axis, points in enumerate(axes):
            phase = np.exp(1j * np.outer(points - self.window.low[axis], self.orders[axis] * self.window.spacing[axis]))
            value = np.moveaxis(np.tensordot(phase, value, (1, axis)), 0, axis)
        return np.real(value) * 2.0 / volume

    def on_even(self, counts: list[int], offset: float) -> np.ndarray:
        """f on even grids of more points than twice the orders, ``offset`` spacings from the window's lower end: [counts]."""
        value = np.array(self.coefficients)
        for axis, (count, m) in enumerate(zip(counts, self.orders, strict=True)):
            shape = [-1 if other == axis else 1 for other in range(value.ndim)]
            value = value * np.exp(2j * np.pi * offset / count * m).reshape(shape)
        if value.ndim == 2:
            padded = np.zeros((value.shape[0], counts[1]), complex)
            padded[:, self.orders[1]] = value
            value = scipy.fft.ifft(padded, axis=1) * counts[1]
        return np.asarray(scipy.fft.irfft(value, counts[0], axis=0)) * (counts[0] / float(np.prod(self.window.width)))

    def marginal(self, axis: int) -> "Series":
        """The integral over all other axes, a function of one."""
        if self.coefficients.ndim == 1:
            return self
        window = Window(self.window.low[axis : axis + 1], self.window.width[axis : axis + 1])
        middle = self.coefficients.shape[1] // 2
        return Series(window, self.coefficients[:, middle] if axis == 0 else self.coefficients[0, middle:])

    def below(self, points: np.ndarray) -> np.ndarray:
        """One dimension: the integral of f from the window's lower end."""
        c, m = _halved(self.coefficients)[1:], self.orders[0][1:]
        k = m * self.window.spacing[0]
        distance = np.asarray(points, float) - self.window.low[0]
        waves = (np.exp(1j * np.multiply.outer(distance, k)) - 1.0) / (1j * k)
        return (self.coefficients[0].real * distance + 2.0 * np.real(waves @ c)) / self.window.width[0]


def _halved(coefficients: np.ndarray) -> np.ndarray:
    """Coefficients with m_1 = 0 halved, so that twice the real part of the sum over m_1 >= 0 is the whole series."""
    halved = np.array(coefficients)
    halved[0] *= 0.5
    return halved


@dataclass(frozen=True)
class Nodes:
    """What the density is integrated over: nodes and weights along each axis of a window."""

    window: Window
    axes: list[tuple[np.ndarray, np.ndarray]]

    @property
    def even(self) -> float | None:
        """Of even nodes, their offset from the window's lower end in spacings; else None."""
        return None

    @property
    def points(self) -> np.ndarray:
        """The nodes, [nodes, d]."""
        grid = np.meshgrid(*(points for points, _ in self.axes), indexing="ij")
        return np.stack(grid, axis=-1).reshape(-1, len(self.axes))

    @property
    def weights(self) -> np.ndarray:
        """Of the nodes, [nodes]."""
        found = np.ones(1)
        for _, weights in self.axes:
            found = np.multiply.outer(found, weights)
        return found.ravel()

    def at_nodes(self, series: Series) -> np.ndarray:
        """A series at the nodes, [nodes]."""
        counts = [nodes.size for nodes, _ in self.axes]
        if self.even is not None and all(count > 2 * m.max() for count, m in zip(counts, series.orders, strict=True)):
            return series.on_even(counts, self.even).ravel()
        return series.on(*(nodes for nodes, _ in self.axes)).ravel()

    def push(self, density: np.ndarray) -> Series:
        """The density a step later, from that at the nodes [nodes]."""
        raise NotImplementedError

    def pull(self, values: np.ndarray) -> np.ndarray:
        """The transposed map of p -> weights * at_nodes(push(p / weights)), p the probabilities of the nodes [nodes]."""
        waves = (self.weights * values).reshape([points.size for points, _ in self.axes]).astype(complex)
        for axis, (points, _) in enumerate(self.axes):
            k = self.orders_along(axis) * self.window.spacing[axis]
            phase = np.exp(1j * np.outer(k, points - self.window.low[axis]))
            waves = np.moveaxis(np.tensordot(phase, waves, (1, axis)), 0, axis)
        return self._back(_halved(waves) * 2.0 / float(np.prod(self.window.width)))

    def orders_along(self, axis: int) -> np.ndarray:
        """The integers m of the coefficients along one axis."""
        raise NotImplementedError

    def _back(self, waves: np.ndarray) -> np.ndarray:
        """Re sum_k waves(k) c(k) with c the coefficients that a node's unit of probability has a step later: [nodes]."""
        raise NotImplementedError


@dataclass(frozen=True)
class SpectralKernel(Nodes):
    """One step of the chain: densities at nodes in, a Series out.

    matrix [2 frequencies, nodes], real parts of psi first, then imaginary ones; orders [frequencies, d]; shape of the
    coefficients.
    """

    matrix: np.ndarray
    orders: np.ndarray
    shape: tuple[int, ...]

    def push(self, density: np.ndarray) -> Series:
        """A product of a matrix and a vector."""
        values = self.matrix @ (self.weights * density)
        half = len(self.orders)
        coefficients = np.zeros(self.shape, dtype=complex)
        coefficients[self._place] = values[:half] + 1j * values[half:]
        return Series(self.window, coefficients)

    @property
    def _place(self) -> tuple[np.ndarray, ...]:
        return (self.orders[:, 0], *(self.orders[:, a] + self.shape[a] // 2 for a in range(1, len(self.shape))))

    def orders_along(self, axis: int) -> np.ndarray:
        """Half of those of the first axis, all of the second."""
        size = self.shape[axis]
        return np.arange(size) - (size // 2 if axis else 0)

    def _back(self, waves: np.ndarray) -> np.ndarray:
        kept = waves[self._place]
        return np.asarray(np.concatenate([kept.real, -kept.imag]) @ self.matrix)


def single_gradients(terms: FiniteSum, potential: Potential, points: np.ndarray) -> np.ndarray:
    """grad V_i at points [n, dim] for every term: [n, terms, dim]."""
    one = np.empty((len(points), terms.n_terms, potential.dim))
    for i in range(terms.n_terms):
        one[:, i] = potential.batch_gradient(points, np.full((len(points), 1), i))
    return one


def frequencies(window: Window, eta_t: float, cut: float) -> np.ndarray:
    """The integers m [frequencies, d], m_1 >= 0, of frequencies k with eta T |k|^2 <= cut, the first axis slowest."""
    largest = np.floor(math.sqrt(cut / eta_t) / window.spacing).astype(int)
    axes = [np.arange(largest[0] + 1)] + [np.arange(-top, top + 1) for top in largest[1:]]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))
    return grid[((grid * window.spacing) ** 2).sum(axis=1) * eta_t <= cut]


def kernel(
    potential: Potential, dynamics: SGDL, window: Window, axes: list[tuple[np.ndarray, np.ndarray]], cut: float = CUT
) -> SpectralKernel:
    """psi at the nodes of the axes, for all frequencies that matter; ReferenceUnavailable where that is too much."""
    terms = potential.terms
    assert terms is not None
    size, replacement = dynamics.batch_size, dynamics.replacement
    eta, eta_t = dynamics.step_size, 0.5 * dynamics.noise**2
    orders = frequencies(window, eta_t, cut)
    nodes = np.stack(np.meshgrid(*(points for points, _ in axes), indexing="ij"), axis=-1).reshape(-1, potential.dim)
    if 2.0 * len(orders) * len(nodes) > _MOST_NUMBERS or len(orders) * len(nodes) * terms.n_terms * float(size) > _MOST_WORK:
        raise ReferenceUnavailable(
            f"the added noise, {dynamics.noise:.3g} a step, is too small for this domain: the law has {len(orders):,} Fourier "
            f"coefficients, and its kernel {len(nodes):,} nodes, {terms.n_terms:,} terms and batches of {size:,}"
        )
    inside = projected(potential, nodes)
    matrix = np.empty((2 * len(orders), len(nodes)))
    k = orders * window.spacing
    damping = np.exp(-eta_t * (k**2).sum(axis=1))
    for first in range(0, len(nodes), _NODES_A_STRIP):
        strip = slice(first, first + _NODES_A_STRIP)
        shifts = (-eta / size) * single_gradients(terms, potential, inside[strip])
        phi = characteristic(shifts, orders, window, size, replacement)
        psi = phi * np.exp(-1j * (k @ (inside[strip] - window.low).T)) * damping[:, None]
        matrix[: len(orders), strip], matrix[len(orders) :, strip] = psi.real, psi.imag
    return SpectralKernel(window, axes, matrix, orders, _shape(orders))


def projected(potential: Potential, points: np.ndarray) -> np.ndarray:
    """P(points), [n, dim]."""
    columns = np.ascontiguousarray(points.T)
    domain = potential.domain
    project(columns, np.array([domain.code, domain.low, domain.high], dtype=float))
    return columns.T


def _shape(orders: np.ndarray) -> tuple[int, ...]:
    top = orders.max(axis=0)
    return (int(top[0]) + 1, *(2 * int(t) + 1 for t in top[1:]))


def characteristic(shifts: np.ndarray, orders: np.ndarray, window: Window, size: int, replacement: bool) -> np.ndarray:
    """E exp(-i k.Y) for every frequency and set of shifts: complex [frequencies, nodes]."""
    dim = orders.shape[1]
    last = orders[:, -1]
    low, tiles = int(last.min()), -(-int(last.max() - last.min() + 1) // TILE)
    place: dict[tuple[int, int], int] = {}
    firsts: list[int] = []
    lasts: list[int] = []
    rows = orders[:, 0] if dim > 1 else np.zeros(len(orders), int)
    for tile in range(tiles):
        for row in np.unique(rows[(last - low) // TILE == tile]):
            place[int(row), tile] = len(firsts)
            firsts.append(int(row))
            lasts.append(low + TILE * tile)
    found = np.empty((len(shifts), len(firsts), 2, TILE))
    batch_characteristic(
        np.ascontiguousarray(shifts), np.array(firsts), np.array(lasts), window.spacing, size, replacement, found
    )
    at = np.array([place[int(row), int((m - low) // TILE)] for row, m in zip(rows, last, strict=True)])
    lane = (last - low) % TILE
    return (found[:, at, 0, lane] + 1j * found[:, at, 1, lane]).T


def solve(step: Nodes, guess: np.ndarray) -> tuple[Series, Stationary]:
    """The stationary density and the two leading eigenvalues; guess: a density at the nodes, up to a factor."""
    found = stationary(lambda p: step.at_nodes(step.push(p)), guess)
    series = step.push(found.probabilities)
    return Series(series.window, series.coefficients / series.coefficients.ravel()[_zero(series)].real), found


def _zero(series: Series) -> int:
    """Where the coefficient of k = 0 stands, the integral of the series."""
    shape = series.coefficients.shape
    return 0 if len(shape) == 1 else shape[1] // 2
