"""The characteristic function of the mean of a random batch, with and without replacement.

With shifts s_i = v_i / b, the sum of a batch of b of the n vectors is Y = sum_{i in batch} s_i, and
    with replacement:     E exp(-i k.Y) = ((1/n) sum_i z_i)^b,
    without replacement:  E exp(-i k.Y) = e_b(z_1, .., z_n) / C(n, b),
where z_i = exp(-i k.s_i) and e_b is the elementary symmetric polynomial: the coefficient of t^b in
prod_i (1 + t z_i), found by multiplying the factors one after the other, n b operations a frequency.
"""

import math

import numpy as np

from langevin_sim.vectormath import compiled

TILE = 96  # frequencies that are computed side by side: neighbours along the last axis


@compiled
def _turn(cosine, sine, V, Z):
    """Z <- (cosine + i sine) V; [2, TILE], real parts first."""
    for m in range(TILE):
        real = cosine * V[0, m] - sine * V[1, m]
        Z[1, m] = cosine * V[1, m] + sine * V[0, m]
        Z[0, m] = real


@compiled
def _pair(Y, Z):
    """Of two factors 1 + t y and 1 + t z: Z[0:2] <- y + z, Z[2:4] <- y z."""
    for m in range(TILE):
        product = Y[0, m] * Z[0, m] - Y[1, m] * Z[1, m]
        Z[3, m] = Y[0, m] * Z[1, m] + Y[1, m] * Z[0, m]
        Z[2, m] = product
        Z[0, m] += Y[0, m]
        Z[1, m] += Y[1, m]


@compiled
def _multiply(E, Z, degree):
    """E(t) <- E(t) (1 + t z + t^2 q) up to t^degree, z = Z[0:2], q = Z[2:4]; E [degree + 1, 2, TILE]."""
    for j in range(degree, 1, -1):
        a, c, d = E[j], E[j - 1], E[j - 2]
        for m in range(TILE):
            a[0, m] += (c[0, m] * Z[0, m] - c[1, m] * Z[1, m]) + (d[0, m] * Z[2, m] - d[1, m] * Z[3, m])
            a[1, m] += (c[0, m] * Z[1, m] + c[1, m] * Z[0, m]) + (d[0, m] * Z[3, m] + d[1, m] * Z[2, m])
    a = E[1]
    for m in range(TILE):
        a[0, m] += Z[0, m]
        a[1, m] += Z[1, m]


@compiled
def _power(Z, exponent, out):
    """out <- z^exponent, z = Z[0:2]."""
    for m in range(TILE):
        out[0, m] = 1.0
        out[1, m] = 0.0
    for _ in range(exponent):
        for m in range(TILE):
            real = out[0, m] * Z[0, m] - out[1, m] * Z[1, m]
            out[1, m] = out[0, m] * Z[1, m] + out[1, m] * Z[0, m]
            out[0, m] = real


@compiled
def batch_characteristic(shifts, first, last, spacing, size, replacement, found):
    """found[x, q, :, m] <- E exp(-i k.Y) for every set of shifts x and frequency k.

    shifts [nodes, n, d], d = 1 or 2: v_i / b. Tile q holds the frequencies k = (first[q] spacing[0],
    (last[q] + m) spacing[d-1]), m = 0 .. TILE-1, first and last integers; for d = 1 the first is not used.
    found [nodes, tiles, 2, TILE]: real parts, then imaginary ones.
    """
    nodes, n, dim = shifts.shape
    scale = 1.0 / n if replacement else size / n  # keeps the coefficients of the product within range
    normalisation = 1.0  # C(n, b) scale^b
    for j in range(size):
        normalisation *= (n - j) * scale / (j + 1.0)
    V = np.empty((n, 2, TILE))
    E = np.empty((size + 1, 2, TILE))
    Y, Z = np.empty((2, TILE)), np.empty((4, TILE))
    for x in range(nodes):
        present = 2**62
        for q in range(first.size):
            if last[q] != present:
                present = last[q]
                for i in range(n):
                    step = spacing[dim - 1] * shifts[x, i, dim - 1]
                    for m in range(TILE):
                        angle = (present + m) * step
                        V[i, 0, m] = math.cos(angle)
                        V[i, 1, m] = -math.sin(angle)
            E[:] = 0.0
            E[0, 0, :] = 1.0
            turn = first[q] * spacing[0] if dim > 1 else 0.0
            for i in range(0, n, 2):
                angle = turn * shifts[x, i, 0]
                _turn(scale * math.cos(angle), -scale * math.sin(angle), V[i], Z)
                if i + 1 < n:
                    angle = turn * shifts[x, i + 1, 0]
                    _turn(scale * math.cos(angle), -scale * math.sin(angle), V[i + 1], Y)
                    _pair(Y, Z)
                else:
                    Z[2:] = 0.0
                _multiply(E, Z, 1 if replacement else min(i + 2, size))
            if replacement:
                _power(E[1], size, found[x, q])
            else:
                found[x, q] = E[size] / normalisation


def characteristic(z: np.ndarray, size: int, replacement: bool) -> np.ndarray:
    """E of the product of the z_i of a random batch, from z [n, nodes], complex: the same at a single frequency.

    Without replacement by the recursion of p_j = e_j(z_1 .. z_i) / C(i, j), the mean over batches of j of the first i terms:
    p_j <- ((i - j) p_j + j z_i p_{j-1}) / i.
    """
    if replacement:
        return np.asarray(z.mean(axis=0) ** size)
    means = np.zeros((size + 1, z.shape[1]), complex)
    means[0] = 1.0
    degrees = np.arange(1, size + 1)[:, None]
    for i, factor in enumerate(z, 1):
        means[1:] = ((i - degrees) * means[1:] + degrees * factor * means[:-1]) / i
    return means[-1]
