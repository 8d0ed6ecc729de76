"""Triangles between scattered points of a plane."""

import numpy as np
from matplotlib.tri import TriAnalyzer, Triangulation

_THINNEST = 0.01  # a triangle is a sliver if the ratio of the radii of its inner and outer circle is below this


def triangles(points: np.ndarray, values: np.ndarray) -> Triangulation:
    """Delaunay's triangulation of points [n, 2], without slivers at the rim and points with non-finite values."""
    mesh = Triangulation(points[:, 0], points[:, 1])
    mesh.set_mask(TriAnalyzer(mesh).get_flat_tri_mask(_THINNEST) | ~np.isfinite(values)[mesh.triangles].all(axis=1))
    return mesh
