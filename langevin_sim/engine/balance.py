"""What is summed so that a chain can be tested without a law: moments of position, gradient and a single step's noise.

For a walker at x with gradient g = grad U(x), whose next position is x', the noise of the step is
    r = x' - x + eta g,
on a torus the nearest image of it. A chain x' = P(x - eta g + noise) has E[r | x] = 0, and where it is stationary on R^d,
E f(x') = E f(x) gives for f = x_j and f = x_j x_k
    E g_j = 0,    E[x_j g_k + x_k g_j] = eta E[g_j g_k] + E[r_j r_k] / eta.
None of this needs the law of x; simulation/balance.py says what is tested. Beyond GROUPS coordinates the sums are over groups
of neighbours, for which the same identities hold, so that the memory of a walker does not grow with the dimension.
"""

import numpy as np

from langevin_sim.engine.block import BLOCK
from langevin_sim.vectormath import compiled

GROUPS = 8  # of neighbouring coordinates, at most
# rows of each group: sums over its coordinates j, with k = j + 1 (after the last coordinate comes the first)
QUANTITIES = ("x", "g", "xg", "gg", "r", "rr", "rrrr", "rg", "xg_pair", "gg_pair", "rr_pair", "rg_pair")
STILL = 1  # a row of its own: how often the walker did not move at all
_LEAST_SPACING = 16  # steps: what is seen costs a gradient more
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
def accumulate(H, G, X, R, step_size, domain, sums):
    """Add what one step from H with gradient G to X gave; R [dim, BLOCK] is scratch, sums [rows, BLOCK]."""
    dim = X.shape[0]
    count = min(dim, GROUPS)
    torus = domain[0] == 1.0
    width = domain[2] - domain[1]
    for j in range(dim):
        for i in range(BLOCK):
            R[j, i] = (X[j, i] - H[j, i]) + step_size * G[j, i]
        if torus:
            for i in range(BLOCK):
                R[j, i] -= width * np.floor(R[j, i] / width + 0.5)
    for j in range(dim):
        k = j + 1 if j + 1 < dim else 0
        row = len(QUANTITIES) * (j * count // dim)
        for i in range(BLOCK):
            x, g, r = H[j, i], G[j, i], R[j, i]
            square = r * r
            sums[row, i] += x
            sums[row + 1, i] += g
            sums[row + 2, i] += x * g
            sums[row + 3, i] += g * g
            sums[row + 4, i] += r
            sums[row + 5, i] += square
            sums[row + 6, i] += square * square
            sums[row + 7, i] += r * g
        for i in range(BLOCK):
            sums[row + 8, i] += H[j, i] * G[k, i] + H[k, i] * G[j, i]
            sums[row + 9, i] += G[j, i] * G[k, i]
            sums[row + 10, i] += R[j, i] * R[k, i]
            sums[row + 11, i] += R[j, i] * G[k, i] - R[k, i] * G[j, i]
    last = sums.shape[0] - 1
    for i in range(BLOCK):
        moved = 0.0
        for j in range(dim):
            moved += 1.0 if X[j, i] != H[j, i] else 0.0
        sums[last, i] += 1.0 if moved == 0.0 else 0.0
