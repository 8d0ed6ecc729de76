"""Reading summary.json, with the words of today where an earlier version wrote it."""

import json
from pathlib import Path
from typing import Any

from langevin_sim.analysis.verdict import translated


def read_summary(folder: Path) -> dict[str, Any]:
    """summary.json of a folder; OSError or ValueError where it cannot be read."""
    return translated(json.loads((folder / "summary.json").read_text(encoding="utf-8")))
