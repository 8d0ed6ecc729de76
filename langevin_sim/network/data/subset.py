"""Class-balanced subsets, and labels that are replaced: both functions of a seed."""

from enum import IntEnum

import numpy as np

from langevin_sim.errors import InputError


class Stream(IntEnum):
    """What is drawn from a seed. The numbers are part of every data set's identity: never change one."""

    TRAINING = 0
    LABELS = 1
    VALIDATION = 2


def generator(seed: int, stream: Stream) -> np.random.Generator:
    """A generator for this purpose; the streams of one seed are unrelated."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(int(stream),))))


def balanced(labels: np.ndarray, size: int, classes: int, seed: int, stream: Stream = Stream.TRAINING) -> np.ndarray:
    """Indices int64 [size] of a random subset, in their original order; class counts differ by one at most.

    What is left over when size is no multiple of classes goes to classes drawn among those with an image to spare.
    InputError if a class has too few.
    """
    counts = np.bincount(labels, minlength=classes)
    each, left = divmod(size, classes)
    spare = np.flatnonzero(counts > each)
    if counts.min() < each or left > spare.size:
        fewest = int(counts.argmin())
        largest = int(counts.min()) * classes + int(np.sum(counts > counts.min()))
        raise InputError(
            f"a balanced subset of {size:,} out of {len(labels):,} images: expected {largest:,} at most, as class {fewest} has"
            f" {counts[fewest]:,}; without a size all images are taken"
        )
    random = generator(seed, stream)
    wanted = np.full(classes, each)
    wanted[random.permutation(spare)[:left]] += 1
    chosen = [random.permutation(np.flatnonzero(labels == label))[: wanted[label]] for label in range(classes)]
    return np.sort(np.concatenate(chosen))


def replace_labels(labels: np.ndarray, probability: float, classes: int, seed: int) -> np.ndarray:
    """Labels int64 [n], each replaced with that probability, once, by a uniform draw over all classes.

    A draw may be the label itself: of those replaced, 1 / classes stay as they were. With a higher probability and the
    same seed the same labels are replaced by the same draws, and more.
    """
    random = generator(seed, Stream.LABELS)
    chosen = random.random(len(labels)) < probability  # uniform in [0, 1): probability 1 takes every label
    return np.where(chosen, random.integers(classes, size=len(labels)), labels)
