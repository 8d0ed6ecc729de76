"""Regions by distance: each point belongs to the nearest of several centres."""

import math

import numpy as np

from langevin_sim.vectormath import compiled


def with_centres(constants: list[float], centres: np.ndarray) -> np.ndarray:
    """The constants that block_label expects: [..., the centres [k, dim] row by row, k]."""
    return np.concatenate([constants, centres.ravel(), [len(centres)]])


@compiled
def block_label(X, L, p):
    """L = index of the nearest centre in the Euclidean norm; the first if several are equally near."""
    dim, count = X.shape[0], int(p[p.shape[0] - 1])
    first = p.shape[0] - 1 - count * dim
    for i in range(X.shape[1]):
        nearest, shortest = 0, math.inf
        for k in range(count):
            square = 0.0
            for j in range(dim):
                away = X[j, i] - p[first + k * dim + j]
                square += away * away
            if square < shortest:
                nearest, shortest = k, square
        L[i] = nearest
