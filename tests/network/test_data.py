"""Data sets: every reader and every way that a file can be wrong; subsets, replaced labels, scaling and digests."""

import codecs
import errno
import gc
import gzip
import hashlib
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import tarfile
import threading
import warnings
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from langevin_sim.errors import InputError
from langevin_sim.network.data import cifar10, describe, download, load, mnist, optional
from langevin_sim.network.data.idx import read_idx
from langevin_sim.network.data.subset import balanced, replace_labels
from langevin_sim.network.data.unpickle import unpickle
from langevin_sim.settings.network import DataSpec

RANDOM = np.random.default_rng(5)
IMAGES, VALIDATION = (RANDOM.integers(0, 256, (n, 28, 28), dtype=np.uint8) for n in (300, 50))
LABELS, VALIDATION_LABELS = ((np.arange(n) * 7 % 10).astype(np.uint8) for n in (300, 50))
RECORDS, TEST_RECORDS = (
    np.concatenate([np.arange(n, dtype=np.uint8)[:, None] % 10, RANDOM.integers(0, 256, (n, 3072), dtype=np.uint8)], axis=1)
    for n in (40, 20)
)


def idx(array):
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def refuses(call, *parts):
    """Expect a one-line InputError that contains every part."""
    with pytest.raises(InputError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert str(part) in message
    return message


@pytest.fixture
def mnist_folder(tmp_path):
    """Two files plain, one gzipped, one in the other spelling."""
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(IMAGES))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(LABELS), mtime=0))
    (tmp_path / "t10k-images.idx3-ubyte").write_bytes(idx(VALIDATION))
    (tmp_path / "t10k-labels.idx1-ubyte.gz").write_bytes(gzip.compress(idx(VALIDATION_LABELS), mtime=0))
    return tmp_path


@pytest.fixture
def cifar_folder(tmp_path):
    (tmp_path / "data_batch_1.bin").write_bytes(RECORDS[:25].tobytes())
    (tmp_path / "data_batch_3.bin").write_bytes(RECORDS[25:].tobytes())
    (tmp_path / "test_batch.bin").write_bytes(TEST_RECORDS.tobytes())
    return tmp_path


def spec_of(folder, data="mnist", **settings):
    return DataSpec(data=data, data_dir=str(folder), **settings)


# IDX


@pytest.mark.parametrize("name", ["a", "a.gz", "zipped-without-the-ending"])
@pytest.mark.parametrize("array", [IMAGES, LABELS, IMAGES[:0]])
def test_idx_round_trip(tmp_path, name, array):
    path = tmp_path / name
    path.write_bytes(gzip.compress(idx(array), mtime=0) if "z" in name else idx(array))
    read = read_idx(path, array.ndim)
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, array)


WHOLE = idx(LABELS)
ZIPPED = gzip.compress(WHOLE, mtime=0)


@pytest.mark.parametrize(
    ("name", "content", "found", "expected"),
    [
        ("a", b"", "nothing", "00 00 08 01"),
        ("a", b"\0\0\x08", "00 00 08", "00 00 08 01"),
        ("a", b"\x12\x34" + WHOLE[2:], "12 34", "00 00 08 01"),
        ("a", b"\0\0\x0d" + WHOLE[3:], "0x0d", "0x08"),
        ("a", idx(IMAGES), "3 dimensions", "expected 1"),
        ("a", WHOLE[:6], "6 bytes", "8 bytes"),
        ("a", WHOLE[:-1], "299 bytes", "300"),
        ("a", WHOLE + b"\0", "too long", "300"),
        ("a", b"\0\0\x08\x01\xff\xff\xff\xff" + WHOLE[8:], "4,294,967,295", "1,073,741,824 at most"),
        ("a", b"\0\0\x08\x01\x30\x00\x00\x00" + WHOLE[8:], "300 bytes", "805,306,368"),
        ("a.gz", gzip.compress(WHOLE[:-1], mtime=0), "299 bytes", "300"),
        ("a.gz", gzip.compress(WHOLE + b"\0", mtime=0), "too long", "300"),
        ("a.gz", WHOLE, "00 00", "1f 8b"),
        ("a.gz", b"", "not a gzip file", "1f 8b"),
        ("a.gz", ZIPPED[:-9], "broken gzip", ""),
        ("a.gz", ZIPPED[:8], "broken gzip", ""),
        ("a.gz", ZIPPED[:-8] + b"\0\0\0\0" + ZIPPED[-4:], "CRC", ""),
        ("a.gz", ZIPPED[:20] + b"\xff\xff\xff\xff" + ZIPPED[24:], "broken gzip", ""),
        ("a.gz", ZIPPED + b"rest", "broken gzip", ""),
    ],
)
def test_idx_that_is_wrong(tmp_path, name, content, found, expected):
    path = tmp_path / name
    path.write_bytes(content)
    refuses(lambda: read_idx(path, 1), path, found, expected)


