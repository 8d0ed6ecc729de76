"""Triangles between scattered points of a plane."""

import numpy as np
from matplotlib.tri import TriAnalyzer, Triangulation

_THINNEST = 0.01  # ratio of the radii of a triangle's inner and outer circle, below which it is a sliver


def triangles(points: np.ndarray, values: np.ndarray) -> Triangulation:
    """Delaunay's triangulation of points [n, 2], without slivers at the rim and without points whose value is not finite."""
    mesh = Triangulation(points[:, 0], points[:, 1])
    mesh.set_mask(TriAnalyzer(mesh).get_flat_tri_mask(_THINNEST) | ~np.isfinite(values)[mesh.triangles].all(axis=1))
    return mesh
