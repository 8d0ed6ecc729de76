"""Gauss-Legendre rules on panels, the one-dimensional rule that this room uses throughout."""

from functools import cache

import numpy as np
from scipy.special import roots_legendre


@cache
def legendre(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes t and weights on [0, 1], exact for polynomials of degree 2 nodes - 1."""
    t, weight = roots_legendre(nodes)
    t, weight = 0.5 * (t + 1.0), 0.5 * weight
    for array in (t, weight):
        array.flags.writeable = False  # shared by all callers
    return t, weight


@cache
def smoothed_legendre(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """The same after t -> 3 t^2 - 2 t^3, which is flat at both ends.

    The square root of a distance from an end becomes smooth: a region's mass on a line has one where the
    region begins or ends.
    """
    t, weight = legendre(nodes)
    return t * t * (3.0 - 2.0 * t), weight * 6.0 * t * (1.0 - t)


def panel_rule(ends: np.ndarray, nodes: int, smoothed: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Nodes [panels * nodes] and weights of the rule repeated in every panel [ends[k], ends[k+1]]."""
    ends = np.asarray(ends, float)
    t, weight = smoothed_legendre(nodes) if smoothed else legendre(nodes)
    width = np.diff(ends)[:, None]
    return (ends[:-1, None] + width * t).ravel(), (width * weight).ravel()


@cache
def legendre_coefficients(nodes: int) -> np.ndarray:
    """[nodes, nodes]: from values at a panel's nodes to the coefficients of the Legendre polynomials in 2 t - 1."""
    t, _ = legendre(nodes)
    matrix = np.asarray(np.linalg.inv(np.polynomial.legendre.legvander(2.0 * t - 1.0, nodes - 1)))
    matrix.flags.writeable = False  # shared by all callers
    return matrix


@cache
def halving_matrix(nodes: int) -> np.ndarray:
    """[2 nodes, nodes]: from values at a panel's nodes to those at the nodes of its two halves, by interpolation."""
    t, _ = legendre(nodes)
    at = np.concatenate([0.5 * t, 0.5 + 0.5 * t])
    matrix = np.asarray(np.polynomial.legendre.legvander(2.0 * at - 1.0, nodes - 1) @ legendre_coefficients(nodes))
    matrix.flags.writeable = False  # shared by all callers
    return matrix
