"""Rows of data from a CSV file, for finite sums."""

import codecs
import csv
import hashlib
import io
import re
from pathlib import Path

import numpy as np

from langevin_sim import plugins
from langevin_sim.errors import InputError

TARGET = "y"
_WANTED = "expected UTF-8 text with a heading, commas between columns and decimal points"
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_DECIMAL_COMMA = re.compile(r"\s*[+-]?[0-9]+,[0-9]+\s*")


def columns(path: Path) -> list[str]:
    """The names of the columns, the target's last."""
    return _read(path)[0]


def read_rows(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(a [n, dim], y [n]) from a CSV file with a heading: the column y, or the last one, is the value, all others are a's.

    Raises InputError, which names the file, the line and the column, for anything that is not a finite number, for a column
    without a name (a table saved with its index), and for other separators, decimal commas, comments and encodings.
    """
    _, values = _read(path)
    return values[:, :-1], values[:, -1]


def read_columns(path: Path) -> dict[str, np.ndarray]:
    """The columns of a CSV file with a heading by their names, float64[n] each; InputError as from ``read_rows``."""
    names, values = _table(path, 1)
    return {name: np.ascontiguousarray(values[:, k]) for k, name in enumerate(names)}


def digest(path: Path) -> str:
    """sha256 of the file."""
    return hashlib.sha256(plugins.located(path).read_bytes()).hexdigest()


def _text(path: Path) -> str:
    """The file's text; InputError if it is not UTF-8."""
    try:
        raw = plugins.located(path).read_bytes()
    except OSError as error:
        raise InputError(f"data {path} cannot be read: {error}; {_WANTED}") from error
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in raw[:1000]:
        raise InputError(f"data {path}: the text is UTF-16: {_WANTED}")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"data {path} cannot be read: {error}; {_WANTED}") from error


def _lines(path: Path) -> list[list[str]]:
    """The cells of every line that is not empty."""
    text = _text(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    if first.startswith("#"):
        raise InputError(f"data {path}: the first line begins with '#': expected the heading there; remove lines of comments")
    for separator, name in _SEPARATORS.items():
        if separator in first and "," not in first:
            cells = [cell for line in text.splitlines() for cell in line.split(separator)]
            decimal = " and numbers have decimal commas" if any(map(_DECIMAL_COMMA.fullmatch, cells)) else ""
            raise InputError(f"data {path}: columns are separated by {name}{decimal}: {_WANTED}")
    try:
        return [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except csv.Error as error:
        raise InputError(f"data {path} cannot be read: {error}; {_WANTED}") from error


def _heading(path: Path, cells: list[str]) -> list[str]:
    """The names of the columns, all present and different."""
    names = [name.strip() for name in cells]
    if all(_number(name) is not None for name in names):
        raise InputError(f"data {path}: the first line holds numbers: expected a heading with the columns' names")
    if "" in names:
        index = ", as in a table saved with its index; leave it out (pandas: index=False)" if names[0] == "" else ""
        raise InputError(f"data {path}: column {names.index('') + 1} has no name{index}: expected a name for every column")
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"data {path}: two columns are called {twice!r}: expected different names")
    return names


def _read(path: Path) -> tuple[list[str], np.ndarray]:
    """Names and values of the columns, the target's last."""
    names, values = _table(path, 2)
    last = names.index(TARGET) if TARGET in names else len(names) - 1
    order = [k for k in range(len(names)) if k != last] + [last]
    return [names[k] for k in order], values[:, order]


def _table(path: Path, least: int) -> tuple[list[str], np.ndarray]:
    """Names and values of the columns, as they stand in the file; there are at least ``least``."""
    lines = _lines(path)
    if len(lines) < 2 or len(lines[0]) < least:
        some = "at least two columns" if least > 1 else "a column"
        raise InputError(f"data {path}: expected a heading, {some} and one row; found {len(lines)} lines")
    names = _heading(path, lines[0])
    values = np.empty((len(lines) - 1, len(names)))
    for row, line in enumerate(lines[1:]):
        if len(line) != len(names):
            raise InputError(f"data {path}, row {row + 1}: {len(line)} values: expected {len(names)}, as in the heading")
        for column, text in enumerate(line):
            number = _number(text)
            if number is None:
                wanted = "a decimal point" if _DECIMAL_COMMA.fullmatch(text) else "a finite number"
                raise InputError(f"data {path}, row {row + 1}, column {names[column]!r}: {text!r}: expected {wanted}")
            values[row, column] = number
    return names, values


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None
