"""The readers of images and weights, fed damaged files: they read them, or say in one line why not."""

import json
import pickle
import random
import struct

import numpy as np
import pytest

pytest.importorskip("torch", reason="the network room needs PyTorch")

import torch

from langevin_sim.errors import LangevinSimError
from langevin_sim.network import tensors
from langevin_sim.network.data.cifar10 import _read_binary, _read_python
from langevin_sim.network.data.idx import read_idx

MUTATIONS = 60


def damaged(content, draw):
    """Truncated, with changed, removed or repeated bytes, or something else."""
    kind, place = draw.randrange(5), draw.randrange(min(len(content), 2000))
    if kind == 0:
        return content[:place]
    if kind == 1:
        changed = bytearray(content)
        for _ in range(draw.randrange(1, 8)):
            changed[draw.randrange(min(len(changed), 400))] = draw.randrange(256)
        return bytes(changed)
    if kind == 2:
        return content[:place] + content[place + draw.randrange(1, 40) :]
    if kind == 3:
        return content[: place + 20] + content[place:]
    return draw.choice([b"", b"PK", b"\x1f\x8b", b"\0\0\x08\x03", b"]" * 3000, b"(" * 100_000, b"\x80\x05K\x01."])


def reads(read, path):
    """Whether it could be read; any exception but a LangevinSimError fails the test."""
    try:
        read(path)
    except LangevinSimError:
        return False
    return True


def weights(path):
    tensors.write(path, {"w": torch.zeros(3, 2), "b": torch.ones(2)}, {"hash": "1", "history": [], "results": []}, sealed=True)
    return path.read_bytes()


IMAGES = np.arange(2 * 28 * 28).astype(np.uint8)
FILES = {
    "idx": (struct.pack(">IIII", 0x0803, 2, 28, 28) + IMAGES.tobytes(), lambda path: read_idx(path, 3)),
    "binary": (b"\x03" + bytes(3072) + b"\x01" + bytes(3072), _read_binary),
    "pickle": (pickle.dumps({"data": np.zeros((2, 3072), np.uint8), "labels": [1, 2]}, 2), _read_python),
    "weights": (None, lambda path: tensors.read(path, torch.device("cpu"))),
    "sealed": (None, lambda path: tensors.read(path, torch.device("cpu"), sealed=True)),
}


@pytest.mark.parametrize("name", FILES)
def test_damaged_files(tmp_path, name):
    path, draw = tmp_path / "file", random.Random(7)
    content, read = FILES[name]
    content = content or weights(path)
    path.write_bytes(content)
    assert reads(read, path)
    whole = []
    for _ in range(MUTATIONS):
        path.write_bytes(damaged(content, draw))
        whole.append(reads(read, path))
    assert not all(whole)


@pytest.mark.parametrize("note", ["[" * 100_000, "{", "", "\u0000", json.dumps({"a": 1})])
def test_notes_of_weights(tmp_path, note):
    from safetensors.torch import save

    (tmp_path / "file").write_bytes(save({"w": torch.zeros(2)}, {"hash": note}))
    reads(lambda path: tensors.read(path, torch.device("cpu")), tmp_path / "file")
