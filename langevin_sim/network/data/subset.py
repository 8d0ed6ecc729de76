"""Class-balanced subsets and replaced labels, both functions of a seed."""

from enum import IntEnum

import numpy as np

from langevin_sim.errors import InputError


class Stream(IntEnum):
    """What a stream is drawn for. The numbers are part of every data set's identity: never change one."""

    TRAINING = 0
    LABELS = 1
    VALIDATION = 2


def generator(seed: int, stream: Stream) -> np.random.Generator:
    """A generator for one purpose; the streams of one seed are independent."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(int(stream),))))


def balanced(labels: np.ndarray, size: int, classes: int, seed: int, stream: Stream = Stream.TRAINING) -> np.ndarray:
    """Indices int64 [size] of a random subset, in their original order; class counts differ by at most one.

    If size is not a multiple of classes, the remaining images come from classes drawn among those that have one to spare.
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
    """Labels int64 [n], each replaced once, with this probability, by a uniform draw over all classes.

    A draw may equal the label: of the replaced labels, a fraction 1 / classes does not change. With the same seed and a
    higher probability, the same labels are replaced by the same draws, and others besides.
    """
    random = generator(seed, Stream.LABELS)
    chosen = random.random(len(labels)) < probability  # uniform in [0, 1): probability 1 replaces every label
    return np.where(chosen, random.integers(classes, size=len(labels)), labels)
