"""Read pickles of NumPy arrays and plain containers without running anything that the file names.

A pickle is a program that names functions and calls them. Here no name is resolved: the few that an array's pickle
needs are replaced by stand-ins that only take the array's parts, and every other name is refused. Even NumPy's own
functions are not called, because they trust the state that a pickle gives them.
"""

import io
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from langevin_sim.errors import InputError

_TYPES = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"}


class _Type:
    """Stands in for numpy.dtype."""

    def __init__(self, code: str | bytes, *_: object) -> None:
        text = code.decode("latin1") if isinstance(code, bytes) else str(code)
        if text not in _TYPES:
            raise InputError(f"an array of type {text!r}: expected numbers")
        self.code, self.order = text, "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order = state[1].decode("latin1") if isinstance(state[1], bytes) else str(state[1])
        if order not in ("<", ">", "|", "="):
            raise InputError(f"an array of byte order {order!r}: expected < or >")
        self.order = order

    @property
    def numpy(self) -> np.dtype[Any]:
        return np.dtype(self.order + self.code)


class _Array:
    """Stands in for numpy.ndarray: builds the array from its state (version, shape, type, Fortran order, bytes)."""

    def __init__(self) -> None:
        self.array = np.empty(0)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, fortran, content = state
        shape = tuple(int(size) for size in shape)
        content = content.encode("latin1") if isinstance(content, str) else bytes(content)
        if len(content) != math.prod(shape) * kind.numpy.itemsize:
            raise InputError(f"an array of shape {shape} in {len(content):,} bytes")
        self.array = np.frombuffer(content, kind.numpy).reshape(shape, order="F" if fortran else "C")


def _reconstruct(*_: object) -> _Array:
    return _Array()


def _scalar(kind: _Type, content: bytes | str) -> Any:
    content = content.encode("latin1") if isinstance(content, str) else content
    return np.frombuffer(content, kind.numpy, count=1)[0].item()


def _encode(text: str, encoding: str = "latin1", *_: object) -> bytes:
    """How protocol 2 of Python 3 writes bytes; other codecs would run more code than is needed."""
    if encoding != "latin1":
        raise InputError(f"text in the encoding {encoding!r}: expected latin1")
    return text.encode("latin1")


_ADMITTED: dict[tuple[str, str], Any] = {
    **{(f"{core}.multiarray", "_reconstruct"): _reconstruct for core in ("numpy.core", "numpy._core")},
    **{(f"{core}.multiarray", "scalar"): _scalar for core in ("numpy.core", "numpy._core")},
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Type,
    ("_codecs", "encode"): _encode,
}


class _Restricted(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ADMITTED:
            raise InputError(f"it asks for {module}.{name}, which is refused: expected only arrays, lists and dictionaries")
        return _ADMITTED[module, name]


def unpickle(path: Path) -> dict[str, Any]:
    """Read a pickled dictionary of arrays and plain values, its keys as text; InputError for anything else; nothing is run.

    Python 2's strings become bytes, as CIFAR-10's own page advises (encoding 'bytes').
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        found = _Restricted(io.BytesIO(content), encoding="bytes").load()
    except InputError as error:
        raise InputError(f"cannot read the pickle {path}: {error}") from error
    except Exception as error:  # a broken pickle can fail in any way
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path} is not a readable pickle: {reason}") from error
    if not isinstance(found, dict):
        raise InputError(f"{path} is a pickled {type(found).__name__}: expected a dictionary")
    return {
        key.decode("latin1") if isinstance(key, bytes) else str(key): value.array if isinstance(value, _Array) else value
        for key, value in found.items()
    }
