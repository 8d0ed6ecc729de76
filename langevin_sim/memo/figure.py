"""The two records of a figure of the memo: ensembles on a potential, and what is measured at trained networks.

A figure is one module of this package, called figN or tableN, that defines ``FIGURE``; registry.py finds it.
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
    """Ensembles beside exact laws. experiment(literal): its settings, as the authors had them or converged.

    text: figure.md from the summary; draw: figure.png and figure.pdf from the folder.
    """

    name: str
    experiment: Callable[[bool], Experiment]
    text: Callable[[Summary], str]
    draw: Callable[[Path], None]


@dataclass(frozen=True)
class NetworkFigure:
    """What is measured at trained networks. kind: the kind of its folder, whose text and drawing runs/kinds.py has.

    trainings(scale): the settings of each training that it needs.
    """

    name: str
    kind: str
    trainings: Callable[[Scale], list[dict[str, Any]]]


Figure = EnsembleFigure | NetworkFigure
