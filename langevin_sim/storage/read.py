"""Read the files of a folder that anyone may have written: what cannot be read raises a FolderError, in one line."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from langevin_sim.errors import FolderError


def read_json(path: Path) -> Any:
    """The value in a JSON file; FolderError for a file that is missing, damaged or too deeply nested."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FolderError(f"{path} cannot be read: {error.strerror or error}") from error
    except RecursionError as error:
        raise FolderError(f"{path} is damaged: it is nested too deeply") from error
    except ValueError as error:
        raise FolderError(f"{path} is damaged: {error}") from error


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an npz file; FolderError for a file that is missing or damaged. Nothing in it is run."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if isinstance(arrays, np.ndarray):
                raise ValueError("it holds a single array")
            return dict(arrays)
    except OSError as error:
        raise FolderError(f"{path} cannot be read: {error.strerror or error}") from error
    except Exception as error:  # damaged zip archives and headers of arrays raise errors of a dozen types
        raise FolderError(f"{path} is damaged: {type(error).__name__}: {error}") from error
