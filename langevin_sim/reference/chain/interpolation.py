"""Polynomial interpolation between nodes, as matrices."""

import numpy as np
from scipy.sparse import csr_array
from scipy.special import roots_legendre

from langevin_sim.reference.quadrature import legendre_coefficients

STENCIL = 18  # number of nodes of a local polynomial


def lagrange(low: float, spacing: float, count: int, points: np.ndarray, periodic: bool, stencil: int = STENCIL) -> csr_array:
    """Lagrange's interpolation on the ``stencil`` nearest of the uniform nodes low + spacing j: [points, count].

    The stencil is centred everywhere: beyond the ends the function is 0, or periodic.
    """
    place = (points - low) / spacing
    base = np.floor(place).astype(int) - stencil // 2 + 1
    k = np.arange(stencil)
    away = (place - base)[:, None] - k  # from the stencil's nodes, [points, stencil]
    # barycentric weights of uniform nodes: (-1)^k binomial(stencil - 1, k)
    share = np.cumprod(np.concatenate([[1.0], -(stencil - k[1:]) / k[1:]]))
    at_node = away == 0.0
    terms = share / np.where(at_node, 1.0, away)
    values = np.where(at_node.any(axis=1)[:, None], at_node, terms / terms.sum(axis=1)[:, None])
    nodes = base[:, None] + k
    inside = np.ones(nodes.shape, bool) if periodic else (nodes >= 0) & (nodes < count)
    rows, _ = np.nonzero(inside)
    return csr_array((values[inside], (rows, nodes[inside] % count)), shape=(points.size, count))


def on_panels(ends: np.ndarray, count: int, points: np.ndarray) -> csr_array:
    """Polynomials through the ``count`` Gauss-Legendre points of each panel [ends[k], ends[k+1]]: [points, panels * count]."""
    panel = np.clip(np.searchsorted(ends, points, side="right") - 1, 0, ends.size - 2)
    place = 2.0 * (points - ends[panel]) / (ends[panel + 1] - ends[panel]) - 1.0
    values = np.polynomial.legendre.legvander(place, count - 1) @ legendre_coefficients(count)
    columns = panel[:, None] * count + np.arange(count)
    rows = np.repeat(np.arange(points.size), count)
    return csr_array((values.ravel(), (rows, columns.ravel())), shape=(points.size, (ends.size - 1) * count))


def barycentric(nodes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Global polynomial interpolation from Gauss-Legendre nodes: [points, nodes].

    The barycentric weights are (-1)^j sqrt((1 - t_j^2) w_j) (Wang and Xiang, Math. Comp. 81, 2012).
    """
    t, weight = roots_legendre(nodes.size)
    share = np.sqrt((1.0 - t * t) * weight)
    share[1::2] *= -1.0
    gaps = points[:, None] - nodes[None, :]
    equal = gaps == 0.0
    terms = share / np.where(equal, 1.0, gaps)
    return np.where(equal.any(1)[:, None], equal, terms / terms.sum(1)[:, None])
