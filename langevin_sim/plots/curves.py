"""Common parts of the figures of network experiments: reading a folder, curves against epoch, colours, the note on the data."""

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from langevin_sim.plots import panels
from langevin_sim.plots.figure import literal

COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#9467bd", "#8c564b", "#e377c2", "#17becf", "#bcbd22", "#7f7f7f", "#d62728")


def read(folder: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """summary.json and arrays.npz of a network experiment's folder."""
    return panels.read(folder, "arrays.npz")


_LETTERS_AN_INCH = 12  # of headings


def heading(figure: Any, title: str, notes: list[str]) -> None:
    """A title above all panels, and below it its notes, such as how many images it is based on."""
    room = int(_LETTERS_AN_INCH * figure.get_figwidth())
    lines = [line for text in (title, *notes) for line in textwrap.wrap(text, room)]
    figure.suptitle(literal("\n".join(lines)), fontsize=10)


def legend(figure: Any, handles: list[Any], columns: int = 6) -> None:
    """A legend below all panels."""
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), columns), fontsize=8, frameon=False)


def mark(name: str, **style: Any) -> Line2D:
    """An entry of a legend: black by default."""
    return Line2D([], [], label=name, **({"color": "black"} | style))


def patch(name: str, **style: Any) -> Patch:
    """An entry of a legend that is a filled area."""
    return Patch(label=name, **style)


def ticks(count: int) -> MaxNLocator:
    """About ``count`` ticks at round numbers."""
    return MaxNLocator(count)


def logarithmic(axis: Any) -> None:
    """Plain numbers on a logarithmic axis, more per decade if it spans fewer decades."""
    low, high = axis.get_view_interval()
    choices = ((2.0, None), (10.0, (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0)), (500.0, (1.0, 2.0, 5.0)), (np.inf, (1.0,)))
    subs = next(subs for span, subs in choices if high <= span * low)
    axis.set_major_locator(MaxNLocator(5) if subs is None else LogLocator(subs=subs))
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def finish(axes: Any, quantity: str, title: str = "") -> None:
    """Scale and labels of a panel of losses (logarithmic) or accuracies against epoch."""
    lowest = [np.min(ys[ys > 0]) for ys in _heights(axes) if (ys > 0).any()]
    if quantity == "loss" and lowest:
        axes.set_yscale("log")
        logarithmic(axes.yaxis)
    axes.set(xlabel="epoch", ylabel=quantity)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.set_title(title, fontsize=10)
    axes.grid(alpha=0.3)


def _heights(axes: Any) -> list[np.ndarray]:
    return [np.asarray(line.get_ydata(), dtype=float) for line in axes.get_lines()]