def test_idx_of_three_sizes_does_not_overflow(tmp_path):
    """2^32 x 2^32 is 0 in 64 bits."""
    path = tmp_path / "a"
    path.write_bytes(b"\0\0\x08\x03" + b"\x80\0\0\0" * 3)
    refuses(lambda: read_idx(path, 3), path, "2,147,483,648 x 2,147,483,648", "at most")


def test_idx_that_cannot_be_opened(tmp_path):
    refuses(lambda: read_idx(tmp_path, 1), tmp_path, "directory")


# MNIST


def test_mnist(mnist_folder):
    data = load(spec_of(mnist_folder, scaling="unit"))
    assert (data.name, data.classes, data.source, data.replaced) == ("mnist", 10, str(mnist_folder), 0)
    assert (data.images.dtype, data.labels.dtype, data.validation_labels.dtype) == (np.float32, np.int64, np.int64)
    np.testing.assert_array_equal(data.images, (IMAGES[:, None] / 255).astype(np.float32))
    np.testing.assert_array_equal(data.validation_images, (VALIDATION[:, None] / 255).astype(np.float32))
    np.testing.assert_array_equal(data.labels, LABELS)
    np.testing.assert_array_equal(data.validation_labels, VALIDATION_LABELS)
    assert "not the original files of mnist" in data.note
    for array in (data.images, data.labels, data.validation_images, data.validation_labels):
        assert array.flags.writeable  # as torch.from_numpy wants them


def test_mnist_is_not_fashion_mnist(mnist_folder, monkeypatch):
    """The files of both have the same names."""
    monkeypatch.setitem(mnist.PIXELS, "fashion-mnist", hashlib.sha256(IMAGES.tobytes()).hexdigest())
    refuses(lambda: load(spec_of(mnist_folder)), mnist_folder, "holds fashion-mnist", "expected mnist")
    assert load(spec_of(mnist_folder, data="fashion-mnist")).note == ""


@pytest.mark.parametrize(
    ("name", "array", "found", "expected"),
    [
        ("train-images-idx3-ubyte", IMAGES[:, :27], "27 x 28", "28 x 28"),
        ("train-images-idx3-ubyte", IMAGES[:299], "300 labels", "expected 299"),
        ("train-images-idx3-ubyte", IMAGES[:0], "no images", "at least one"),
        ("t10k-labels-idx1-ubyte", np.full(50, 10, dtype=np.uint8), "label 10 of image 0", "0..9"),
    ],
)
def test_mnist_that_is_wrong(mnist_folder, name, array, found, expected):
    (mnist_folder / name).write_bytes(idx(array))
    refuses(lambda: load(spec_of(mnist_folder)), mnist_folder, found, expected)


