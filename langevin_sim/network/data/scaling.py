"""From stored pixels to what a network sees."""

import math

import numpy as np

from langevin_sim.errors import InputError

PIECE = 1000  # images


def tables(images: np.ndarray, top: int, scaling: str) -> np.ndarray:
    """What each pixel 0..top becomes in each channel, float32 [channels, top + 1], from training images uint8 [n, channels, ..].

    unit: pixel / top. standard: (pixel - mean) / deviation, over all training pixels of the channel. Both moments come from
    exact integer sums with one rounding each, so the images have the same bits on every machine.
    InputError for standard if a channel is constant.
    """
    pixels = np.arange(top + 1)
    if scaling == "unit":
        return np.tile((pixels / top).astype(np.float32), (images.shape[1], 1))
    rows = []
    for channel in range(images.shape[1]):
        counts = _counts(images[:, channel], top)
        total = sum(counts)
        first = sum(count * pixel for pixel, count in enumerate(counts))
        second = sum(count * pixel * pixel for pixel, count in enumerate(counts))
        spread = total * second - first * first  # total^2 times the variance
        if not spread:
            raise InputError(f"all training pixels of channel {channel} are equal, so their deviation is 0; use --scaling unit")
        rows.append((pixels - first / total) / (math.sqrt(spread) / total))
    return np.array(rows, dtype=np.float32)


def _counts(pixels: np.ndarray, top: int) -> list[int]:
    """How many pixels have each value 0..top, counted in pieces because bincount uses 8 bytes per pixel."""
    counts = np.zeros(top + 1, dtype=np.int64)
    for start in range(0, len(pixels), PIECE):
        counts += np.bincount(pixels[start : start + PIECE].ravel(), minlength=top + 1)
    return counts.tolist()


def scaled(images: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Images float32 [n, channels, height, width] from stored images and the tables of their channels."""
    result = np.empty(images.shape, dtype=np.float32)
    for channel, row in enumerate(table):
        result[:, channel] = row[images[:, channel]]
    return result
