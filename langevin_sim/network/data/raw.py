"""What every reader of a data set returns: pixels and labels as they are stored."""

from dataclasses import dataclass

import numpy as np

from langevin_sim.errors import InputError

CLASSES = 10  # of every data set in this folder


@dataclass(frozen=True, eq=False)
class Raw:
    """Images uint8 [n, channels, height, width] of pixels 0..top, labels int64 [n], and the same of the validation set.

    note: what a reader of the results must know (for example, that the files are not the original ones), or ''.
    """

    images: np.ndarray
    labels: np.ndarray
    validation_images: np.ndarray
    validation_labels: np.ndarray
    top: int
    source: str
    note: str = ""


def checked_labels(labels: np.ndarray, where: str) -> np.ndarray:
    """The labels as int64; InputError if one is not a class."""
    wrong = np.flatnonzero((labels < 0) | (labels >= CLASSES))
    if wrong.size:
        raise InputError(f"{where}: label {labels[wrong[0]]} of image {wrong[0]}: expected 0..{CLASSES - 1}")
    return labels.astype(np.int64)
