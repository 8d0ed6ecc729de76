"""Boltzmann's law and the law of GDL by plain NumPy and SciPy, independently of the program's own rules.

Boltzmann: composite Gauss-Legendre rules in arsinh x (d = 1), or in nested lines (d = 2, and (x_1, rho) where U is axial), with
about ten times the nodes of the program's. GDL: the transition density on one even grid with a spacing of a small part of a
step's deviation, and its stationary vector by a sparse solver; masses by error functions between borders. Where a region's
border lies is found by bisection of the potential's own labels. Every truth is computed twice, the second time with fewer
nodes: the difference is its own error.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.sparse import csc_matrix, csr_matrix
from scipy.sparse.linalg import LinearOperator, eigs, splu
from scipy.special import gammaln, ive, ndtr

from langevin_sim.potentials import Potential

_T, _W = np.polynomial.legendre.leggauss(16)
_BISECTIONS = 60
_STENCIL = 12
_NODES = 5000  # on a line, at least


class Truth(NamedTuple):
    """Masses of the regions, mean energy, masses of bins of x_1, and bounds on their errors."""

    masses: np.ndarray
    energy: float
    bins: np.ndarray
    masses_error: np.ndarray
    energy_error: float
    bins_error: np.ndarray


def compared(fine: tuple[np.ndarray, float, np.ndarray], rough: tuple[np.ndarray, float, np.ndarray]) -> Truth:
    """The finer of two, its errors their difference."""
    away = [np.abs(np.asarray(f) - np.asarray(r)) for f, r in zip(fine, rough, strict=True)]
    return Truth(*fine, away[0], float(away[1]), away[2])


def rule(ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes [panels, 16] and weights between ends [panels + 1]."""
    half = 0.5 * np.diff(ends)[:, None]
    return 0.5 * (ends[1:] + ends[:-1])[:, None] + half * _T, half * _W


