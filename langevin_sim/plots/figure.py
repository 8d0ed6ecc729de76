"""Figures as objects, the same for every user: no pyplot, no backend, and matplotlib's defaults instead of a user's settings.

A user's settings (a matplotlibrc, ``text.usetex`` without LaTeX, missing fonts) would change the pictures or break
them, and a run's folder would depend on them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib import style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from langevin_sim.storage.folder import write_whole

_DPI = 130
_LONGEST = 32  # characters of a name in a title


@contextmanager
def own_style() -> Iterator[None]:
    """Use matplotlib's default settings, and restore the user's afterwards. Decorate every function that draws and saves."""
    with style.context("default"):
        yield


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of this size in inches, with constrained layout."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, folder: Path) -> None:
    """Write figure.png and figure.pdf, each atomically; FolderError if one cannot be written."""
    for suffix in ("png", "pdf"):
        # without a date in the PDF the same run gives the same file
        metadata = {"CreationDate": None} if suffix == "pdf" else None
        write = partial(figure.savefig, format=suffix, dpi=_DPI, metadata=metadata)
        write_whole(folder / f"figure.{suffix}", write)
        figure.set_layout_engine("none")  # the layout is settled: the second file keeps it


def literal(text: Any) -> str:
    """A user's text, such as the name of a potential, for matplotlib, so that its dollar signs do not begin a formula."""
    return str(text).replace("$", r"\$")


def title_name(name: str) -> str:
    """A user's name for a title: literal, and of at most 32 characters."""
    return literal(name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…")
