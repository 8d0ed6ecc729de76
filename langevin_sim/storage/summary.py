"""Reading summary.json, with the words of today where an earlier version wrote it."""

import json
from pathlib import Path
from typing import Any

_OF_SCHEMA_1 = {"biased": "finite-step"}


def read_summary(folder: Path) -> dict[str, Any]:
    """summary.json of a folder; OSError or ValueError where it cannot be read."""
    return translated(json.loads((folder / "summary.json").read_text(encoding="utf-8")))


def translated(summary: dict[str, Any]) -> dict[str, Any]:
    """A summary of schema 1 in the terms of schema 2: "finite-step" was called "biased"."""
    if summary.get("schema") != 1:
        return summary
    results = [
        {**result, "verdict": _OF_SCHEMA_1.get(result["verdict"], result["verdict"])} if result.get("verdict") else result
        for result in summary.get("results") or []
    ]
    return {**summary, "results": results}