@pytest.mark.parametrize(("data", "wanted"), [("mnist", "t10k-labels-idx1-ubyte"), ("cifar10", "test_batch.bin")])
def test_folders_that_are_wrong(tmp_path, monkeypatch, data, wanted):
    refuses(lambda: load(spec_of(tmp_path, data)), tmp_path, wanted)
    refuses(lambda: load(spec_of(tmp_path / "none", data)), "no such folder", tmp_path / "none", wanted)
    (tmp_path / "file").write_bytes(b"")
    refuses(lambda: load(spec_of(tmp_path / "file", data)), tmp_path / "file", "is a file", wanted)

    def forbidden(_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", forbidden)
    refuses(lambda: load(spec_of(tmp_path, data)), tmp_path, "Permission denied", wanted)


def test_mnist_without_one_file(mnist_folder):
    (mnist_folder / "t10k-images.idx3-ubyte").unlink()
    refuses(lambda: load(spec_of(mnist_folder)), mnist_folder, "no t10k-images-idx3-ubyte")


# CIFAR-10


@pytest.mark.parametrize("inner", ["", "cifar-10-batches-bin"])
def test_cifar10_binary(cifar_folder, inner):
    if inner:
        (cifar_folder / inner).mkdir()
        for path in list(cifar_folder.glob("*.bin")):
            path.rename(cifar_folder / inner / path.name)
    data = load(spec_of(cifar_folder, "cifar10", scaling="unit"))
    assert data.images.shape == (40, 3, 32, 32)
    np.testing.assert_array_equal(data.images.reshape(40, -1), (RECORDS[:, 1:] / 255).astype(np.float32))
    np.testing.assert_array_equal(data.validation_images.reshape(20, -1), (TEST_RECORDS[:, 1:] / 255).astype(np.float32))
    np.testing.assert_array_equal(data.labels, RECORDS[:, 0])
    assert "40 of 50,000 training" in data.note
    assert "20 of 10,000 validation" in data.note
    assert "pixels may differ" in data.note


def test_cifar10_note():
    assert cifar10._note([10_000] * 5, 10_000) == ""
    assert "20,000 of 50,000" in cifar10._note([10_000] * 2, 10_000)
    assert "pixels" not in cifar10._note([10_000] * 2, 10_000)


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("data_batch_1.bin", RECORDS.tobytes()[:-1], "122,919 bytes"),
        ("test_batch.bin", b"", "0 bytes"),
        ("data_batch_3.bin", b"\x0a" + bytes(3072), "label 10"),
    ],
)
def test_cifar10_binary_that_is_wrong(cifar_folder, name, content, found):
    (cifar_folder / name).write_bytes(content)
    refuses(lambda: load(spec_of(cifar_folder, "cifar10")), cifar_folder / name, found, "expected")


def test_cifar10_without_test_batch(cifar_folder):
    (cifar_folder / "test_batch.bin").unlink()
    refuses(lambda: load(spec_of(cifar_folder, "cifar10")), cifar_folder, "no test_batch.bin")


def batch_of(records):
    return {b"batch_label": b"one", b"labels": records[:, 0].tolist(), b"data": records[:, 1:].copy(), b"filenames": [b"a.png"]}


def python2(records):
    """The bytes as Python 2's pickle wrote them at protocol 2: str is BINSTRING, and arrays name numpy.core."""

    def string(text):
        return b"T" + struct.pack("<I", len(text)) + text

    def small(*numbers):
        return b"".join(b"J" + struct.pack("<i", number) for number in numbers)

    kind = b"cnumpy\ndtype\n" + string(b"u1") + small(0, 1) + b"\x87R"
    kind += b"(" + small(3) + string(b"|") + b"NNN" + small(-1, -1, 0) + b"tb"
    shape = small(len(records), 3072) + b"\x86"
    start = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n" + small(0) + b"\x85" + string(b"b") + b"\x87R"
    array = start + b"(" + small(1) + shape + kind + b"\x89" + string(records[:, 1:].tobytes()) + b"tb"
    labels = b"](" + small(*records[:, 0].tolist()) + b"e"
    return b"\x80\x02}(" + string(b"data") + array + string(b"labels") + labels + b"u."


def python3(protocol, records):
    return pickle.dumps(batch_of(records), protocol)


@pytest.mark.parametrize("write", [python2, partial(python3, 2), partial(python3, 3), partial(python3, 4)])
def test_cifar10_python(cifar_folder, tmp_path, write):
    binary = load(spec_of(cifar_folder, "cifar10"))
    folder = tmp_path / "python"
    (folder / "cifar-10-batches-py").mkdir(parents=True)
    for name, records in (("data_batch_1", RECORDS), ("test_batch", TEST_RECORDS)):
        (folder / "cifar-10-batches-py" / name).write_bytes(write(records))
    assert load(spec_of(folder, "cifar10")).digest == binary.digest


