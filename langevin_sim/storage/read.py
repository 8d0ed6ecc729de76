"""Read the files of a folder that anyone may have written: what cannot be read raises a FolderError, in one line."""

import json
import zipfile
from pathlib import Path
from typing import IO, Any

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


def read_arrays(path: Path | IO[bytes]) -> dict[str, np.ndarray]:
    """The arrays of an npz file; FolderError for a file that is missing or damaged. Nothing in it is run.

    NumPy's own reader leaves half-opened archives behind, whose clean-up prints tracebacks.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = {}
            for name in archive.namelist():
                with archive.open(name) as stream:
                    found[name.removesuffix(".npy")] = np.lib.format.read_array(stream, allow_pickle=False)
            return found
    except OSError as error:
        raise FolderError(f"{path} cannot be read: {error.strerror or error}") from error
    except Exception as error:  # damaged archives and headers of arrays raise errors of a dozen types
        reason = " ".join(str(error).split())[:200]
        raise FolderError(f"{path} is damaged: {type(error).__name__}: {reason}") from error
