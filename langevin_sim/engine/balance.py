"""What is summed so that a chain can be tested without a law: moments of position, gradient and a single step's noise.

For a walker at x with gradient g = grad U(x), whose next position is x', the noise of the step is
    r = x' - x + eta g,
on a torus the nearest image of it. A chain x' = P(x - eta g + noise) has E[r | x] = 0, and where it is stationary on R^d,
E f(x') = E f(x) gives for f = x_j and f = x_j x_k
    E g_j = 0,    E[x_j g_k + x_k g_j] = eta E[g_j g_k] + E[r_j r_k] / eta.
Between walls r_j is 0 where x_j - eta g_j is within _REACH deviations of the noise from a wall. As x alone decides this, what is
left is noise that no wall changed. On a torus of width B the functions are cos and sin of k (x_j - low), k = 2 pi / B; between
mirrors the cosine alone, which a reflection does not change.
None of this needs the law of x; simulation/balance.py says what is tested. Beyond GROUPS coordinates the sums are over groups
of neighbours, for which the same identities hold, so that the memory of a walker does not grow with the dimension.
"""

import math

import numpy as np

from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.projections import BOX, REFLECTING, TORUS
from langevin_sim.vectormath import compiled, cos, fma, sin

GROUPS = 8  # of neighbouring coordinates, at most
# rows of each group: sums over its coordinates j, with k = j + 1 (after the last coordinate comes the first)
QUANTITIES = (
    *("x", "g", "xg", "gg", "r", "rr", "rrrr", "rg", "xg_pair", "gg_pair", "rr_pair", "rg_pair"),
    "free",  # 1 where the noise cannot reach a wall, else 0
    *("cos", "sin", "cos_moved", "sin_moved"),  # of the phase of x and of x - eta g; on a torus and between mirrors
)
STILL = 1  # a row of its own: how often the walker did not move at all
_LEAST_SPACING = 16  # steps: what is seen costs a gradient more
_REACH = 6.0  # deviations: noise is larger once in 5e8 draws
_GRADIENTS = 20  # the same for a gradient over all terms, in steps with a batch each


def groups(dim: int) -> int:
    """How many groups the coordinates make."""
    return min(dim, GROUPS)


def members(dim: int) -> list[np.ndarray]:
    """The coordinates of each group."""
    return [np.flatnonzero(np.arange(dim) * groups(dim) // dim == q) for q in range(groups(dim))]


def rows(dim: int) -> int:
    """How many sums a walker has."""
    return len(QUANTITIES) * groups(dim) + STILL


def spacing(every: int, terms: int, batch: int) -> int:
    """Steps between two that are seen: a multiple of ``every``, so many that the gradients cost a few per cent at most.

    terms: of the finite sum; batch: how many of them a step draws, 0 where it takes the whole gradient.
    """
    least = max(_LEAST_SPACING, -(-_GRADIENTS * terms // batch) if batch else 0)
    return every * -(-least // every)


@compiled
def hold(X, H):
    """H <- X, the positions before a step; [dim, BLOCK]."""
    for j in range(X.shape[0]):
        for i in range(BLOCK):
            H[j, i] = X[j, i]


@compiled
def add_products(u, v, kind, out):
    """out += u for kind 0, u v for 1, -u v for -1, (u v)^2 for 2."""
    if kind == 0:
        for i in range(BLOCK):
            out[i] += u[i]
    elif kind == 2:
        for i in range(BLOCK):
            out[i] += (u[i] * v[i]) * (u[i] * v[i])
    else:
        sign = float(kind)
        for i in range(BLOCK):
            out[i] = fma(sign * u[i], v[i], out[i])


@compiled
def accumulate(H, G, X, R, step_size, noise, domain, sums):
    """Add what one step from H with gradient G to X gave; R [dim, BLOCK] is scratch, sums [rows, BLOCK]."""
    dim = X.shape[0]
    count = min(dim, GROUPS)
    kind, low, high = int(domain[0]), domain[1], domain[2]
    width = high - low
    reach = _REACH * noise
    for j in range(dim):
        row = len(QUANTITIES) * (j * count // dim)
        for i in range(BLOCK):
            R[j, i] = (X[j, i] - H[j, i]) + step_size * G[j, i]
        if kind == TORUS:
            for i in range(BLOCK):
                R[j, i] -= width * np.floor(R[j, i] / width + 0.5)
        if kind in (BOX, REFLECTING):
            for i in range(BLOCK):
                mean = H[j, i] - step_size * G[j, i]
                free = 1.0 if mean - low >= reach and high - mean >= reach else 0.0
                R[j, i] = R[j, i] if free == 1.0 else 0.0
                sums[row + 12, i] += free
        else:
            for i in range(BLOCK):
                sums[row + 12, i] += 1.0
        if kind in (TORUS, REFLECTING):
            k = 2.0 * math.pi / width
            for i in range(BLOCK):
                phase, moved = k * (H[j, i] - low), k * (H[j, i] - step_size * G[j, i] - low)
                sums[row + 13, i] += cos(phase)
                sums[row + 14, i] += sin(phase)
                sums[row + 15, i] += cos(moved)
                sums[row + 16, i] += sin(moved)
    for j in range(dim):
        k = j + 1 if j + 1 < dim else 0
        row = len(QUANTITIES) * (j * count // dim)
        x, g, r = H[j], G[j], R[j]
        x_next, g_next, r_next = H[k], G[k], R[k]
        # a loop for each sum: LLVM does not vectorise one loop over so many arrays, which might overlap
        add_products(x, x, 0, sums[row])
        add_products(g, g, 0, sums[row + 1])
        add_products(x, g, 1, sums[row + 2])
        add_products(g, g, 1, sums[row + 3])
        add_products(r, r, 0, sums[row + 4])
        add_products(r, r, 1, sums[row + 5])
        add_products(r, r, 2, sums[row + 6])
        add_products(r, g, 1, sums[row + 7])
        add_products(x, g_next, 1, sums[row + 8])
        add_products(x_next, g, 1, sums[row + 8])
        add_products(g, g_next, 1, sums[row + 9])
        add_products(r, r_next, 1, sums[row + 10])
        add_products(r, g_next, 1, sums[row + 11])
        add_products(r_next, g, -1, sums[row + 11])
    still = R[0]
    for i in range(BLOCK):
        still[i] = 1.0
    for j in range(dim):
        x, h = X[j], H[j]
        for i in range(BLOCK):
            still[i] = still[i] if x[i] == h[i] else 0.0
    add_products(still, still, 0, sums[sums.shape[0] - 1])
