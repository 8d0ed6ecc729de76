"""Replace many centres of Gaussians by few, to keep a mixture small."""

import math

import numpy as np
from scipy.sparse import csr_array

from langevin_sim.reference.chain.interpolation import lagrange

_PER_DEVIATION, _STENCIL = 4, 14


def gathered(centres: np.ndarray, sigma: float) -> tuple[np.ndarray, csr_array]:
    """Uniform nodes a quarter of a deviation apart, and the matrix [centres, nodes] that distributes the centres over them.

    By Lagrange's polynomials: sums over the centres of any polynomial of degree below _STENCIL, and of Gaussians of
    deviation sigma to 1e-9, stay as they are.
    """
    spacing = sigma / _PER_DEVIATION
    low = float(centres.min()) - _STENCIL * spacing
    count = math.ceil((float(centres.max()) - low) / spacing) + _STENCIL + 1
    return low + spacing * np.arange(count), lagrange(low, spacing, count, centres, periodic=False, stencil=_STENCIL)
