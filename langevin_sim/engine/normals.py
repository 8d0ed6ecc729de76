"""Standard normals (Box-Muller) and uniforms for a block, from its own streams."""

import math

import numpy as np

from langevin_sim.engine.block import LANES
from langevin_sim.engine.streams import advance_state, output
from langevin_sim.vectormath import bits_of, compiled, cos_quarter, float_of, fma, inlined, minus_two_log, sin_quarter

_DROP = np.uint64(12)  # keep the 52 highest bits
_ONE_BITS = np.uint64(0x3FF0000000000000)
_BIT0 = np.uint64(1)
_BIT1 = np.uint64(2)
_BIT2 = np.uint64(4)
_TO_SIGN_FROM_BIT1 = np.uint64(62)
_TO_SIGN_FROM_BIT2 = np.uint64(61)
_ZERO = np.uint64(0)


@inlined
def _polar(radius_bits, angle_bits):
    """(radius, cosine, sine) of Box and Muller's pair from two words of random bits."""
    radius = math.sqrt(minus_two_log(2.0 - float_of((radius_bits >> _DROP) | _ONE_BITS)))
    quarter = float_of((angle_bits >> _DROP) | _ONE_BITS) - 1.5
    cosine = float_of(bits_of(cos_quarter(quarter)) ^ ((angle_bits & _BIT1) << _TO_SIGN_FROM_BIT1))
    sine = float_of(bits_of(sin_quarter(quarter)) ^ ((angle_bits & _BIT2) << _TO_SIGN_FROM_BIT2))
    swap = (angle_bits & _BIT0) != _ZERO
    return radius, (sine if swap else cosine), (cosine if swap else sine)


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
            radius, first, second = _polar(radius_bits, angle_bits)
            row[i] = radius * first
            row[i + LANES] = radius * second


@compiled
def descend_noisily(stream, X, G, step_size, noise):
    """X <- X - eta G + noise xi, xi the normals that ``fill_normals`` would give, without a pass through memory for them."""
    for j in range(X.shape[0]):
        x, g = X[j], G[j]
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
            radius, first, second = _polar(radius_bits, angle_bits)
            scaled = noise * radius
            x[i] = fma(scaled, first, fma(-step_size, g[i], x[i]))
            x[i + LANES] = fma(scaled, second, fma(-step_size, g[i + LANES], x[i + LANES]))


@compiled
def propose_noisily(stream, X, G, Y, half_square, step_size, noise):
    """Y <- X - eta G + noise xi and half_square[n] <- |xi|^2 / 2, xi the normals that ``fill_normals`` would give."""
    for i in range(2 * LANES):
        half_square[i] = 0.0
    for j in range(X.shape[0]):
        x, g, y = X[j], G[j], Y[j]
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
            radius, first, second = _polar(radius_bits, angle_bits)
            y[i] = radius * first
            y[i + LANES] = radius * second
        for i in range(2 * LANES):
            z = y[i]
            half_square[i] = fma(0.5 * z, z, half_square[i])
            y[i] = fma(noise, z, fma(-step_size, g[i], x[i]))


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
