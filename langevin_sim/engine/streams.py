"""Random streams: xoshiro256++ (Blackman and Vigna, ACM TOMS 47, 2021), one generator per lane.

A block's LANES generators are stored word by word, state[word * LANES + lane].
"""

import numpy as np

from langevin_sim.engine.block import LANES
from langevin_sim.vectormath import inlined


@inlined
def rotate_left(word, count):
    """Rotate a uint64 by count bits (1..63)."""
    return (word << np.uint64(count)) | (word >> np.uint64(64 - count))


@inlined
def output(s0, s3):
    """The output function of xoshiro256++."""
    return rotate_left(s0 + s3, 23) + s0


@inlined
def advance_state(s0, s1, s2, s3):
    """The linear engine of xoshiro256: the next state."""
    shifted = s1 << np.uint64(17)
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    return s0, s1, s2, rotate_left(s3, 45)


def seed_blocks(seed: int, key: tuple[int, ...], first: int, count: int) -> np.ndarray:
    """States of blocks first..first+count-1: uint64[count, 4 * LANES].

    Block b's state comes from SeedSequence(seed, spawn_key=(*key, b)): as it depends on nothing else,
    any machine can start any block.
    """
    states = np.empty((count, 4 * LANES), dtype=np.uint64)
    for row in range(count):
        sequence = np.random.SeedSequence(seed, spawn_key=(*key, first + row))
        states[row] = sequence.generate_state(4 * LANES, np.uint64)
    return states
