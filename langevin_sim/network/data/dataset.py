"""The data that a network is trained on, as one record: the data set, its subset, its labels and its scaling."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from langevin_sim.errors import InputError
from langevin_sim.network.data import scaling
from langevin_sim.network.data.cifar10 import read_cifar10
from langevin_sim.network.data.digits import read_digits
from langevin_sim.network.data.download import download
from langevin_sim.network.data.mnist import read_mnist
from langevin_sim.network.data.raw import CLASSES, Raw
from langevin_sim.network.data.subset import Stream, balanced, replace_labels
from langevin_sim.settings.network import DataSpec


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images float32 [n, channels, height, width], scaled; labels int64 [n]; the validation set likewise.

    digest: sha256 of the four arrays; equal digests mean equal trainings. source: 'scikit-learn', the folder, or
    'download'. note: a caution to show beside results, or ''. replaced: number of training labels that are not the natural ones.
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    validation_images: np.ndarray
    validation_labels: np.ndarray
    classes: int
    digest: str
    source: str
    note: str
    replaced: int


def load(spec: DataSpec) -> Dataset:
    """Load the data set that the settings name; InputError in one line for files or sizes that cannot be used.

    First the subset is drawn, then labels are replaced: natural and random labels of one data seed have the same images.
    Validation labels are always natural. The scaling is computed from the training images used.
    """
    raw = _read(spec)
    training = _subset(raw.labels, spec.train_size, spec.data_seed, Stream.TRAINING, "train-size")
    validation = _subset(raw.validation_labels, spec.test_size, spec.data_seed, Stream.VALIDATION, "test-size")
    natural = raw.labels[training]
    labels = replace_labels(natural, spec.replaced, CLASSES, spec.data_seed)
    pixels = raw.images[training]
    table = scaling.tables(pixels, raw.top, spec.scaling)
    images = scaling.scaled(pixels, table)
    validation_images = scaling.scaled(raw.validation_images[validation], table)
    validation_labels = raw.validation_labels[validation]
    digest = _digest(images, labels, validation_images, validation_labels)
    replaced = int(np.sum(labels != natural))
    return Dataset(
        spec.data, images, labels, validation_images, validation_labels, CLASSES, digest, raw.source, raw.note, replaced
    )


def _read(spec: DataSpec) -> Raw:
    if spec.data == "digits":
        if spec.data_dir is not None:
            raise InputError(f"data-dir = {spec.data_dir!r}: digits comes with scikit-learn; leave out --data-dir")
        return read_digits()
    folder = download(spec.data) if spec.data_dir is None else Path(spec.data_dir).expanduser()
    raw = read_cifar10(folder) if spec.data == "cifar10" else read_mnist(folder, spec.data)
    return raw if spec.data_dir is not None else Raw(**{**vars(raw), "source": "download"})


def _subset(labels: np.ndarray, size: int | None, seed: int, stream: Stream, setting: str) -> np.ndarray | slice:
    if size is None:
        return slice(None)
    try:
        return balanced(labels, size, CLASSES, seed, stream)
    except InputError as error:
        raise InputError(f"{setting} = {size}: {error}") from error


def _digest(*arrays: np.ndarray) -> str:
    """The sha256 of shapes and contents, in little-endian order on every machine."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.name}{list(array.shape)}".encode())
        digest.update(np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).data)
    return digest.hexdigest()
