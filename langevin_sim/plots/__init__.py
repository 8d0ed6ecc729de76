"""Arrays in, matplotlib figures out; the data of a run come from its folder, nothing is simulated.

Only this room and memo import matplotlib, and neither imports pyplot: figures are objects (see figure.py).
"""

import contextlib
import os
import sys


def _import_matplotlib() -> None:
    """Import matplotlib even if MPLBACKEND names a backend that is not installed, because no figure here needs one.

    With such a value ``import matplotlib`` fails. So it is imported without it, and the value is set afterwards.
    """
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        import matplotlib
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
    if backend:
        with contextlib.suppress(ValueError):  # if the user's code imports pyplot, it then chooses a backend that works
            matplotlib.rcParams["backend"] = backend


if "matplotlib" not in sys.modules:
    _import_matplotlib()
