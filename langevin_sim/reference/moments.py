"""The moments that every law of this room tells."""

from typing import NamedTuple

import numpy as np


class Moments(NamedTuple):
    """E x_j and E x_j^2 of every coordinate, each [dim], with errors; inf or nan if they do not exist."""

    mean: np.ndarray
    mean_error: np.ndarray
    second: np.ndarray
    second_error: np.ndarray
