"""What every way of integrating exp(-U/T) hands back."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Integrals(NamedTuple):
    """Masses of the regions [regions] and the mean energy, with errors; marginal(edges) -> (bin masses of x_1, errors).

    resolution: the narrowest interval of x_1 for which the marginal makes sense.
    """

    masses: np.ndarray
    errors: np.ndarray
    energy: float
    energy_error: float
    marginal: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    method: str
    resolution: float = 2e-4
