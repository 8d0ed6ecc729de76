"""A data set in a few numbers."""

from typing import Any

import numpy as np

from langevin_sim.network.data.dataset import Dataset
from langevin_sim.settings.network import DataSpec


def describe(dataset: Dataset, spec: DataSpec) -> dict[str, Any]:
    """What the data command shows, as JSON-able values, with mean and deviation of the scaled training pixels of each channel."""
    channels = range(dataset.images.shape[1])
    return {
        "name": dataset.name,
        "source": dataset.source,
        "note": dataset.note,
        "shape": list(dataset.images.shape[1:]),
        "classes": dataset.classes,
        "training": len(dataset.labels),
        "validation": len(dataset.validation_labels),
        "training_counts": np.bincount(dataset.labels, minlength=dataset.classes).tolist(),
        "validation_counts": np.bincount(dataset.validation_labels, minlength=dataset.classes).tolist(),
        "labels": spec.labels,
        "label_noise": spec.replaced,
        "replaced": dataset.replaced,
        "scaling": spec.scaling,
        "data_seed": spec.data_seed,
        "pixel_mean": [float(dataset.images[:, channel].mean(dtype=np.float64)) for channel in channels],
        "pixel_std": [float(dataset.images[:, channel].std(dtype=np.float64)) for channel in channels],
        "digest": dataset.digest,
    }
