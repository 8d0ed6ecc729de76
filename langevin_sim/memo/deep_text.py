"""figure.md of a network experiment, by its kind."""

from collections.abc import Callable
from typing import Any

from langevin_sim.memo import fig1, fig2, fig7, table1, training

TEXTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "train": training.text,
    "noise": fig1.text,
    "compare": fig2.text,
    "plane": fig7.text,
    "flatness": table1.text,
    "table1": table1.text,
}

ROWS: dict[str, Callable[[dict[str, Any]], list[list[str]]]] = {
    "train": training.rows,
    "compare": fig2.rows,
    "flatness": table1.rows,
    "table1": table1.rows,
}


def table(summary: dict[str, Any]) -> list[list[str]]:
    """Rows of at most 80 columns for a terminal, headings first; none for kinds that say all in words."""
    rows = ROWS.get(summary["kind"])
    return rows(summary) if rows else []


def text(summary: dict[str, Any]) -> str:
    """The text of any network summary."""
    return TEXTS[summary["kind"]](summary)
