"""The figure of a network experiment, by its kind."""

import json
from collections.abc import Callable
from pathlib import Path

from langevin_sim.memo.plots import fig1, fig2, fig7, table1, training

DRAWINGS: dict[str, Callable[[Path], None]] = {
    "train": training.draw,
    "noise": fig1.draw,
    "compare": fig2.draw,
    "plane": fig7.draw,
    "flatness": table1.draw,
    "table1": table1.draw,
}


def draw(folder: Path) -> None:
    """figure.png and figure.pdf of any network experiment's folder."""
    kind = json.loads((folder / "summary.json").read_text())["kind"]
    DRAWINGS[kind](folder)
