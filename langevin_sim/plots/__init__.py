"""Arrays in, matplotlib figures out; what they show of a run is read from its folder, nothing is simulated.

This is the only room that imports matplotlib, and it never imports pyplot: figures are objects (see figure.py).
"""

import contextlib
import os
import sys


def _import_matplotlib() -> None:
    """Import matplotlib even where MPLBACKEND names a backend that is not installed: no figure here needs one.

    With such a value ``import matplotlib`` fails. So it is imported without, and then told, as it would have told itself.
    """
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        import matplotlib
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
    if backend:
        with contextlib.suppress(ValueError):  # pyplot, if the user's own code imports it, then chooses one that works
            matplotlib.rcParams["backend"] = backend


if "matplotlib" not in sys.modules:
    _import_matplotlib()
