"""The projection P onto a domain (memo eq. 4), for a block of walkers."""

import math

import numpy as np

from langevin_sim.vectormath import compiled

# domain = [code, low, high]; the codes are positions in dynamics.domain.KINDS
SPACE, TORUS, BOX, REFLECTING = 0, 1, 2, 3


@compiled
def project(X, domain):
    """X[dim, n] <- P(X) in place; nan stays nan, and on a torus or between mirrors inf becomes nan."""
    kind, low, high = int(domain[0]), domain[1], domain[2]
    width = high - low
    if kind == TORUS:
        for j in range(X.shape[0]):
            x = X[j]
            for i in range(X.shape[1]):
                folded = x[i] - width * np.floor((x[i] - low) / width)
                x[i] = low if folded >= high or folded < low else folded  # rounding may put it an ulp outside
    elif kind == BOX:
        for j in range(X.shape[0]):
            x = X[j]
            for i in range(X.shape[1]):
                x[i] = low if x[i] < low else (high if x[i] > high else x[i])
    elif kind == REFLECTING:
        for j in range(X.shape[0]):
            x = X[j]
            for i in range(X.shape[1]):
                way = x[i] - low
                way -= 2.0 * width * np.floor(way / (2.0 * width))
                folded = low + (2.0 * width - way if way > width else way)
                x[i] = low if folded < low else (high if folded > high else folded)


@compiled
def mark_outside(X, domain, marks):
    """marks[n] <- -inf where a walker is outside a box or a reflecting box; other entries do not change."""
    if int(domain[0]) < BOX:
        return
    for j in range(X.shape[0]):
        x = X[j]
        for i in range(X.shape[1]):
            marks[i] = -math.inf if x[i] < domain[1] or x[i] > domain[2] else marks[i]
