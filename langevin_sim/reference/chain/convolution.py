"""One step with noise that is the same everywhere, GDL or batches of tilts: the drift, then a convolution, by Fourier transforms.

With m(x) = x - eta grad U(x) and the noise n of a step, the density q of y' = m(x) + n has the Fourier coefficients
    c(k) = phi(k) integral p(y) exp(-i k.m(P(y))) dy,    phi(k) = E exp(-i k.n) = exp(-eta T |k|^2) phi_B(k),
phi_B the batch's (batch_mean.py), 1 for GDL. The integral is a sum over nodes whose images m are at no grid's points: each is
spread over the nearest points of a grid by a bump whose own transform is divided out afterwards (a non-uniform fast Fourier
transform, with the bump of Barnett, Magland and af Klinteberg, SIAM J. Sci. Comput. 41, C479, 2019).
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy.fft
from scipy.sparse import csr_array
from scipy.special import roots_legendre

from langevin_sim.dynamics import SGDL, Dynamics
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.chain.spectral import Nodes, Series, Window, characteristic, projected

_BUMP = 11  # grid points that a bump covers, for errors of 1e-10
_STEEPNESS = 2.3 * _BUMP
_OVERSAMPLED = 2.0  # the grid, beyond twice the largest order
_MOST_NODES = 300_000  # a step with this many takes 50 ms, and a law needs some hundreds of steps; 450 MB


class TooManyNodes(ReferenceUnavailable):
    """The step is too small for this window."""


@dataclass(frozen=True)
class ConvolutionKernel(Nodes):
    """One step of the chain: densities at nodes in, a Series out.

    spread [grid points, nodes]; grid: points along each axis; noise: phi over the transform of the bump, at the
    coefficients of a Series. offset: of even nodes, in spacings from the window's lower end.
    """

    spread: csr_array
    grid: tuple[int, ...]
    noise: np.ndarray
    offset: float | None = None

    @property
    def even(self) -> float | None:
        """Of even nodes, their offset from the window's lower end in spacings."""
        return self.offset

    def push(self, density: np.ndarray) -> Series:
        """The density a step later, from that at the nodes [nodes]."""
        value = (self.spread @ (self.weights * density)).reshape(self.grid)
        largest = [size // 2 for size in self.noise.shape[1:]]
        found = scipy.fft.rfft(value, axis=0)[: self.noise.shape[0]]
        if largest:
            found = scipy.fft.fft(found, axis=1)[:, np.arange(-largest[0], largest[0] + 1)]
        return Series(self.window, found * self.noise)

    def orders_along(self, axis: int) -> np.ndarray:
        """Half of those of the first axis, all of the second."""
        size = self.noise.shape[axis]
        return np.arange(size) - (size // 2 if axis else 0)

    def _back(self, waves: np.ndarray) -> np.ndarray:
        padded = np.zeros(self.grid, complex)
        padded[np.ix_(*(self.orders_along(axis) for axis in range(len(self.grid))))] = waves * self.noise
        return np.asarray(self.spread.T @ scipy.fft.fftn(padded).real.ravel())


def kernel(
    potential: Potential,
    dynamics: Dynamics,
    window: Window,
    axes: list[tuple[np.ndarray, np.ndarray]],
    largest: np.ndarray,
    offset: float | None = None,
) -> ConvolutionKernel:
    """The step from the nodes of the axes, with the orders up to ``largest`` [d]; TooManyNodes before memory is taken.

    offset: of even nodes, from the window's lower end in spacings. The batches are those of the potential's tilts, if any.
    """
    count = math.prod(points.size for points, _ in axes)
    if count > _MOST_NODES:
        wide = " by ".join(f"{width:.3g}" for width in window.width)
        raise TooManyNodes(
            f"a step's noise, {dynamics.noise:.3g}, is small beside the window of {wide} "
            f"that the law needs: {count:,} nodes, at most {_MOST_NODES:,}; take a larger step or a higher temperature"
        )
    nodes = np.stack(np.meshgrid(*(points for points, _ in axes), indexing="ij"), axis=-1).reshape(-1, potential.dim)
    inside = projected(potential, nodes)
    landed = (inside - dynamics.step_size * potential.gradient(inside) - window.low) / window.width
    grid = tuple(scipy.fft.next_fast_len(math.ceil(_OVERSAMPLED * (2 * int(top) + 1))) for top in largest)
    along = [np.arange(largest[0] + 1), *(np.arange(-top, top + 1) for top in largest[1:])]
    orders = np.stack(np.meshgrid(*along, indexing="ij"), axis=-1).reshape(-1, potential.dim)
    batches: np.ndarray = np.ones(len(orders), complex)
    if potential.terms is not None:
        assert isinstance(dynamics, SGDL), "GDL comes without terms"
        assert potential.terms.tilts is not None, "the noise is the same everywhere"
        shifts = (-dynamics.step_size / dynamics.batch_size) * potential.terms.tilts[None]
        batches = characteristic(shifts, orders, window, dynamics.batch_size, dynamics.replacement)[:, 0]
    added = np.exp(-0.5 * dynamics.noise**2 * ((orders * window.spacing) ** 2).sum(axis=1))
    noise = (batches * added).reshape([part.size for part in along])
    for axis, (part, points) in enumerate(zip(along, grid, strict=True)):
        shape = [-1 if other == axis else 1 for other in range(potential.dim)]
        noise = noise / _transform(part, points).reshape(shape)
    return ConvolutionKernel(window, axes, _spread(landed, grid), grid, noise, offset)


def _bump(z: np.ndarray) -> np.ndarray:
    """exp(beta (sqrt(1 - z^2) - 1)), |z| <= 1."""
    return np.exp(_STEEPNESS * (np.sqrt(np.maximum(1.0 - z * z, 0.0)) - 1.0))


def _transform(orders: np.ndarray, points: int) -> np.ndarray:
    """Of the bump, on a grid of so many points a period: the integral over its width in grid spacings of cos(2 pi m s/points)."""
    t, weights = roots_legendre(4 * _BUMP)
    s = 0.5 * _BUMP * t
    return np.asarray(np.cos(2.0 * np.pi / points * np.multiply.outer(orders, s)) @ (0.5 * _BUMP * weights * _bump(t)))


def _spread(landed: np.ndarray, grid: tuple[int, ...]) -> csr_array:
    """[grid points, nodes]: the bump around each point of landed [nodes, d], in periods."""
    count, dim = landed.shape
    place: np.ndarray = np.zeros((count, 1), np.int32)
    value: np.ndarray = np.ones((count, 1))
    for axis in range(dim):
        at = landed[:, axis] * grid[axis]
        reached = np.ceil(at - 0.5 * _BUMP).astype(np.int32)[:, None] + np.arange(_BUMP, dtype=np.int32)
        bump = _bump((reached - at[:, None]) / (0.5 * _BUMP))
        value = (value[:, :, None] * bump[:, None, :]).reshape(count, -1)
        place = (place[:, :, None] * grid[axis] + (reached % grid[axis])[:, None, :]).reshape(count, -1)
    ends = np.arange(count + 1) * value.shape[1]
    return csr_array(csr_array((value.ravel(), place.ravel(), ends), shape=(count, math.prod(grid))).T)
