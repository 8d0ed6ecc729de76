"""The folder of a network experiment: write, read and redraw summary, arrays, text and figure, without PyTorch."""

import csv
import io
import os
from pathlib import Path
from typing import Any

import numpy as np

from langevin_sim.errors import FolderError, LangevinSimError
from langevin_sim.report import write as report
from langevin_sim.runs.kinds import network_kind
from langevin_sim.storage import folder as disk
from langevin_sim.storage.read import read_json


def write(folder: Path, summary: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Write summary.json, summary.csv and arrays.npz."""
    disk.write_json(folder / "summary.json", summary)
    disk.write_whole(folder / "summary.csv", lambda stream: stream.write(_table(summary).encode()))
    disk.write_whole(folder / "arrays.npz", lambda stream: np.savez_compressed(stream, **arrays))  # type: ignore[arg-type]


def draw(folder: Path) -> str:
    """Write the text and draw the figure of a folder from its data: figure.md, .png and .pdf; returns the text."""
    summary = read(folder)
    kind = network_kind(folder, summary)
    assert kind.text is not None
    assert kind.draw is not None
    text = kind.text(summary)
    disk.write_whole(folder / "figure.md", lambda stream: stream.write(text.encode()))
    kind.draw(folder)
    return text


def draw_again(folder: Path) -> str:
    """The same for a folder given by the user; FolderError if its data are unusable."""
    read(folder)
    try:
        text = draw(folder)
    except LangevinSimError:
        raise
    except Exception as error:  # a damaged file may raise anything
        raise FolderError(
            f"{folder}: summary.json or arrays.npz lacks data for the figure ({type(error).__name__}: {error}): "
            "expected the files of a langevin-sim deep command; repeat it with langevin-sim rerun"
        ) from error
    if os.path.exists(folder / "manifest.json"):
        disk.rehash(folder, disk.read_manifest(folder), "figure.md", "figure.png", "figure.pdf")
    if (folder / report.NAME).exists():
        report.write_again(folder)
    return text


def read(folder: Path) -> dict[str, Any]:
    """summary.json of a network experiment; FolderError if the folder holds none."""
    try:
        summary: dict[str, Any] = read_json(folder / "summary.json")
    except FolderError as error:
        raise FolderError(f"{error}: expected the folder of a langevin-sim deep command") from error
    if not isinstance(summary, dict):
        raise FolderError(f"{folder}: its summary.json is damaged: expected an object")
    network_kind(folder, summary)
    if summary.get("schema") not in disk.READ:
        raise disk.other_schema(folder, summary.get("schema"))
    return summary


def _table(summary: dict[str, Any]) -> str:
    """One row per result, one column per number in it, such as 'first.mean' for nested ones."""
    rows = [_flat(entry) for entry in summary["results"] or summary["runs"][0]["results"]]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _flat(entry: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in entry.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{key}.")
        elif not isinstance(value, list):
            found[prefix + key] = value
    return found
