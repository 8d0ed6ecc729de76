"""Reading summary.json, with the words of today where an earlier version wrote it."""

from pathlib import Path
from typing import Any

from langevin_sim.errors import FolderError
from langevin_sim.storage.read import read_json

_OF_SCHEMA_1 = {"biased": "finite-step"}


def read_summary(folder: Path) -> dict[str, Any]:
    """summary.json of a folder; FolderError if it cannot be read, or holds no results."""
    path = folder / "summary.json"
    summary = read_json(path)
    if not isinstance(summary, dict):
        raise FolderError(f"{path} is damaged: expected an object, got a {type(summary).__name__}")
    try:
        return translated(summary)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FolderError(f"{path} is damaged: {type(error).__name__}: {error}") from error


def translated(summary: dict[str, Any]) -> dict[str, Any]:
    """A summary of schema 1 in the terms of schema 2: "finite-step" was called "biased"."""
    if summary.get("schema") != 1:
        return summary
    results = [
        {**result, "verdict": _OF_SCHEMA_1.get(result["verdict"], result["verdict"])} if result.get("verdict") else result
        for result in summary.get("results") or []
    ]
    return {**summary, "results": results}
