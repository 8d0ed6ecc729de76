"""Standard normals (Box-Muller) and uniforms for a block, from its own streams."""

import math

import numpy as np

from langevin_sim.engine.block import LANES
from langevin_sim.engine.streams import advance_state, output
from langevin_sim.vectormath import bits_of, compiled, cos_octant, float_of, log_normal, sin_octant

_DROP = np.uint64(12)  # keep the 52 highest bits
_ONE_BITS = np.uint64(0x3FF0000000000000)
_BIT0 = np.uint64(1)
_BIT1 = np.uint64(2)
_BIT2 = np.uint64(4)
_TO_SIGN_FROM_BIT1 = np.uint64(62)
_TO_SIGN_FROM_BIT2 = np.uint64(61)
_ZERO = np.uint64(0)


@compiled
def fill_normals(stream, rows):
    """rows[j, :] ~ N(0, 1), independent; float64[n, BLOCK], n pairs of draws from every lane.

    z = sqrt(-2 log u) (cos a, sin a), the cosine for walker i, the sine for walker i + LANES.
    u = 2 - [1, 2) lies in (0, 1] in steps of 2^-52, so |z| <= 8.5. The angle is drawn in
    [-pi/4, pi/4); three further bits swap sine and cosine and set their signs.
    Box and Muller, Ann. Math. Stat. 29 (1958).
    """
    for j in range(rows.shape[0]):
        row = rows[j]
        for i in range(LANES):
            s0, s1, s2, s3 = stream[i], stream[i + LANES], stream[i + 2 * LANES], stream[i + 3 * LANES]
            radius_bits = output(s0, s3)
            s0, s1, s2, s3 = advance_state(s0, s1, s2, s3)
            angle_bits = output(s0, s3)
            s0, s1, s2, s3 = advance_state(s0, s1, s2, s3)
            stream[i] = s0
            stream[i + LANES] = s1
            stream[i + 2 * LANES] = s2
            stream[i + 3 * LANES] = s3
            uniform = 2.0 - float_of((radius_bits >> _DROP) | _ONE_BITS)
            radius = math.sqrt(-2.0 * log_normal(uniform))
            angle = (float_of((angle_bits >> _DROP) | _ONE_BITS) - 1.5) * (0.5 * math.pi)
            cosine = float_of(bits_of(cos_octant(angle)) ^ ((angle_bits & _BIT1) << _TO_SIGN_FROM_BIT1))
            sine = float_of(bits_of(sin_octant(angle)) ^ ((angle_bits & _BIT2) << _TO_SIGN_FROM_BIT2))
            swap = (angle_bits & _BIT0) != _ZERO
            row[i] = radius * (sine if swap else cosine)
            row[i + LANES] = radius * (cosine if swap else sine)


@compiled
def fill_uniforms(stream, row):
    """row[:] uniform on (0, 1] in steps of 2^-52; float64[BLOCK], two draws from every lane."""
    for half in range(2):
        for i in range(LANES):
            s0, s1, s2, s3 = stream[i], stream[i + LANES], stream[i + 2 * LANES], stream[i + 3 * LANES]
            bits = output(s0, s3)
            s0, s1, s2, s3 = advance_state(s0, s1, s2, s3)
            stream[i] = s0
            stream[i + LANES] = s1
            stream[i + 2 * LANES] = s2
            stream[i + 3 * LANES] = s3
            row[half * LANES + i] = 2.0 - float_of((bits >> _DROP) | _ONE_BITS)
