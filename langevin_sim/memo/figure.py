"""The three kinds of records for figures: ensembles on a potential, measurements at trained networks, and exact laws alone.

A figure is one module of this package, called figN, tableN or theories, that defines ``FIGURE``; registry.py finds it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langevin_sim.memo.experiment import Experiment
from langevin_sim.memo.scales import Scale

Summary = dict[str, Any]  # of a folder: its summary.json


@dataclass(frozen=True)
class EnsembleFigure:
    """Ensembles beside exact laws. experiment(literal): its settings, the authors' own or converged.

    text: figure.md from the summary; draw: figure.png and figure.pdf from the folder.
    """

    name: str
    experiment: Callable[[bool], Experiment]
    text: Callable[[Summary], str]
    draw: Callable[[Path], None]


@dataclass(frozen=True)
class NetworkFigure:
    """Measurements at trained networks. kind: the kind of its folder; runs/kinds.py has its text and drawing.

    trainings(scale): the settings of every training that it needs.
    """

    name: str
    kind: str
    trainings: Callable[[Scale], list[dict[str, Any]]]


@dataclass(frozen=True)
class LawFigure:
    """Exact laws without a run. compute(progress): the entries of ``results`` in summary.json.

    text: figure.md from the summary; draw: figure.png and figure.pdf from the folder.
    """

    name: str
    compute: Callable[[Callable[[str, int, int], None]], list[dict[str, Any]]]
    text: Callable[[Summary], str]
    draw: Callable[[Path], None]


Figure = EnsembleFigure | NetworkFigure | LawFigure