def crossings(U: Potential, first: np.ndarray, others: np.ndarray) -> list[np.ndarray]:
    """Where the label changes along x_1, on each of the lines others[n, dim - 1]; first: the grid that is searched."""
    most = max(1, 4_000_000 // (first.size * U.dim))  # lines at a time
    if len(others) > most:
        return [cut for k in range(0, len(others), most) for cut in crossings(U, first, others[k : k + most])]
    points = np.empty((len(others), first.size, U.dim))
    points[..., 0], points[..., 1:] = first, others[:, None, :]
    labels = U.label(points)
    row, at = np.nonzero(labels[:, 1:] != labels[:, :-1])
    low, high, before = first[at].copy(), first[at + 1].copy(), labels[row, at]
    probe = np.concatenate([low[:, None], others[row]], axis=1)
    for _ in range(_BISECTIONS if row.size else 0):
        probe[:, 0] = middle = 0.5 * (low + high)
        same = U.label(probe) == before
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return [0.5 * (low + high)[row == k] for k in range(len(others))]


def _interval(U: Potential, temperature: float, deepest: float) -> tuple[float, float]:
    """In s = arsinh x, where exp(-U/T) is within e^-45 of its largest (d = 1)."""
    if U.domain.kind != "space":
        return U.domain.low, U.domain.high
    s = np.linspace(-70.0, 70.0, 280_001)
    with np.errstate(over="ignore"):
        log_weight = -(U.energy(np.sinh(s)[:, None]) - deepest) / temperature + np.logaddexp(s, -s)
    seen = np.flatnonzero(np.nan_to_num(log_weight, nan=-np.inf) > np.nanmax(log_weight) - 45.0)
    return float(s[seen[0]]), float(s[seen[-1]])


def line(U: Potential, temperature: float, edges: np.ndarray, panels: int = 4000) -> Truth:
    """d = 1: on R by x = sinh s, on an interval in x itself."""
    deepest = float(U.energy(U.minima).min())
    low, high = _interval(U, temperature, deepest)
    space = U.domain.kind == "space"
    to_x, to_s = (np.sinh, np.arcsinh) if space else (np.asarray, np.asarray)
    near = np.linspace(*U.extent(temperature)[0], 20_001)
    grid = np.unique(np.concatenate([to_x(np.linspace(low, high, 40_001)), near]))
    cuts = crossings(U, grid, np.empty((1, 0)))[0]
    found = []
    for count in (panels, panels // 2):
        marks = np.concatenate([to_s(cuts), to_s(edges), to_s(U.minima[:, 0]), to_s(np.zeros(1))])
        ends = np.union1d(np.linspace(low, high, count + 1), marks[(marks > low) & (marks < high)])
        s, weight = rule(ends)
        x = to_x(s)
        energy = U.energy(x[..., None])
        density = weight * np.exp(-(energy - deepest) / temperature) * (np.cosh(s) if space else 1.0)
        each, total = density.sum(1), density.sum()
        middle = to_x(0.5 * (ends[1:] + ends[:-1]))
        masses = np.bincount(U.label(middle[:, None]), each, len(U.regions)) / total
        bins = np.histogram(middle, edges, weights=each)[0] / total
        found.append((masses, float((density * energy).sum() / total), bins))
    return compared(*found)


def plane(
    U: Potential,
    temperature: float,
    box: list[tuple[float, float]],
    edges: np.ndarray,
    panels: tuple[int, int] = (150, 150),
    radial: int = 0,
) -> Truth:
    """d = 2 in a box, or, with radial = dim, (x_1, rho) with the weight rho^(dim - 2): lines of x_1 between all borders."""
    deepest = float(U.energy(U.minima).min())
    found = []
    for share in (1.0, 0.6):
        first = np.union1d(np.linspace(*box[0], int(panels[0] * share) + 1), np.clip(edges, *box[0]))
        second, second_weight = (each.ravel() for each in rule(np.linspace(*box[1], int(panels[1] * share) + 1)))
        others = np.zeros((second.size, max(U.dim - 1, 1)))
        others[:, 0] = second
        if radial > 2:
            log_volume = (radial - 2) * np.log(second)
        masses, energies, bins = np.zeros(len(U.regions)), 0.0, np.zeros(len(edges) - 1)
        search = np.linspace(*box[0], 3001)
        lines, shift = [], -np.inf
        for start in range(0, second.size, 200):
            some = slice(start, start + 200)
            for k, cuts in zip(range(start, second.size), crossings(U, search, others[some]), strict=False):
                ends = np.union1d(first, cuts)
                x, weight = rule(ends)
                points = np.zeros((*x.shape, U.dim))
                points[..., 0], points[..., 1:] = x, others[k]
                energy = U.energy(points)
                log_density = -(energy - deepest) / temperature + (log_volume[k] if radial > 2 else 0.0)
                highest = float(log_density.max())
                density = weight * np.exp(log_density - highest)
                middle = np.zeros((len(x), U.dim))
                middle[:, 0], middle[:, 1:] = 0.5 * (ends[1:] + ends[:-1]), others[k]
                each = density.sum(1)
                lines.append(
                    (
                        highest + np.log(second_weight[k]),
                        np.bincount(U.label(middle), each, len(U.regions)),
                        float((density * energy).sum()),
                        np.histogram(middle[:, 0], edges, weights=each)[0],
                    )
                )
                shift = max(shift, lines[-1][0])
        for height, mass, energy_sum, inside in lines:
            scale = np.exp(height - shift)
            masses += scale * mass
            energies += scale * energy_sum
            bins += scale * inside
        total = masses.sum()
        found.append((masses / total, energies / total, bins / total))
    return compared(*found)


def _stationary(kernel: csr_matrix, weights: np.ndarray) -> np.ndarray:
    """p with p = sum_i weight_i p_i K(i, .), normalised; kernel [target, source] holds K weight_i."""
    n = kernel.shape[0]
    if kernel.nnz < 20_000_000 and kernel.nnz / n < 500:  # banded: solved directly, with one equation for the total
        system = (kernel - csr_matrix((np.ones(n), (np.arange(n), np.arange(n))), (n, n))).tolil()
        system[n // 2] = weights
        right = np.zeros(n)
        right[n // 2] = 1.0
        density = splu(csc_matrix(system)).solve(right)
    else:
        _, vectors = eigs(kernel, k=1, which="LM", v0=np.ones(n), tol=1e-13)
        density = vectors[:, 0].real
    return density / (weights @ density)


def chain_line(U: Potential, step: float, temperature: float, box: tuple[float, float], spacing: float = 0.2) -> tuple:
    """(masses, energy) of GDL in one dimension, R or a torus, and their errors; nodes at most ``spacing`` deviations apart."""
    sigma = np.sqrt(2.0 * step * temperature)
    torus = U.domain.kind == "torus"
    low, high = (U.domain.low, U.domain.high) if torus else box
    cuts = crossings(U, np.linspace(low, high, 200_001), np.empty((1, 0)))[0]
    found = []
    for each in (spacing, 1.6 * spacing):
        n = max(int(np.ceil((high - low) / (each * sigma))), int(_NODES * spacing / each))
        h = (high - low) / n
        x = low + h * (np.arange(n) + 0.5)
        to = x - step * U.gradient(x[:, None])[:, 0]
        reach = int(np.ceil(9.5 * sigma / h))
        nearest = np.floor((to - low) / h).astype(int)
        target = nearest[None, :] + np.arange(-reach, reach + 1)[:, None]
        place = low + h * (target + 0.5)
        values = h * np.exp(-0.5 * ((place - to) / sigma) ** 2) / (sigma * np.sqrt(2.0 * np.pi))
        source = np.broadcast_to(np.arange(n), target.shape)
        inside = np.ones(target.shape, bool) if torus else (target >= 0) & (target < n)
        kernel = csr_matrix((values[inside], (target[inside] % n, source[inside])), (n, n))
        density = _stationary(kernel, np.full(n, h))
        ends = np.concatenate([[low], cuts, [high]]) if torus else np.concatenate([[-np.inf], cuts, [np.inf]])
        images = np.arange(-3, 4) * (high - low) if torus else np.zeros(1)
        below = sum(ndtr((ends[:, None] + image - to) / sigma) for image in images) @ (h * density)
        middle = np.clip(0.5 * (ends[1:] + ends[:-1]), low, high)
        middle[0], middle[-1] = 0.5 * (low + ends[1]), 0.5 * (ends[-2] + high)
        masses = np.bincount(U.label(middle[:, None]), np.diff(below), len(U.regions))
        found.append((masses / masses.sum(), float(h * density @ U.energy(x[:, None]))))
    return *found[0], np.abs(found[0][0] - found[1][0]), abs(found[0][1] - found[1][1])


@njit
def _push(density, out, first, one, second, two):
    """out += density_i K(i, .), K the product of two rows of values that begin at nodes first_i and second_i."""
    for i in range(density.size):
        for j in range(one.shape[1]):
            row = first[i] + j
            if 0 <= row < out.shape[0]:
                value = density[i] * one[i, j]
                for k in range(two.shape[1]):
                    column = second[i] + k
                    if 0 <= column < out.shape[1]:
                        out[row, column] += value * two[i, k]


def _interpolation(low: float, h: float, n: int, at: np.ndarray, mirrored: bool = False) -> csr_matrix:
    """From values on nodes low + h (k + 1/2) to points, by Lagrange's polynomials on the nearest ``_STENCIL`` nodes.

    mirrored: the values are those of a function that is even about low.
    """
    if mirrored:
        extended = _interpolation(low - _STENCIL * h, h, n + _STENCIL, at)
        fold = np.concatenate([np.arange(_STENCIL)[::-1], np.arange(n)])
        return extended @ csr_matrix((np.ones(fold.size), (np.arange(fold.size), fold)), (fold.size, n))
    place = (at - low) / h - 0.5
    first = np.clip(np.floor(place).astype(int) - _STENCIL // 2 + 1, 0, n - _STENCIL)
    node = np.arange(_STENCIL)
    away = (place - first)[:, None] - node
    weights = np.ones((at.size, _STENCIL))
    for k in range(_STENCIL):
        for m in range(_STENCIL):
            if m != k:
                weights[:, k] *= away[:, m] / (k - m)
    rows = np.repeat(np.arange(at.size), _STENCIL)
    return csr_matrix((weights.ravel(), (rows, (first[:, None] + node).ravel())), (at.size, n))


def chain_plane(
    U: Potential,
    step: float,
    temperature: float,
    box: list[tuple[float, float]],
    features: tuple[float, float],
    radial: int = 0,
) -> tuple:
    """(masses, energy) of GDL on R^2, or on (x_1, rho) with rho' of the noncentral chi law of radial - 1 degrees of freedom.

    features: the spacing, along each axis, of the points that the step is taken from, where the gradient changes faster than
    the density; there the density is interpolated.
    """
    sigma = float(np.sqrt(2.0 * step * temperature))
    found = []
    for spacing, wider in ((0.36, 1.0), (0.45, 1.5)):
        counts = [int(np.ceil((high - low) / (spacing * sigma))) for low, high in box]
        h = [(high - low) / n for (low, high), n in zip(box, counts, strict=True)]
        many = [n * int(np.ceil(each / (wider * feature))) for n, each, feature in zip(counts, h, features, strict=True)]
        axes = [low + (high - low) * (np.arange(n) + 0.5) / n for (low, high), n in zip(box, many, strict=True)]
        shares = [np.full(n, (high - low) / n) for (low, high), n in zip(box, many, strict=True)]
        if radial:  # the density grows as a power of rho from 0 on, where an even rule is poor
            axes[1], shares[1] = (each.ravel() for each in rule(np.linspace(*box[1], many[1] // 16 + 2)))
            many[1] = axes[1].size
        to_fine = [_interpolation(box[k][0], h[k], counts[k], axes[k], mirrored=bool(k and radial)) for k in (0, 1)]
        sources = np.zeros((many[0] * many[1], U.dim))
        sources[:, 0], sources[:, 1] = np.repeat(axes[0], many[1]), np.tile(axes[1], many[0])
        energies = U.energy(sources)
        live = energies - energies.min() < 60.0 * temperature
        to = sources - step * U.gradient(sources)
        mean = [to[:, 0], np.abs(to[:, 1]) if radial else to[:, 1]]
        volume = sources[:, 1] ** (radial - 2) if radial else 1.0  # of the density that the interpolated function is to multiply
        cell = (shares[0][:, None] * shares[1]).ravel() * volume
        first = [np.floor((m - low - 8.0 * sigma) / each).astype(int) for m, (low, _), each in zip(mean, box, h, strict=True)]
        place = [
            low + each * (start[:, None] + np.arange(int(16.0 * sigma / each) + 2) + 0.5)
            for start, (low, _), each in zip(first, box, h, strict=True)
        ]
        one = _normal(place[0], mean[0][:, None], sigma)
        if radial:
            with np.errstate(divide="ignore", invalid="ignore"):
                two = _chi(place[1], mean[1][:, None], sigma, radial - 1) / np.maximum(place[1], 1e-300) ** (radial - 2)
            two[place[1] <= 0.0] = 0.0
        else:
            two = _normal(place[1], mean[1][:, None], sigma)
        rows = [each[live] for each in (first[0], one, first[1], two)]

        def fine(flat: np.ndarray, to_fine=to_fine, counts=counts) -> np.ndarray:
            return (to_fine[1] @ (to_fine[0] @ flat.reshape(counts)).T).T.ravel()

        def moved(flat: np.ndarray, fine=fine, live=live, rows=rows, cell=cell, counts=counts) -> np.ndarray:
            out = np.zeros(counts)
            _push((cell * fine(flat))[live], out, *rows)
            return out.ravel()

        size = counts[0] * counts[1]
        start = np.maximum(np.exp(-(U.energy(_centres(box, counts, U.dim)) - energies.min()) / temperature), 1e-30)
        _, vectors = eigs(LinearOperator((size, size), moved), k=1, which="LM", v0=start / start.sum(), tol=1e-12)
        density = cell * fine(vectors[:, 0].real)
        density[~live] = 0.0
        density /= density.sum()
        energy = float(density @ energies)
        masses = np.zeros(len(U.regions))
        second, second_weight = (each.ravel() for each in rule(_with_zero(*box[1], counts[1] // 2 + 2)))
        others = np.zeros((second.size, U.dim - 1))
        others[:, 0] = second
        all_cuts = crossings(U, np.linspace(*box[0], 2001), others)
        for y, weight, rest, cuts in zip(second, second_weight, others, all_cuts, strict=True):
            across = _chi(y, mean[1], sigma, radial - 1) if radial else _normal(y, mean[1], sigma)
            share = density * across
            seen = np.abs(share) > 1e-18
            ends = np.concatenate([[-np.inf], cuts, [np.inf]])
            below = ndtr((ends[:, None] - mean[0][seen]) / sigma) @ share[seen]
            bounded = np.concatenate([[box[0][0]], cuts, [box[0][1]]])
            middle = np.concatenate([0.5 * (bounded[1:] + bounded[:-1])[:, None], np.tile(rest, (len(cuts) + 1, 1))], axis=1)
            masses += weight * np.bincount(U.label(middle), np.diff(below), len(U.regions))
        found.append((masses / masses.sum(), energy))
    return *found[0], np.abs(found[0][0] - found[1][0]), abs(found[0][1] - found[1][1])


def _with_zero(low: float, high: float, n: int) -> np.ndarray:
    """Ends of panels, one of them at 0 if that is inside: borders of quadrants lie there."""
    ends = np.linspace(low, high, n)
    return np.union1d(ends, [0.0]) if low < 0.0 < high else ends


def _centres(box: list[tuple[float, float]], counts: list[int], dim: int) -> np.ndarray:
    axes = [low + (high - low) * (np.arange(n) + 0.5) / n for (low, high), n in zip(box, counts, strict=True)]
    points = np.zeros((counts[0] * counts[1], dim))
    points[:, 0], points[:, 1] = np.repeat(axes[0], counts[1]), np.tile(axes[1], counts[0])
    return points


def _normal(x: np.ndarray, mean: np.ndarray, sigma: float) -> np.ndarray:
    return np.asarray(np.exp(-0.5 * ((x - mean) / sigma) ** 2) / (sigma * np.sqrt(2.0 * np.pi)))


def _chi(rho: np.ndarray, mean: np.ndarray, sigma: float, freedom: int) -> np.ndarray:
    """Density of |m + sigma z|, z normal in ``freedom`` dimensions, |m| = mean."""
    order = 0.5 * freedom - 1.0
    r, m = np.abs(rho) / sigma, np.maximum(np.abs(mean) / sigma, 1e-8)
    with np.errstate(divide="ignore", under="ignore", invalid="ignore"):
        bessel = np.log(ive(order, r * m))
        small = order * np.log(0.5 * r * m) - gammaln(order + 1.0) - r * m  # where ive underflows
        log_density = (order + 1.0) * np.log(r) - order * np.log(m) - 0.5 * (r - m) ** 2
        log_density = log_density + np.where(np.isfinite(bessel), bessel, small)
        return np.where(np.asarray(rho) > 0, np.exp(log_density), 0.0) / sigma