def test_unpickled_arrays_are_the_same(tmp_path):
    """Types, byte orders, Fortran order and scalars: everything that the stand-ins do themselves."""
    values = {
        "float": RANDOM.normal(size=(3, 4)),
        "swapped": np.arange(5, dtype=">i4"),
        "fortran": np.asfortranarray(RECORDS[:4, :7]),
        "bool": np.array([True, False]),
        "scalar": np.int64(-7),
        "list": [1, ["a", None], (2.5,)],
    }
    for protocol in (2, 3, 4):
        (tmp_path / "a").write_bytes(pickle.dumps(values, protocol))
        found = unpickle(tmp_path / "a")
        assert list(found) == list(values)
        for name, value in values.items():
            np.testing.assert_equal(found[name], value)
            if isinstance(value, np.ndarray):
                assert found[name].dtype == value.dtype


class Reduced:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def test_a_malicious_pickle_is_refused_and_runs_nothing(tmp_path):
    marker = tmp_path / "marker"
    code = f"open({str(marker)!r}, 'w').close()"
    attacks = {
        "system": Reduced(os.system, f"touch {marker}"),
        "eval": Reduced(eval, code),
        "exec": Reduced(exec, code),
        "open": Reduced(open, str(marker), "w"),
        "getattr": Reduced(getattr, "text", "upper"),
        "encode": Reduced(codecs.encode, "ab", "zlib"),
    }
    path = tmp_path / "data_batch_1"
    (tmp_path / "test_batch").write_bytes(pickle.dumps(batch_of(TEST_RECORDS), 2))
    for name, attack in attacks.items():
        for protocol in (2, 4):
            path.write_bytes(pickle.dumps(batch_of(RECORDS) | {b"evil": attack}, protocol))
            refuses(lambda: load(spec_of(tmp_path, "cifar10")), path, name if name != "encode" else "")
            assert not marker.exists()
    pickle.loads(pickle.dumps(attacks["system"]))  # the control: it would have run
    assert marker.exists()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "not a readable pickle"),
        (b"no pickle at all", "not a readable pickle"),
        (pickle.dumps(batch_of(RECORDS), 2)[:-100], "not a readable pickle"),
        (pickle.dumps([1, 2], 2), "list"),
        (pickle.dumps({"labels": [1]}, 2), "data is NoneType"),
        (pickle.dumps(batch_of(RECORDS) | {b"data": np.zeros((40, 3072))}, 2), "float64"),
        (pickle.dumps(batch_of(RECORDS) | {b"data": np.zeros((40, 7), dtype=np.uint8)}, 2), "[40, 7]"),
        (pickle.dumps(batch_of(RECORDS) | {b"data": np.array(7, dtype=np.uint8)}, 2), "uint8 []"),
        (pickle.dumps(batch_of(RECORDS) | {b"data": np.array([{}], dtype=object)}, 2), "'O8'"),
        (pickle.dumps(batch_of(RECORDS) | {b"labels": [1]}, 2), "expected a list of 40"),
        (pickle.dumps(batch_of(RECORDS) | {b"labels": ["1"] * 40}, 2), "expected a list of 40"),
        (pickle.dumps(batch_of(RECORDS) | {b"labels": [10**30] * 40}, 2), f"label {10**30}"),
    ],
)
def test_cifar10_python_that_is_wrong(tmp_path, content, found):
    (tmp_path / "data_batch_2").write_bytes(content)
    (tmp_path / "test_batch").write_bytes(pickle.dumps(batch_of(TEST_RECORDS), 2))
    refuses(lambda: load(spec_of(tmp_path, "cifar10")), tmp_path / "data_batch_2", found)


# digits


def test_digits_split():
    datasets = pytest.importorskip("sklearn.datasets")
    data = load(DataSpec(scaling="unit"))
    assert (data.source, data.note, data.images.shape, len(data.validation_labels)) == ("scikit-learn", "", (1437, 1, 8, 8), 360)
    assert np.bincount(data.validation_labels).tolist() == [36] * 10
    natural = datasets.load_digits()
    assert sorted(natural.target) == sorted([*data.labels, *data.validation_labels])
    together = np.concatenate([data.images, data.validation_images]).reshape(1797, 64)
    expected = (natural.data / 16).astype(np.float32)
    np.testing.assert_array_equal(np.unique(together, axis=0), np.unique(expected, axis=0))
    assert len(np.unique(expected, axis=0)) == 1797  # no image twice: so none is in both sets


