"""MNIST and Fashion-MNIST from a folder with their four IDX files."""

import hashlib
from pathlib import Path

import numpy as np

from langevin_sim.errors import InputError
from langevin_sim.network.data.folder import listing
from langevin_sim.network.data.idx import read_idx
from langevin_sim.network.data.raw import Raw, checked_labels

SIDE = 28
STEMS = {
    "training images": ("train-images", 3),
    "training labels": ("train-labels", 1),
    "validation images": ("t10k-images", 3),
    "validation labels": ("t10k-labels", 1),
}
WANTED = "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte (or each as .gz)"
# Both sets use the same file names; the sha256 of the training pixels tells which of the two a folder holds.
PIXELS = {
    "mnist": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "fashion-mnist": "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
}


def read_mnist(folder: Path, name: str) -> Raw:
    """Read the data set of this name, 1 x 28 x 28 pixels; InputError if a file is missing, wrong, or from the other set."""
    names = listing(folder, WANTED)
    paths = {kind: _find(folder, names, stem, dimensions) for kind, (stem, dimensions) in STEMS.items()}
    images, labels = _pair(paths["training images"], paths["training labels"])
    validation_images, validation_labels = _pair(paths["validation images"], paths["validation labels"])
    return Raw(images, labels, validation_images, validation_labels, 255, str(folder), _note(images, folder, name))


def _find(folder: Path, names: set[str], stem: str, dimensions: int) -> Path:
    """Path of the file: 'train-images-idx3-ubyte', or 'train-images.idx3-ubyte' as some unpackers name it, or either as .gz."""
    for spelling in (f"{stem}-idx{dimensions}-ubyte", f"{stem}.idx{dimensions}-ubyte"):
        for name in (spelling, f"{spelling}.gz"):
            if name in names:
                return folder / name
    raise InputError(f"{folder} holds no {stem}-idx{dimensions}-ubyte(.gz): expected {WANTED}")


def _pair(of_images: Path, of_labels: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images [n, 1, 28, 28] and labels [n]."""
    images, labels = read_idx(of_images, 3), read_idx(of_labels, 1)
    if images.shape[1:] != (SIDE, SIDE):
        raise InputError(f"{of_images}: images of {images.shape[1]} x {images.shape[2]} pixels: expected {SIDE} x {SIDE}")
    if not len(images):
        raise InputError(f"{of_images}: no images: expected at least one")
    if len(images) != len(labels):
        raise InputError(f"{of_labels}: {len(labels):,} labels: expected {len(images):,}, one for each image of {of_images.name}")
    return images[:, None], checked_labels(labels, str(of_labels))


def _note(images: np.ndarray, folder: Path, name: str) -> str:
    found = hashlib.sha256(np.ascontiguousarray(images).data).hexdigest()
    for other, pixels in PIXELS.items():
        if found == pixels and other != name:
            raise InputError(f"{folder} holds {other}: expected {name}; take --data {other} or another folder")
    if found == PIXELS[name]:
        return ""
    return f"not the original files of {name}: the {len(images):,} training images are not its 60,000"
