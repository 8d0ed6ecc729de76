"""Files in the IDX format of MNIST (Y. LeCun, C. Cortes and C. Burges, *The MNIST database of handwritten digits*).

Two zero bytes, one byte for the type (8: unsigned bytes), one for the number of dimensions, each dimension as a
big-endian uint32, then the elements, the last dimension fastest.
"""

import gzip
import math
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from langevin_sim.errors import InputError

UNSIGNED_BYTE = 8
GZIP = b"\x1f\x8b"
LARGEST = 2**30  # bytes: 20 times MNIST; a header that promises more is taken as broken
PIECE = 2**24  # bytes read at a time, so that no more memory is allocated than the file needs


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """The uint8 array in a plain or gzipped file, of the given number of dimensions; InputError in one line for a wrong file."""
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == GZIP
            file.seek(0)
            if not zipped:
                if path.suffix == ".gz":
                    raise InputError(f"{path} is not a gzip file: its first bytes are {_hex(file.read(2))}, expected 1f 8b")
                return _parse(file, path, dimensions)
            with gzip.GzipFile(fileobj=file) as unzipped:
                return _parse(unzipped, path, dimensions)  # type: ignore[arg-type]
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path} is a broken gzip file: {error}") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def _parse(file: BinaryIO, path: Path, dimensions: int) -> np.ndarray:
    header = file.read(4)
    expected = bytes([0, 0, UNSIGNED_BYTE, dimensions])
    if len(header) < 4 or header[:2] != b"\0\0":
        raise InputError(f"{path} is not an IDX file: it begins with {_hex(header) or 'nothing'}, expected {_hex(expected)}")
    if header[2] != UNSIGNED_BYTE:
        raise InputError(f"{path}: elements of type 0x{header[2]:02x}: expected 0x{UNSIGNED_BYTE:02x} (unsigned bytes)")
    if header[3] != dimensions:
        raise InputError(f"{path}: an array of {header[3]} dimensions: expected {dimensions}")
    sizes = file.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise InputError(f"{path} ends after {4 + len(sizes)} bytes, in its header: expected {4 + 4 * dimensions} bytes or more")
    shape = tuple(int(size) for size in np.frombuffer(sizes, ">u4"))
    promised = math.prod(shape)  # Python integers do not overflow
    text = " x ".join(f"{size:,}" for size in shape)
    if promised > LARGEST:
        raise InputError(f"{path}: its header promises {text} bytes: expected {LARGEST:,} at most")
    elements = _read(file, promised + 1)  # one extra byte detects a file that is too long, and makes gzip check its sum
    if len(elements) < promised:
        raise InputError(f"{path} is truncated: {len(elements):,} bytes after its header, expected {text} = {promised:,}")
    if len(elements) > promised:
        raise InputError(f"{path} is too long: more bytes after its header than the {text} = {promised:,} expected")
    return np.frombuffer(elements, np.uint8).reshape(shape)


def _read(file: BinaryIO, most: int) -> bytearray:
    """Read the rest of the file, but at most this many bytes."""
    read = bytearray()
    while len(read) < most and (piece := file.read(min(PIECE, most - len(read)))):
        read += piece
    return read


def _hex(content: bytes) -> str:
    return content.hex(" ")