def test_digits_needs_no_folder(tmp_path):
    refuses(lambda: load(DataSpec(data_dir=str(tmp_path))), tmp_path, "scikit-learn")


# subsets


UNEVEN = np.repeat(np.arange(10), [30, 12, 20, 25, 30, 30, 15, 30, 30, 30])[RANDOM.permutation(252)]


@pytest.mark.parametrize("size", [1, 5, 10, 64, 100, 119, 120, 129])
def test_balanced_counts(size):
    chosen = balanced(UNEVEN, size, 10, seed=3)
    counts = np.bincount(UNEVEN[chosen], minlength=10)
    assert counts.sum() == size
    assert counts.max() - counts.min() <= 1
    assert np.all(np.diff(chosen) > 0)


def test_balanced_is_seeded():
    np.testing.assert_array_equal(balanced(UNEVEN, 64, 10, 3), balanced(UNEVEN, 64, 10, 3))
    assert set(balanced(UNEVEN, 64, 10, 3)) != set(balanced(UNEVEN, 64, 10, 4))
    left_over = {tuple(np.bincount(UNEVEN[balanced(UNEVEN, 5, 10, seed)], minlength=10)) for seed in range(20)}
    assert len(left_over) > 1  # the remainder goes to other classes


@pytest.mark.parametrize("size", [130, 252, 10**9])
def test_balanced_of_too_many(size):
    """All of class 1 and one more of every other: 9 * 13 + 12 = 129."""
    refuses(lambda: balanced(UNEVEN, size, 10, 0), f"{size:,}", "129 at most", "class 1 has 12")


def test_balanced_without_a_class():
    refuses(lambda: balanced(np.array([0, 1, 1]), 3, 3, 0), "2 at most", "class 2 has 0")
    assert len(balanced(np.array([0, 1, 1]), 2, 3, 0)) == 2


def test_sizes_of_a_spec(mnist_folder):
    data = load(spec_of(mnist_folder, train_size=95, test_size=30, scaling="unit"))
    assert (len(data.images), len(data.labels), len(data.validation_images), len(data.validation_labels)) == (95, 95, 30, 30)
    label_of = {image.tobytes(): label for image, label in zip((IMAGES / 255).astype(np.float32), LABELS, strict=True)}
    assert [label_of[image.tobytes()] for image in data.images] == data.labels.tolist()  # images keep their labels
    refuses(lambda: load(spec_of(mnist_folder, train_size=301)), "train-size = 301", "300 at most")
    refuses(lambda: load(spec_of(mnist_folder, test_size=51)), "test-size = 51", "50 at most")


# replaced labels


def test_replaced_counts():
    """Of 20,000, those that differ are binomial(n, 0.9 p). At 4.5 deviations a false alarm is 7e-6 a check; the seed is fixed."""
    natural = np.arange(20_000) % 10
    for probability in (0.0, 0.1, 0.5, 1.0):
        labels = replace_labels(natural, probability, 10, seed=11)
        assert labels.dtype == np.int64
        assert (labels.min(), labels.max()) == (0, 9)
        share = 0.9 * probability
        deviation = np.sqrt(20_000 * share * (1 - share))
        assert abs(np.sum(labels != natural) - 20_000 * share) <= 4.5 * deviation
    np.testing.assert_array_equal(replace_labels(natural, 0.0, 10, seed=11), natural)


def test_replaced_labels_are_uniform():
    """Chi-squared of 10 labels by 10 draws, 90 degrees of freedom: above 152 with probability 5e-5; the control is far above."""

    def statistic(labels):
        table = np.zeros((10, 10))
        np.add.at(table, (natural, labels), 1)
        return np.sum((table - 200) ** 2 / 200)

    natural = np.arange(20_000) % 10
    assert statistic(replace_labels(natural, 1.0, 10, seed=12)) < 152
    assert statistic(replace_labels(natural, 0.9, 10, seed=12)) > 1000


