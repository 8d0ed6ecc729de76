"""The memo's Fig. 2: loss and accuracy of several dynamics against epoch, on training and validation images."""

from pathlib import Path
from typing import Any

import numpy as np

from langevin_sim.memo.deep_document import notes
from langevin_sim.memo.fig2 import names
from langevin_sim.plots import curves
from langevin_sim.plots.figure import literal, new_figure, own_style, save

_PARTS = {"train": "training", "validation": "validation"}


@own_style()
def draw(folder: Path) -> None:
    """figure.png and figure.pdf from the run folder."""
    summary, arrays = curves.read(folder)
    results = summary["results"]
    called = names(summary)
    figure = new_figure(11.0, 7.6)
    grid = figure.subplots(2, 2)
    for row, quantity in enumerate(("loss", "accuracy")):
        for column, (part, name) in enumerate(_PARTS.items()):
            axes = grid[row, column]
            for k, result in enumerate(results):
                heights = arrays[f"{result['run']}_{part}_{quantity}"]
                _curve(axes, arrays[f"{result['run']}_epoch"], heights, _colour(k), quantity)
            curves.finish(axes, quantity, f"{name} {quantity}")
    runs = [summary["runs"][r["run"]] for r in results]
    replicas = max(r["replicas"] for r in results)
    spread = f"; mean ± standard deviation of {replicas} replicas, within their range" if replicas > 1 else "; one replica"
    title = " beside ".join(called) if len(called) < 4 else f"{len(called)} dynamics"
    curves.heading(figure, title + spread, notes(runs))
    curves.legend(figure, [curves.mark(literal(name), color=_colour(k)) for k, name in enumerate(called)], 3)
    save(figure, folder)


def _colour(k: int) -> str:
    return curves.COLOURS[k % len(curves.COLOURS)]


def _curve(axes: Any, epochs: np.ndarray, heights: np.ndarray, colour: str, quantity: str) -> None:
    """The mean over replicas that have a value, with a band of a standard deviation that goes no further than they do."""
    known = np.isfinite(heights) & ((heights > 0) | (quantity != "loss"))
    seen = known.any(axis=0)
    columns = [heights[known[:, e], e] for e in np.flatnonzero(seen)]
    if not columns:
        return
    mean, low, high = (np.array([function(column) for column in columns]) for function in (np.mean, _low, _high))
    axes.plot(epochs[seen], mean, color=colour, linewidth=1.4, marker="." if len(mean) <= 30 else None)
    axes.fill_between(epochs[seen], low, high, color=colour, alpha=0.2, linewidth=0)


def _spread(column: np.ndarray) -> float:
    return float(column.std(ddof=1)) if len(column) > 1 else 0.0


def _low(column: np.ndarray) -> float:
    return max(float(column.mean()) - _spread(column), float(column.min()))


def _high(column: np.ndarray) -> float:
    return min(float(column.mean()) + _spread(column), float(column.max()))
