"""What was trained, and to which loss."""

from typing import Any

from langevin_sim.formatting import duration, markdown_table, share, short
from langevin_sim.memo.deep_document import document


def text(summary: dict[str, Any]) -> str:
    """figure.md."""
    (run,) = summary["runs"]
    results, goal = run["results"], run["spec"]["stop_loss"]
    reached = sum(r["stopped"] for r in results)
    said = f"{reached} of {len(results)} replicas got below the training loss {goal:g}." if goal is not None else ""
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
        "Loss and accuracy against epoch, a line for every replica: its own initial weights, its own batches and noise. "
        f"{said}".strip(),
        markdown_table(headings, rows),
    )


def rows(summary: dict[str, Any]) -> list[list[str]]:
    """A line for every replica, for a terminal."""
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
