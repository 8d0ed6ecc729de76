"""The commit that this program was run from."""

import subprocess
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def git_commit() -> str | None:
    """The commit of this program's own repository; None if it is installed, even inside another repository."""
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "--show-toplevel", "HEAD"], cwd=_ROOT, capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    top, _, commit = answer.stdout.strip().partition("\n")
    return commit if answer.returncode == 0 and Path(top).resolve() == _ROOT else None
