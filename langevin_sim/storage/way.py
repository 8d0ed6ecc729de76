"""The one command that goes on with an unfinished folder, whatever it holds."""

from pathlib import Path
from typing import Any

_OTHERS = {"sweep": "langevin-sim sweep {folder}", "all": "langevin-sim reproduce all --out {folder}"}


def command(folder: Path, manifest: dict[str, Any]) -> str:
    """'langevin-sim resume DIR', or what takes its place for a folder of folders."""
    return _OTHERS.get(str(manifest.get("kind")), "langevin-sim resume {folder}").format(folder=folder)


def way_on(folder: Path, manifest: dict[str, Any]) -> str:
    """'langevin-sim resume DIR goes on'."""
    return f"{command(folder, manifest)} goes on"
