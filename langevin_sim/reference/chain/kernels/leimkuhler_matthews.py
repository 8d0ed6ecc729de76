"""LM: x_t = y_t + (s/2) xi_t and y_{t+1} = 2 x_t - y_t - eta grad U(x_t), s = sqrt(2 eta T): y is a Markov chain.

So x_t - (eta/2) grad U(x_t) = (y_t + y_{t+1})/2 =: m, and the density of a step is
K(y, y') = N(x(m); y, s^2/4) / det(2 I - eta H(x(m))), H the Hessian of U. With rho in place of x_2..x_d
it is integrated over the angle between the two rho vectors. The law of x is that of y, widened by s/2.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.special import gammaln, roots_legendre

from langevin_sim.dynamics import Dynamics
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.borders import Labelling
from langevin_sim.reference.chain.axes import Cartesian
from langevin_sim.reference.chain.grid import Grid, escaped, make_grid, points_of, weights_of
from langevin_sim.reference.chain.kernel import GridTooLarge, Kernel, Modes, Noise, Resolution, Solution
from langevin_sim.reference.chain.mixture import mixed
from langevin_sim.reference.chain.nystroem import start_vector
from langevin_sim.reference.chain.radial import Radial
from langevin_sim.reference.chain.stationary import stationary
from langevin_sim.reference.plane import drifted
from langevin_sim.vectormath import compiled, exp

_REACH = 7.0  # standard deviations of a step beyond which its law is negligible
_DIFFERENCE = 1e-5
_MAX_ENTRIES = 4e7  # of 16 bytes
_ITERATIONS = 100
_HALVINGS = 30
_ROUNDING = 1e-13
_ANGLES = 24
_DEVIATION, _NARROW = 1.25, 0.025  # a law narrower than this many steps needs closer nodes
_TABLE_STEP = 0.02  # spacing in rho of the table of x(m), in standard deviations


def _noise(potential: Potential, dynamics: Dynamics) -> Noise:
    return Noise(dynamics.noise**2)


def _covariance(curvatures: np.ndarray, noise: np.ndarray, step: float) -> np.ndarray:
    """Boltzmann's own at any stable step: S_ij = Q_ij / (2 eta k_i), Q = 2 eta T I."""
    return np.asarray(noise / (2.0 * step * curvatures))


def _solve(
    potential: Potential, step: float, sigma: tuple[float, float], resolution: Resolution, start: Modes | None = None
) -> Solution:
    """Solve p = p K for y on the grid's nodes; x is the mixture of N(y, s^2/4)."""
    grid, move = _step(potential, step, sigma, resolution)
    first, second = grid.first_axis, grid.second_axis
    shape = grid.guess.shape
    weights = move.weights.reshape(shape)
    found = stationary(move.push, start_vector(potential, grid, start))
    half = (0.5 * sigma[0], 0.5 * sigma[1])
    values = (found.probabilities.reshape(shape) / weights, found.mode.reshape(shape) / weights)
    # the last step is half as wide: nodes twice as close, in both coordinates
    finer, finer_second = first.finer(2), None if second is None else second.finer(2)
    density_there = (first.interpolation(finer.nodes) @ values[0].T).T
    if second is not None:
        density_there = second.interpolation(points_of(finer_second)) @ density_there
    at, beside = np.meshgrid(finer.nodes, points_of(finer_second))
    probabilities = (density_there * finer.weights * weights_of(finer_second)[:, None]).ravel()
    law = mixed(potential, probabilities, at.ravel(), beside.ravel(), half, finer, finer_second)
    there, aside = (part.ravel() for part in np.meshgrid(first.nodes, points_of(second)))
    leak = escaped(grid, found.probabilities, *drifted(potential, step, there, aside), sigma)
    means, squares = law.moments()
    return Solution(
        *law.masses(),
        law.energy(),
        means,
        squares,
        law.marginals(),
        found.relaxation_steps,
        leak,
        abs(found.first - 1.0 + leak) + found.residual * found.relaxation_steps,
        Modes(first, second, values),
    )


@dataclass(frozen=True)
class _Step:
    """One step of y between nodes, a transition.Step: the transposed kernel's density, and the nodes' weights."""

    density: csr_array
    weights: np.ndarray

    def push(self, probabilities: np.ndarray) -> np.ndarray:
        """p -> p K."""
        return np.asarray(self.weights * (self.density @ probabilities))

    def pull(self, values: np.ndarray) -> np.ndarray:
        """f -> K f."""
        return np.asarray(self.density.T @ (self.weights * values))

    def restricted(self, inside: Labelling) -> "_Step":
        """Not known: ReferenceUnavailable."""
        raise ReferenceUnavailable("LM's Markov chain is that of y, which does not tell whether x is in a set")

    def after(self, points: np.ndarray) -> np.ndarray:
        """Not known: ReferenceUnavailable."""
        raise ReferenceUnavailable("LM's Markov chain is that of y, of which x alone does not tell where it is")


