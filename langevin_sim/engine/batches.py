"""Random batches: every walker's own subset of the terms of a finite sum."""

from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.normals import fill_uniforms
from langevin_sim.vectormath import compiled


@compiled
def draw_batches(stream, uniforms, shuffled, batch, replacement):
    """batch[b, BLOCK] <- indices of terms 0..n-1, independent for every walker.

    Without replacement: the first b swaps of a Fisher-Yates shuffle of shuffled = (0..n-1), which are
    then undone, so that the cost is proportional to b and not to n. uniforms[b, BLOCK] is scratch.
    """
    size, n = batch.shape[0], shuffled.shape[0]
    for k in range(size):
        fill_uniforms(stream, uniforms[k])
        rest = n if replacement else n - k
        row, chosen = uniforms[k], batch[k]
        for i in range(BLOCK):
            chosen[i] = int((1.0 - row[i]) * rest)
    if replacement:
        return
    for i in range(BLOCK):
        for k in range(size):
            position = k + batch[k, i]
            batch[k, i] = shuffled[position]
            shuffled[position] = shuffled[k]
            uniforms[k, i] = position
        for k in range(size):
            position = int(uniforms[k, i])
            shuffled[position] = position
