"""The text and figure of a training."""

from pathlib import Path
from typing import Any

import numpy as np

from langevin_sim.formatting import duration, markdown_table, share, short
from langevin_sim.memo.network_text import document, notes
from langevin_sim.plots import curves
from langevin_sim.plots.figure import new_figure, own_style, save


def text(summary: dict[str, Any]) -> str:
    """figure.md."""
    (run,) = summary["runs"]
    results, goal = run["results"], run["spec"]["stop_loss"]
    reached = sum(r["stopped"] for r in results)
    stopped_early = f"{reached} of {len(results)} replicas got below the training loss {goal:g}." if goal is not None else ""
    headings = ["replica", "epochs", "steps", "training loss", "accuracy", "validation loss", "accuracy", "norm of w", "time"]
    rows = [
        [
            str(r["replica"]),
            f"{r['epochs']:,}",
            f"{r['steps']:,}",
            short(r["train_loss"]),
            share(r["train_accuracy"]),
            short(r["validation_loss"]),
            share(r["validation_accuracy"]),
            short(r["weight_norm"], 4),
            duration(r["seconds"]),
        ]
        for r in results
    ]
    return document(
        f"Training: {run['name']}",
        summary,
        "Loss and accuracy against epoch, one line per replica, each with its own initial weights, batches and noise. "
        f"{stopped_early}".strip(),
        markdown_table(headings, rows),
    )


def rows(summary: dict[str, Any]) -> list[list[str]]:
    """One line per replica, for a terminal."""
    cells = [["replica", "epochs", "training loss", "accuracy", "validation loss", "accuracy", "time"]]
    for r in summary["runs"][0]["results"]:
        cells.append(
            [
                str(r["replica"]),
                str(r["epochs"]),
                short(r["train_loss"]),
                share(r["train_accuracy"]),
                short(r["validation_loss"]),
                share(r["validation_accuracy"]),
                duration(r["seconds"]),
            ]
        )
    return cells


_FEW = 30  # largest number of points of a line to mark
_PARTS = {"train": ("-", "", curves.COLOURS[0]), "validation": ("--", "white", curves.COLOURS[1])}


@own_style()
def draw(folder: Path) -> None:
    """figure.png and figure.pdf from the run folder."""
    summary, arrays = curves.read(folder)
    (run,) = summary["runs"]
    figure = new_figure(11.0, 4.8)
    left, right = figure.subplots(1, 2)
    for axes, quantity in ((left, "loss"), (right, "accuracy")):
        entries = _lines(axes, arrays, quantity)
        curves.finish(axes, quantity)
    goal = run["spec"]["stop_loss"]
    if goal is not None:
        left.axhline(goal, color="black", linestyle=":", linewidth=1.0)
        entries.append(curves.mark(f"stop below {goal:g}", linestyle=":"))
    curves.heading(figure, run["name"], notes([run]))
    curves.legend(figure, entries, 7)
    save(figure, folder)


def _lines(axes: Any, arrays: dict[str, np.ndarray], quantity: str) -> list[Any]:
    """Training solid, validation dashed; one colour per replica if there are few. Returns the legend's entries."""
    replicas = np.unique(arrays["replica"]).astype(int)
    many = len(replicas) > len(curves.COLOURS)
    for replica in replicas:
        of_replica = arrays["replica"] == replica
        for part, (style, face, colour) in _PARTS.items():
            heights = arrays[f"{part}_{quantity}"][of_replica]
            known = np.isfinite(heights) & ((heights > 0) | (quantity != "loss"))
            colour = colour if many else curves.COLOURS[replica % len(curves.COLOURS)]
            axes.plot(
                arrays["epoch"][of_replica][known],
                heights[known],
                style,
                color=colour,
                linewidth=0.6 if many else 1.2,
                alpha=0.5 if many else 1.0,
                marker="." if known.sum() <= _FEW else None,
                markersize=4,
                mfc=face or colour,
            )
    if many:
        return [
            curves.mark(f"{part}, {len(replicas)} replicas", linestyle=style, color=colour)
            for part, (style, _, colour) in zip(("training", "validation"), _PARTS.values(), strict=True)
        ]
    entries = [curves.mark("training"), curves.mark("validation", linestyle="--", marker=".", mfc="white")]
    return entries + [curves.mark(f"replica {k}", color=curves.COLOURS[k % len(curves.COLOURS)]) for k in replicas]