def test_replacement_is_seeded_and_nested():
    natural = np.arange(2000) % 10
    few, many = (replace_labels(natural, p, 10, seed=1) for p in (0.2, 0.6))
    np.testing.assert_array_equal(few, replace_labels(natural, 0.2, 10, seed=1))
    assert np.any(few != replace_labels(natural, 0.2, 10, seed=2))
    changed = few != natural
    np.testing.assert_array_equal(few[changed], many[changed])


def test_natural_and_random_share_images(mnist_folder):
    natural = load(spec_of(mnist_folder, train_size=100))
    random = load(spec_of(mnist_folder, train_size=100, labels="random"))
    noisy = load(spec_of(mnist_folder, train_size=100, label_noise=0.3))
    for data in (random, noisy):
        np.testing.assert_array_equal(natural.images, data.images)
        np.testing.assert_array_equal(natural.validation_images, data.validation_images)
        np.testing.assert_array_equal(natural.validation_labels, data.validation_labels)
        assert data.replaced == np.sum(natural.labels != data.labels) > 0
    assert natural.replaced == 0
    assert random.replaced > 75  # 90 expected, deviation 3: a false alarm is below 1e-5


# digest and scaling


def test_digest(mnist_folder):
    settings = {"train_size": 100, "test_size": 20}
    changes = [
        {},
        {"train_size": 99},
        {"test_size": 19},
        {"labels": "random"},
        {"label_noise": 0.1},
        {"scaling": "unit"},
        {"data_seed": 1},
    ]
    digests = [load(spec_of(mnist_folder, **(settings | change))).digest for change in changes]
    assert len(set(digests)) == len(changes)
    assert digests[0] == load(spec_of(mnist_folder, **settings)).digest
    assert len(digests[0]) == 64
    whole = load(spec_of(mnist_folder)).digest
    pixels = VALIDATION.copy()
    pixels[0, 0, 0] ^= 1
    (mnist_folder / "t10k-images.idx3-ubyte").write_bytes(idx(pixels))
    assert load(spec_of(mnist_folder)).digest != whole


def test_standard_scaling(cifar_folder):
    """Per channel, with the moments of the training images used, for the validation images too."""
    data = load(spec_of(cifar_folder, "cifar10", train_size=20))
    unit = load(spec_of(cifar_folder, "cifar10", train_size=20, scaling="unit"))
    assert unit.images.min() >= 0
    assert unit.images.max() <= 1
    mean, std = (f(unit.images.astype(float), axis=(0, 2, 3), keepdims=True) for f in (np.mean, np.std))
    np.testing.assert_allclose(data.images, (unit.images - mean) / std, atol=1e-6)
    np.testing.assert_allclose(data.validation_images, (unit.validation_images - mean) / std, atol=1e-6)
    np.testing.assert_allclose(data.images.std(axis=(0, 2, 3), dtype=float), 1, rtol=1e-6)


def test_standard_scaling_of_a_constant_channel(mnist_folder):
    (mnist_folder / "train-images-idx3-ubyte").write_bytes(idx(np.full_like(IMAGES, 9)))
    refuses(lambda: load(spec_of(mnist_folder)), "channel 0", "--scaling unit")
    assert np.all(load(spec_of(mnist_folder, scaling="unit")).images == np.float32(9 / 255))


def test_describe(cifar_folder):
    spec = spec_of(cifar_folder, "cifar10", label_noise=0.5)
    data = load(spec)
    found = json.loads(json.dumps(describe(data, spec)))
    assert found["shape"] == [3, 32, 32]
    assert (found["training"], found["validation"]) == (40, 20)
    assert found["training_counts"] == np.bincount(data.labels, minlength=10).tolist()
    assert found["validation_counts"] == [2] * 10
    assert (found["digest"], found["note"], found["replaced"]) == (data.digest, data.note, data.replaced)
    assert found["pixel_mean"] == pytest.approx([0, 0, 0], abs=1e-6)
    assert found["pixel_std"] == pytest.approx([1, 1, 1], abs=1e-6)


