"""Plain NumPy twins of what the package compiles: slow, short, and written from the equations."""

import numpy as np

MASK = 2**64 - 1


def xoshiro(state, count):
    """Outputs of xoshiro256++ in Python integers, from the published algorithm."""

    def rotate(x, k):
        return ((x << k) | (x >> (64 - k))) & MASK

    s = list(state)
    out = []
    for _ in range(count):
        out.append((rotate((s[0] + s[3]) & MASK, 23) + s[0]) & MASK)
        t = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 45)
    return out, s


def twowell_energy(x, ratio=2.0, width=1.0, separation=4.0, softness=0.25):
    a, narrow = separation / 2, width / ratio
    rest = (x[..., 1:] ** 2).sum(-1)
    q_w = ((x[..., 0] + a) ** 2 + rest) / (2 * width**2)
    q_n = ((x[..., 0] - a) ** 2 + rest) / (2 * narrow**2)
    return -softness * np.logaddexp(-q_w / softness, -q_n / softness), q_w < q_n


def central_difference(energy, x, h=1e-6):
    gradient = np.empty_like(x)
    for j in range(x.shape[-1]):
        e = np.zeros(x.shape[-1])
        e[j] = h
        gradient[..., j] = (energy(x + e) - energy(x - e)) / (2 * h)
    return gradient
