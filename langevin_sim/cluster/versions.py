"""Compare the versions and the program's sources of client and workers, which must compute the same bits."""

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("langevin-sim", "numpy", "scipy", "numba", "distributed")


@cache
def installed() -> dict[str, str]:
    """What the results of this process depend on: name -> version, and a hash of this program's sources."""
    root = Path(__file__).parent.parent
    sources = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        sources.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
        "sources of langevin-sim": sources.hexdigest()[:12],
    }


def differences(here: dict[str, str], there: dict[str, str]) -> str:
    """'numpy 2.0 here, 2.1 there; ..', or '' if there are no differences."""
    return "; ".join(f"{name} {own} here, {there.get(name)} there" for name, own in here.items() if there.get(name) != own)