def _step(potential: Potential, step: float, sigma: tuple[float, float], resolution: Resolution) -> tuple[Grid, _Step]:
    """The grid for y, and one step between its nodes."""
    if potential.domain.kind in ("box", "reflecting"):
        raise ReferenceUnavailable("LM at a wall is not a Markov chain in y")
    share = max(step / potential.stability_bound, 1e-12)
    variance = (1.0 / share - 1.0) / 4.0  # of y near a minimum, where it is narrowest: x's less s^2/4
    closer = max(1.0, _DEVIATION / math.sqrt(max(variance, _NARROW)))
    resolution = resolution._replace(refinement=closer * resolution.refinement)
    temperature = max(sigma) ** 2 / (2.0 * step)
    grid = make_grid(potential, temperature, step, sigma, resolution, radial_refinement=1.6, with_sources=False)
    first, second = grid.first_axis, grid.second_axis
    density = (
        _radial_kernel(potential, step, sigma[0], first, second)
        if isinstance(second, Radial)
        else _plane_kernel(potential, step, sigma, first, second)
    )
    weights = weights_of(second)[:, None] * first.weights
    return grid, _Step(density, weights.ravel())


KERNEL = Kernel(_noise, _covariance, _solve, _step)


def _solve_midpoints(
    potential: Potential, step_size: float, first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x(m) - m and det of I - eta H/2 within the plane, at m = (first, second): [n, 2], [n, 2, 2]-determinant [n].

    Also the gradient's second component over the second coordinate, for the directions out of the plane: [n].
    """
    planar = potential.dim > 1

    def gradient(x: np.ndarray) -> np.ndarray:
        points = np.zeros((x.shape[0], potential.dim))
        points[:, : x.shape[1]] = x
        return potential.gradient(points)[:, : x.shape[1]]

    def jacobian(x: np.ndarray) -> np.ndarray:
        columns = []
        for j in range(x.shape[1]):
            e = np.zeros(x.shape[1])
            e[j] = _DIFFERENCE
            columns.append((gradient(x + e) - gradient(x - e)) / (2 * _DIFFERENCE))
        return np.eye(x.shape[1]) - 0.5 * step_size * np.stack(columns, axis=-1)

    m = np.stack([first, second], axis=1) if planar else first[:, None]
    x = _newton(lambda x: x - 0.5 * step_size * gradient(x), jacobian, m)
    determinant = np.linalg.det(jacobian(x))
    if determinant.min() <= 0:
        raise ReferenceUnavailable("LM: x - (eta/2) grad U(x) folds over at this step")
    outside = np.ones(first.size)
    if planar:
        ratio = gradient(x)[:, 1] / np.where(np.abs(x[:, 1]) > 1e-9, x[:, 1], 1.0)
        outside = 1.0 - 0.5 * step_size * ratio
    return x - m, determinant, outside


def _newton(value: Callable[[np.ndarray], np.ndarray], jacobian: Callable[[np.ndarray], np.ndarray], m: np.ndarray) -> np.ndarray:
    """x with value(x) = m, [n, planes], from x = m; a step that does not reduce |value(x) - m| is halved."""
    x, left = m.copy(), np.arange(m.shape[0])
    residual = value(x) - m
    for _ in range(_ITERATIONS):
        move = np.linalg.solve(jacobian(x[left]), residual[left][..., None])[..., 0]
        distance = np.linalg.norm(residual[left], axis=1)
        factor, open_ = np.ones(left.size), np.arange(left.size)
        for _ in range(_HALVINGS):
            tried = x[left[open_]] - factor[open_, None] * move[open_]
            found = value(tried) - m[left[open_]]
            good = np.linalg.norm(found, axis=1) <= np.maximum((1.0 - 1e-3 * factor[open_]) * distance[open_], _ROUNDING)
            x[left[open_[good]]], residual[left[open_[good]]] = tried[good], found[good]
            open_ = open_[~good]
            if not open_.size:
                break
            factor[open_] *= 0.5
        left = left[np.linalg.norm(factor[:, None] * move, axis=1) > 1e-11]
        if not left.size:
            return x
    raise ReferenceUnavailable("LM: x - (eta/2) grad U(x) cannot be inverted at this step")


def _windows(nodes: np.ndarray, reach: float) -> int:
    return min(nodes.size - 1, math.ceil(reach / (nodes[1] - nodes[0]))) if nodes.size > 1 else 0


def _plane_kernel(
    potential: Potential, step_size: float, sigma: tuple[float, float], first: Cartesian, second: Radial | Cartesian | None
) -> csr_array:
    """K, transposed, on uniform nodes in one or two coordinates: midpoints lie on a grid of half the spacing."""
    h = first.nodes[1] - first.nodes[0]
    periodic = first.domain.kind == "torus"
    count = first.nodes.size
    half_first = first.low + 0.5 * h * np.arange(2 * count)
    others = np.zeros(1) if second is None else second.nodes
    g = 0.0 if second is None else others[1] - others[0]
    half_second = np.zeros(1) if second is None else others[0] + 0.5 * g * np.arange(2 * others.size)
    reach = _REACH + 1.0
    window = (_windows(first.nodes, reach * sigma[0]), _windows(others, reach * sigma[1]))
    entries = float(count) * others.size * (2 * window[0] + 1) * (2 * window[1] + 1)
    if entries > _MAX_ENTRIES:
        raise GridTooLarge(f"LM's kernel would need {entries:.2g} entries")
    at, beside = np.meshgrid(half_first, half_second)
    shift, determinant, _ = _solve_midpoints(potential, step_size, at.ravel(), beside.ravel())
    dim = min(potential.dim, 2)
    shape = (half_second.size, half_first.size)
    shifts = np.zeros((2, *shape))
    shifts[:dim] = shift.T.reshape(dim, *shape)
    rows, columns, values = _fill_plane(
        count, others.size, h, g, window[0], window[1], periodic, shifts, determinant.reshape(shape), sigma[0], sigma[1], dim
    )
    return csr_array((values, (columns, rows)), shape=(count * others.size,) * 2)


@compiled
def _fill_plane(
    n: int,
    m: int,
    h: float,
    g: float,
    reach_n: int,
    reach_m: int,
    periodic: bool,
    shifts: np.ndarray,
    determinant: np.ndarray,
    sigma: float,
    other_sigma: float,
    dim: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    size = n * m * (2 * reach_n + 1) * (2 * reach_m + 1)
    rows, columns, values = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size)
    used = 0
    factor = (2.0 / (math.pi * sigma * sigma)) ** 0.5 / 2.0
    if dim == 2:
        factor *= (2.0 / (math.pi * other_sigma * other_sigma)) ** 0.5 / 2.0
    for b in range(m):
        for a in range(n):
            for db in range(-reach_m, reach_m + 1):
                for da in range(-reach_n, reach_n + 1):
                    to, beside = a + da, b + db
                    if periodic:
                        to, beside = to % n, beside % m
                    elif to < 0 or to >= n or beside < 0 or beside >= m:
                        continue
                    i, j = (2 * a + da) % (2 * n), (2 * b + db) % (2 * m)
                    way = (0.5 * da * h + shifts[0, j, i]) / sigma
                    other = (0.5 * db * g + shifts[1, j, i]) / other_sigma if dim == 2 else 0.0
                    rows[used] = b * n + a
                    columns[used] = beside * n + to
                    values[used] = factor * math.exp(-2.0 * (way * way + other * other)) / determinant[j, i]
                    used += 1
    return rows[:used], columns[:used], values[:used]


def _radial_kernel(potential: Potential, step_size: float, sigma: float, first: Cartesian, second: Radial) -> csr_array:
    """K, transposed, in (y_1, rho): x(m) from a table, the angle between the two rho vectors by Gauss-Legendre."""
    h = first.nodes[1] - first.nodes[0]
    count = first.nodes.size
    half_first = first.low + 0.5 * h * np.arange(2 * count)
    table_rho = np.arange(0.0, second.high + 4 * _TABLE_STEP * sigma, _TABLE_STEP * sigma) + 1e-9
    reach = (_REACH + 1.0) * sigma
    window = _windows(first.nodes, reach)
    lands = np.abs(second.nodes[:, None] - second.nodes[None, :]) < reach
    if float(count) * (2 * window + 1) * lands.sum() > _MAX_ENTRIES:
        raise GridTooLarge(f"LM's kernel would need {float(count) * (2 * window + 1) * lands.sum():.2g} entries")
    table = np.empty((table_rho.size, 3, half_first.size))  # x(m) - m along and across the axis, log det
    for row in range(0, table_rho.size, 64):  # in parts: a point in R^d is long
        at, beside = np.meshgrid(half_first, table_rho[row : row + 64])
        shift, determinant, outside = _solve_midpoints(potential, step_size, at.ravel(), beside.ravel())
        logarithm = np.log(determinant) + (potential.dim - 2) * np.log(outside)
        table[row : row + 64] = np.stack([*shift.T, logarithm]).reshape(3, *at.shape).swapaxes(0, 1)
    t, weight = roots_legendre(_ANGLES)
    k = second.k
    sphere = math.log(2.0) + 0.5 * (k - 1) * math.log(math.pi) - gammaln(0.5 * (k - 1)) if k > 1 else 0.0
    rows, columns, values = _fill_radial(
        count,
        h,
        second.nodes,
        window,
        reach,
        table,
        table_rho[0],
        _TABLE_STEP * sigma,
        sigma,
        k,
        sphere,
        0.5 * (t + 1.0),
        0.5 * weight,
    )
    return csr_array((values, (columns, rows)), shape=(count * second.nodes.size,) * 2)


@compiled
def _fill_radial(
    n: int,
    h: float,
    rho: np.ndarray,
    window: int,
    reach: float,
    table: np.ndarray,
    table_low: float,
    table_step: float,
    sigma: float,
    k: int,
    sphere: float,
    angles: np.ndarray,
    angle_weights: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    m = rho.shape[0]
    size = 0
    for b in range(m):
        for c in range(m):
            if abs(rho[b] - rho[c]) < reach:
                size += n * (2 * window + 1)
    rows, columns, values = np.empty(size, np.int32), np.empty(size, np.int32), np.zeros(size)
    used = 0
    dim = k + 1
    scale = 2.0 / (sigma * sigma)
    constant = 0.5 * dim * math.log(2.0 / (math.pi * sigma * sigma)) - dim * math.log(2.0) + sphere
    across = np.empty(2 * n)  # the part that does not depend on y_1 itself, for every midpoint
    for b in range(m):
        for c in range(m):
            if abs(rho[b] - rho[c]) >= reach:
                continue
            first_used = used
            start, end = rho[b], rho[c]
            # 1 - cos(angle) beyond which exp(-|y' - y|^2 / (2 s^2)) is negligible
            top = math.acos(1.0 - min(2.0, 0.5 * reach * reach / (start * end)))
            for q in range(2 if k == 1 else angles.shape[0]):
                if k == 1:
                    cosine, share = 1.0 - 2.0 * q, 1.0
                else:
                    cosine = math.cos(top * angles[q])
                    share = top * angle_weights[q] * math.sin(top * angles[q]) ** (k - 2) * end ** (k - 1)
                middle = 0.5 * math.sqrt(max(start * start + end * end + 2.0 * start * end * cosine, 0.0))
                # |x - y|^2 across the axis: the angle between x (along the midpoint) and y
                toward = 0.5 * (start + end * cosine) / middle if middle > 0.0 else 1.0
                # cubic interpolation in the table
                base = min(max(int((middle - table_low) / table_step), 1), table.shape[0] - 3)
                u = (middle - table_low) / table_step - base
                w0 = -u * (u - 1.0) * (u - 2.0) / 6.0
                w1 = (u + 1.0) * (u - 1.0) * (u - 2.0) / 2.0
                w2 = -(u + 1.0) * u * (u - 2.0) / 2.0
                w3 = (u + 1.0) * u * (u - 1.0) / 6.0
                row = w0 * table[base - 1] + w1 * table[base] + w2 * table[base + 1] + w3 * table[base + 2]
                for i in range(2 * n):
                    x = middle + row[1, i]
                    square = x * x + start * start - 2.0 * x * start * toward
                    across[i] = constant - 2.0 * square / (sigma * sigma) - row[2, i]
                used = first_used
                for a in range(n):
                    low, high = max(a - window, 0), min(a + window + 1, n)
                    part, shift, base = values[used : used + high - low], row[0, a + low : a + high], across[a + low : a + high]
                    for j in range(high - low):
                        way = 0.5 * (low + j - a) * h + shift[j]
                        part[j] += share * exp(base[j] - scale * way * way)
                    used += high - low
            used = first_used
            for a in range(n):
                for to in range(max(a - window, 0), min(a + window + 1, n)):
                    rows[used] = b * n + a
                    columns[used] = c * n + to
                    used += 1
    return rows[:used], columns[:used], values[:used]