# downloads


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Files in tmp_path/served over HTTP, from this machine to itself; the cache is in tmp_path too."""
    pooch = pytest.importorskip("pooch")
    served = tmp_path / "served"
    served.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(served)))
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)

    def publish(name, files):
        for file, content in files.items():
            (served / file).write_bytes(content)
        sums = {file: hashlib.sha256(content).hexdigest() for file, content in files.items()}
        monkeypatch.setitem(download.SOURCES, name, (f"http://127.0.0.1:{running.server_port}/", sums))
        return served

    yield publish
    running.shutdown()
    thread.join()
    running.server_close()
    with warnings.catch_warnings():  # pooch leaves the connection of a failed request to the garbage collector
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


MNIST_FILES = {
    "train-images-idx3-ubyte.gz": gzip.compress(idx(IMAGES), mtime=0),
    "train-labels-idx1-ubyte.gz": gzip.compress(idx(LABELS), mtime=0),
    "t10k-images-idx3-ubyte.gz": gzip.compress(idx(VALIDATION), mtime=0),
    "t10k-labels-idx1-ubyte.gz": gzip.compress(idx(VALIDATION_LABELS), mtime=0),
}


def test_download_of_mnist(server, mnist_folder):
    served = server("mnist", MNIST_FILES)
    data = load(DataSpec(data="mnist"))
    assert data.source == "download"
    assert data.digest == load(spec_of(mnist_folder)).digest
    for path in served.iterdir():
        path.unlink()
    assert load(DataSpec(data="mnist")).digest == data.digest  # from the cache


def archive(leave_out=()):
    batches = {f"data_batch_{n}.bin": RECORDS[8 * n - 8 : 8 * n] for n in range(1, 6)} | {"test_batch.bin": TEST_RECORDS}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, records in batches.items():
            if name not in leave_out:
                member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
                member.size = records.nbytes
                tar.addfile(member, io.BytesIO(records.tobytes()))
    return packed.getvalue()


def test_download_of_cifar10(server, cifar_folder):
    server("cifar10", {"cifar-10-binary.tar.gz": archive()})
    data = load(DataSpec(data="cifar10"))
    assert data.source == "download"
    assert data.digest == load(spec_of(cifar_folder, "cifar10")).digest
    assert load(DataSpec(data="cifar10")).digest == data.digest


def test_archive_without_a_file_leaves_no_folder(server, tmp_path):
    server("cifar10", {"cifar-10-binary.tar.gz": archive(leave_out=["data_batch_4.bin"])})
    for _ in range(2):
        refuses(lambda: load(DataSpec(data="cifar10")), "data_batch_4.bin", "--data-dir")
    assert not list((tmp_path / "cache").rglob("*.bin"))


def test_download_of_another_file(server):
    served = server("mnist", MNIST_FILES)
    (served / "t10k-labels-idx1-ubyte.gz").write_bytes(b"other")
    refuses(lambda: load(DataSpec(data="mnist")), "t10k-labels-idx1-ubyte.gz", "hash", "--data-dir")


def test_download_of_a_file_that_is_not_there(server):
    (server("mnist", MNIST_FILES) / "train-labels-idx1-ubyte.gz").unlink()
    refuses(lambda: load(DataSpec(data="mnist")), "train-labels-idx1-ubyte.gz", "404", "--data-dir")


@pytest.mark.parametrize("data", ["mnist", "fashion-mnist", "cifar10"])
def test_no_network(monkeypatch, data):
    pooch = pytest.importorskip("pooch")

    def fail(*_, **__):
        raise OSError("no network\nat all")

    monkeypatch.setattr(pooch, "retrieve", fail)
    address, files = download.SOURCES[data]
    wanted = cifar10.WANTED if data == "cifar10" else mnist.WANTED
    refuses(lambda: load(DataSpec(data=data)), address + next(iter(files)), "--data-dir", wanted, "no network at all")


@pytest.mark.parametrize(("data", "package"), [("digits", "scikit-learn"), ("mnist", "pooch")])
def test_without_the_package(monkeypatch, data, package):
    def absent(module):
        raise ModuleNotFoundError(module)

    monkeypatch.setattr(optional, "import_module", absent)
    refuses(lambda: load(DataSpec(data=data)), package, 'pip install "langevin-sim[torch]"')


def test_nothing_here_needs_torch():
    """Neither scikit-learn nor pooch is imported until a function needs it."""
    code = "import sys, langevin_sim.network.data; sys.exit(len({'torch', 'sklearn', 'pooch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
