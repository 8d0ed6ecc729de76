"""CIFAR-10 from a folder: its binary version, or its Python version (A. Krizhevsky, 2009)."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from langevin_sim.errors import InputError
from langevin_sim.network.data.folder import listing
from langevin_sim.network.data.raw import Raw, checked_labels
from langevin_sim.network.data.unpickle import unpickle

SHAPE = (3, 32, 32)  # planes red, green, blue
PIXELS = 3 * 32 * 32
RECORD = 1 + PIXELS  # the label, then the pixels
BATCH = 10_000  # images in each original file
BATCHES = 5
BINARY, PYTHON = "cifar-10-batches-bin", "cifar-10-batches-py"
WANTED = "data_batch_1.bin .. data_batch_5.bin and test_batch.bin (or data_batch_1 .. and test_batch of the Python version)"


def read_cifar10(folder: Path) -> Raw:
    """Read those of data_batch_1 .. 5 that exist, and test_batch, from the folder or from its subfolder of the usual name.

    InputError if no data_batch or no test_batch is found, or if a file is wrong.
    """
    for inner in (folder, *(folder / name for name in (BINARY, PYTHON) if name in listing(folder, WANTED))):
        names = listing(inner, WANTED)
        for ending, read in ((".bin", _read_binary), ("", _read_python)):
            training = [inner / f"data_batch_{n}{ending}" for n in range(1, BATCHES + 1) if f"data_batch_{n}{ending}" in names]
            if not training:
                continue
            if f"test_batch{ending}" not in names:
                raise InputError(f"{inner} holds no test_batch{ending}: expected {WANTED}")
            return _read(training, inner / f"test_batch{ending}", read, folder)
    raise InputError(f"{folder} holds no data_batch_1.bin: expected {WANTED}")


def _read(training: list[Path], test: Path, read: Callable[[Path], tuple[np.ndarray, np.ndarray]], folder: Path) -> Raw:
    batches = [read(path) for path in training]
    images, labels = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    validation_images, validation_labels = read(test)
    note = _note([len(of_batch) for _, of_batch in batches], len(validation_images))
    return Raw(images, labels, validation_images, validation_labels, 255, str(folder), note)


def _note(batches: list[int], validation: int) -> str:
    """'' for all of CIFAR-10; otherwise how much of it was found, with a warning if the files are not the original ones."""
    if batches == [BATCH] * BATCHES and validation == BATCH:
        return ""
    note = f"part of CIFAR-10: {sum(batches):,} of {BATCHES * BATCH:,} training and {validation:,} of {BATCH:,} validation images"
    original = {*batches, validation} == {BATCH}
    return note if original else f"{note}; not the original files, so pixels may differ too"


def _read_binary(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images [n, 3, 32, 32] and labels [n] from records of one byte and 3,072."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    if not content or len(content) % RECORD:
        raise InputError(f"{path}: {len(content):,} bytes: expected a multiple of {RECORD:,}, and at least one image")
    records = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    return records[:, 1:].reshape(-1, *SHAPE), checked_labels(records[:, 0], str(path))


def _read_python(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """The same from a pickled dictionary of data uint8 [n, 3072] and labels, a list of n."""
    found = unpickle(path)
    pixels, labels = found.get("data"), found.get("labels")
    if not isinstance(pixels, np.ndarray):
        raise InputError(f"{path}: data is {type(pixels).__name__}: expected an array uint8 [n, {PIXELS}]")
    if pixels.dtype != np.uint8 or pixels.ndim != 2 or pixels.shape[1] != PIXELS or not len(pixels):
        raise InputError(f"{path}: data is {pixels.dtype} {list(pixels.shape)}: expected an array uint8 [n, {PIXELS}]")
    if isinstance(labels, np.ndarray):
        labels = labels.tolist()
    if not isinstance(labels, list) or not all(isinstance(label, int) for label in labels) or len(labels) != len(pixels):
        raise InputError(f"{path}: labels: expected a list of {len(pixels):,} whole numbers, one for each image")
    return pixels.reshape(-1, *SHAPE), checked_labels(np.array(labels, dtype=object), str(path))
