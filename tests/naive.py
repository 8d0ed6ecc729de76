"""Plain NumPy twins of the compiled functions: slow, short, and written from the equations."""

import numpy as np
from scipy.special import ndtr

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


def boxes_energy(x):
    x = x % 18.0
    narrow, wide = ((low < x) & (x <= high) for low, high in ((4, 6), (12, 16)))
    return 1.0 - narrow.all(-1) - wide.all(-1)


def gaussians_energy(x, images=2):
    """Every image of every centre, one at a time."""
    dim = x.shape[-1]
    energy = np.ones(x.shape[:-1])
    for shift in np.ndindex(*[2 * images + 1] * dim):
        offset = 18.0 * (np.array(shift) - images)
        for centre, width in ((4.0, 1.0), (12.0, 2.0)):
            energy -= np.exp(-((x - centre - offset) ** 2).sum(-1) / (2 * width**2))
    return energy


def wedge_energy(x):
    x = x % 12.0
    valley = np.maximum(0.0, 1.0 - abs(x[..., 1] - 9.0))
    pyramid = np.maximum(0.0, 1.0 - abs(x - 3.0).max(-1))
    return 1.0 - valley - pyramid


def rbf_terms(seed=72):
    """(t_1, t_2, w, s) of the 115 data points."""
    flat = [(t, 5.67, -1 / 17.5, 0.9) for t in np.linspace(-1.1, 9.1, 80)]
    noise = np.random.default_rng(seed).standard_normal((35, 2))
    return np.array(flat + [(4 + 0.15 * z[0], 1.7 + 0.15 * z[1], -1 / 33.8, 0.77) for z in noise])


def rbf_term_gradient(x, term):
    away = x % 8.0 - term[:2]
    return -term[2] / term[3] ** 2 * np.exp(-(away**2).sum() / (2 * term[3] ** 2)) * away


def muellerbrown_energy(x, scale=0.05):
    terms = zip(
        (-200, -100, -170, 15),
        (-1, -1, -6.5, 0.7),
        (0, 0, 11, 0.6),
        (-10, -10, -6.5, 0.7),
        (1, 0, -0.5, -1),
        (0, 0.5, 1.5, 1),
        strict=True,
    )
    u, v = x[..., 0], x[..., 1]
    return sum(scale * A * np.exp(a * (u - p) ** 2 + b * (u - p) * (v - q) + c * (v - q) ** 2) for A, a, b, c, p, q in terms)


def forward_difference(energy, x, h):
    gradient = np.empty_like(x)
    for j in range(x.shape[-1]):
        e = np.zeros(x.shape[-1])
        e[j] = h
        gradient[..., j] = (energy(x + e) - energy(x)) / h
    return gradient


def stationary_law(P):
    """The stationary law p = p P, sum p = 1, of a dense stochastic matrix."""
    n = len(P)
    return np.linalg.solve(np.eye(n) - P.T + 1.0 / n, np.full(n, 1.0 / n))


def landing(centres, sigma, kind, low, high, edges):
    """P(a < P(c + sigma xi) <= b) for neighbouring edges within (low, high): [centres, edges - 1], atoms left out."""
    total = np.zeros((len(centres), len(edges)))
    width = high - low
    for k in range(-6, 7):
        if kind == "torus":
            total += ndtr((edges + k * width - centres[:, None]) / sigma)
        elif kind == "reflecting":  # the pre-images 2 k width + (x - low) + low and 2 k width - (x - low) + low
            total += ndtr((edges + 2 * k * width - centres[:, None]) / sigma)
            total -= ndtr((2 * low - edges + 2 * k * width - centres[:, None]) / sigma)
        elif k == 0:
            total += ndtr((edges - centres[:, None]) / sigma)
    return np.diff(total, axis=1)


def chain_on_a_line(gradient, step_size, noise, kind, low, high, cells):
    """GDL's law in one dimension, by Ulam's method: edges [cells + 1], masses [cells], atoms at both ends (box)."""
    edges = np.linspace(low, high, cells + 1)
    x = 0.5 * (edges[1:] + edges[:-1])
    if kind == "box":
        x = np.concatenate([[low], x, [high]])
    centres = x - step_size * gradient(x)
    P = landing(centres, noise, kind, low, high, edges)
    if kind == "box":
        P = np.column_stack([ndtr((low - centres) / noise), P, ndtr((centres - high) / noise)])
    p = stationary_law(P / P.sum(1, keepdims=True))
    return (edges, p[1:-1], p[[0, -1]]) if kind == "box" else (edges, p, np.zeros(2))


def chain_on_a_plane(gradient, step_size, noise, low, high, nodes):
    """GDL's law on a torus of two dimensions: the kernel on uniform nodes. Nodes [nodes^2, 2], probabilities."""
    line = low + (high - low) * np.arange(nodes) / nodes
    x = np.stack([part.ravel() for part in np.meshgrid(line, line)], axis=1)
    centres = x - step_size * gradient(x)
    P = 1.0
    for j in range(2):
        away = x[None, :, j] - centres[:, None, j]
        P = P * sum(np.exp(-0.5 * ((away + k * (high - low)) / noise) ** 2) for k in (-1, 0, 1))
    return x, stationary_law(P / P.sum(1, keepdims=True))


def shuffled_batches(uniforms, n):
    """The first b places of a Fisher-Yates shuffle of 0..n-1, for each column of uniforms [b, walkers]: [b, walkers]."""
    batch = np.empty(uniforms.shape, int)
    for walker, column in enumerate(uniforms.T):
        deck = list(range(n))
        for k, u in enumerate(column):
            other = k + int((1.0 - u) * (n - k))
            deck[k], deck[other] = deck[other], deck[k]
            batch[k, walker] = deck[k]
    return batch
