"""The digits that come with scikit-learn: 1,797 images of 8 x 8 pixels 0..16, from the UCI repository (optdigits' test set)."""

import numpy as np

from langevin_sim.network.data.optional import optional
from langevin_sim.network.data.raw import CLASSES, Raw

VALIDATION = 36  # images of each class in the validation set


def read_digits() -> Raw:
    """Return 1,437 training and 360 validation images, 1 x 8 x 8, the same on every call.

    The validation set holds, of the n images of a class in scikit-learn's order, those at floor(k n / 36) for k = 0..35. So it
    holds 36 of each class, and of every writer about as many as the training set (images of a writer are together).
    """
    found = optional("sklearn.datasets", "scikit-learn").load_digits()
    images, labels = found.images.astype(np.uint8)[:, None], found.target.astype(np.int64)
    held_out = np.zeros(len(labels), dtype=bool)
    for label in range(CLASSES):
        members = np.flatnonzero(labels == label)
        held_out[members[np.arange(VALIDATION) * len(members) // VALIDATION]] = True
    return Raw(images[~held_out], labels[~held_out], images[held_out], labels[held_out], 16, "scikit-learn")
