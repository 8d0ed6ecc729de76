"""Random batches: every walker's own subset of the terms of a finite sum."""

import numpy as np

from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.normals import fill_uniforms
from langevin_sim.vectormath import compiled

_SMALL = 32  # up to here comparing every pair, which vectorises, is cheaper than shuffling (measured)

# Indices are cast to uint64 where they are used: numba would test a signed one for being negative.


@compiled
def _floyd(uniforms, n, batch):
    """Floyd's subset algorithm (Bentley and Floyd, CACM 30, 1987), all walkers at once: b^2/2 comparisons."""
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
    """The first b swaps of a Fisher-Yates shuffle of shuffled = (0..n-1), then undone: a cost of b, not n."""
    size, n = batch.shape[0], shuffled.shape[0]
    for i in range(BLOCK):
        for k in range(size):
            position = np.uint64(k + int((1.0 - uniforms[k, i]) * (n - k)))
            batch[k, i] = shuffled[position]
            shuffled[position] = shuffled[k]
            uniforms[k, i] = position
        for k in range(size):
            position = np.uint64(uniforms[k, i])
            shuffled[position] = np.int64(position)


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
