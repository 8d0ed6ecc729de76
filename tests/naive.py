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


def project(x, kind, low, high):
    """The projection onto the cube [low, high)^d; space, torus, box or reflecting."""
    width = high - low
    if kind == "torus":
        return low + np.mod(x - low, width)
    if kind == "box":
        return np.clip(x, low, high)
    if kind == "reflecting":
        return low + width - np.abs(np.mod(x - low, 2 * width) - width)
    return x


def langevin_step(x, gradient, step_size, noise, z):
    """GD's and GDL's update before the projection; x, gradient, z [walkers, dim]."""
    return x - step_size * gradient + noise * z


def tilted_batch_gradient(gradient, tilts, batch):
    """Mean over batch [walkers, b] of grad U + z_i; tilts [n, dim]."""
    return gradient + np.stack([tilts[terms].sum(0) / len(terms) for terms in batch])


def inside(x, kind, low, high):
    """Whether a Metropolis proposal x [walkers, dim] is allowed: a box has walls, a torus and space have none."""
    return ((x >= low) & (x <= high)).all(-1) | (kind in ("space", "torus"))


def rwm_step(x, energy, temperature, noise, z, u, domain=("space", -np.inf, np.inf)):
    """Random-walk Metropolis: the new x, and which proposals were taken."""
    y = x + noise * z
    y = project(y, *domain) if domain[0] == "torus" else y
    take = (u < np.exp(-(energy(y) - energy(x)) / temperature)) & inside(y, *domain)
    return np.where(take[:, None], y, x), take


def mala_step(x, energy, gradient, step_size, temperature, z, u, domain=("space", -np.inf, np.inf)):
    """MALA: the new x, and which proposals were taken; q(y|x) = N(x - eta grad U(x), 2 eta T)."""
    y = langevin_step(x, gradient(x), step_size, np.sqrt(2 * step_size * temperature), z)
    forth = ((y - x + step_size * gradient(x)) ** 2).sum(-1)
    back = ((x - y + step_size * gradient(y)) ** 2).sum(-1)
    log_ratio = -(energy(y) - energy(x)) / temperature - (back - forth) / (4 * step_size * temperature)
    take = (np.log(u) < log_ratio) & inside(y, *domain)
    return project(np.where(take[:, None], y, x), *domain), take
