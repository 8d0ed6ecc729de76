"""Random batches: every walker's own subset of the terms of a finite sum."""

import numpy as np

from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.normals import fill_uniforms
from langevin_sim.vectormath import compiled

_SMALL = 24  # up to this size, comparing all pairs, which vectorises, is faster than shuffling (measured)
_TOGETHER = 8  # walkers whose int64 indices fill a cache line

# Indices are cast to uint64 where they are used, because numba would test whether a signed index is negative.


@compiled
def _floyd(uniforms, n, batch):
    """Floyd's subset algorithm (Bentley and Floyd, CACM 30, 1987), for all walkers at once: b^2/2 comparisons."""
    size = batch.shape[0]
    for k in range(size):
        top = n - size + k
        chosen, row = batch[k], uniforms[k]
        for i in range(BLOCK):
            chosen[i] = int((1.0 - row[i]) * (top + 1))
        for m in range(k):
            earlier = batch[m]
            for i in range(BLOCK):
                chosen[i] = top if chosen[i] == earlier[i] else chosen[i]


@compiled
def _fisher_yates(uniforms, shuffled, batch):
    """Make the first b swaps of a Fisher-Yates shuffle of shuffled = (0..n-1), then undo them, at a cost of b instead of n.

    A few walkers at a time, whose columns of batch fill a cache line, are copied to rows and back.
    """
    size, n = batch.shape[0], shuffled.shape[0]
    for k in range(size):
        row, positions = uniforms[k], batch[k]
        for i in range(BLOCK):
            positions[i] = k + int((1.0 - row[i]) * (n - k))
    taken, drawn = np.empty((_TOGETHER, size), np.int64), np.empty((_TOGETHER, size), np.int64)
    for start in range(0, BLOCK, _TOGETHER):
        for k in range(size):
            row = batch[k, start : start + _TOGETHER]
            for i in range(_TOGETHER):
                taken[i, k] = row[i]
        for i in range(_TOGETHER):
            positions, chosen = taken[i], drawn[i]
            for k in range(size):
                position = np.uint64(positions[k])
                chosen[k] = shuffled[position]
                shuffled[position] = shuffled[np.uint64(k)]
            for k in range(size):
                shuffled[np.uint64(positions[k])] = positions[k]
        for k in range(size):
            row = batch[k, start : start + _TOGETHER]
            for i in range(_TOGETHER):
                row[i] = drawn[i, k]


@compiled
def draw_batches(stream, uniforms, shuffled, batch, replacement):
    """batch[b, BLOCK] <- indices of terms 0..n-1, independent for every walker; uniforms is scratch.

    Without replacement every subset of b terms is equally likely (their order is not uniform).
    """
    for k in range(batch.shape[0]):
        fill_uniforms(stream, uniforms[k])
    if replacement:
        for k in range(batch.shape[0]):
            row, chosen = uniforms[k], batch[k]
            for i in range(BLOCK):
                chosen[i] = int((1.0 - row[i]) * shuffled.shape[0])
    elif batch.shape[0] <= _SMALL:
        _floyd(uniforms, shuffled.shape[0], batch)
    else:
        _fisher_yates(uniforms, shuffled, batch)
