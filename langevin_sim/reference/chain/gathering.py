"""Replace many centres of Gaussians by few, to keep a mixture small."""

import math

import numpy as np
from scipy.sparse import csr_array

from langevin_sim.reference.chain.interpolation import lagrange

_PER_DEVIATION, _STENCIL = 4, 14
_CHUNK = 2**17  # centres


def gathered(centres: np.ndarray, sigma: float) -> tuple[np.ndarray, csr_array]:
    """Uniform nodes a quarter of a deviation apart, and the matrix [centres, nodes] that distributes the centres over them.

    By Lagrange's polynomials: sums over the centres of any polynomial of degree below _STENCIL, and of Gaussians of
    deviation sigma to 1e-9, stay as they are.
    """
    spacing = sigma / _PER_DEVIATION
    low, count = _nodes(centres, spacing)
    return low + spacing * np.arange(count), lagrange(low, spacing, count, centres, periodic=False, stencil=_STENCIL)


def collected(centres: np.ndarray, weights: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """The nodes, and what gathered() makes of weights [centres] on them; for so many centres that the matrix would be large."""
    spacing = sigma / _PER_DEVIATION
    low, count = _nodes(centres, spacing)
    found = np.zeros(count)
    for first in range(0, centres.size, _CHUNK):
        part = slice(first, first + _CHUNK)
        found += weights[part] @ lagrange(low, spacing, count, centres[part], periodic=False, stencil=_STENCIL)
    return low + spacing * np.arange(count), found


def _nodes(centres: np.ndarray, spacing: float) -> tuple[float, int]:
    """The lowest node, and how many there are."""
    low = float(centres.min()) - _STENCIL * spacing
    return low, math.ceil((float(centres.max()) - low) / spacing) + _STENCIL + 1
