"""Rows of data from a CSV file, for least squares on them."""

import csv
import hashlib
from pathlib import Path

import numpy as np

from langevin_sim.errors import InputError

TARGET = "y"


def columns(path: Path) -> list[str]:
    """The names of the columns, the target's last."""
    return _read(path)[0]


def read_rows(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(a [n, dim], y [n]) from a CSV file with a heading: the column y, or the last one, is the value, all others are a's.

    InputError names the file, the line and the column of what is no finite number.
    """
    _, values = _read(path)
    return values[:, :-1], values[:, -1]


def digest(path: Path) -> str:
    """sha256 of the file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(path: Path) -> tuple[list[str], np.ndarray]:
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            lines = [line for line in csv.reader(stream, strict=True) if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"data {path} cannot be read: {error}; expected a CSV file with a heading") from error
    if len(lines) < 2 or len(lines[0]) < 2:
        raise InputError(f"data {path}: expected a heading, at least two columns and one row; found {len(lines)} lines")
    names = [name.strip() for name in lines[0]]
    if all(_number(name) is not None for name in names):
        raise InputError(f"data {path}: the first line holds numbers: expected a heading with the columns' names")
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"data {path}: two columns are called {twice!r}: expected different names")
    values = np.empty((len(lines) - 1, len(names)))
    for row, line in enumerate(lines[1:]):
        if len(line) != len(names):
            raise InputError(f"data {path}, row {row + 1}: {len(line)} values: expected {len(names)}, as in the heading")
        for column, text in enumerate(line):
            number = _number(text)
            if number is None:
                raise InputError(f"data {path}, row {row + 1}, column {names[column]!r}: {text!r}: expected a finite number")
            values[row, column] = number
    last = names.index(TARGET) if TARGET in names else len(names) - 1
    order = [k for k in range(len(names)) if k != last] + [last]
    return [names[k] for k in order], values[:, order]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None
