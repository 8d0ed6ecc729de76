"""All figures of the memo, found by the names of their modules, so adding one takes one file."""

import re
from importlib import import_module
from pkgutil import iter_modules

from langevin_sim import memo
from langevin_sim.errors import UnknownNameError
from langevin_sim.memo.figure import EnsembleFigure, Figure, LawFigure, NetworkFigure
from langevin_sim.memo.scales import SCALES


def names() -> list[str]:
    """The names of all figures and tables, without importing them."""
    return sorted(
        module.name for module in iter_modules(memo.__path__) if re.fullmatch(r"(?:fig|table)\d+|theories", module.name)
    )


def figure(name: str) -> Figure:
    """The figure with this name; UnknownNameError if it does not exist."""
    if name not in names():
        raise UnknownNameError("figure", name, names())
    found: Figure = import_module(f"{memo.__name__}.{name}").FIGURE
    return found


def ensemble_figures() -> dict[str, EnsembleFigure]:
    """The figures of ensembles on a potential, by name."""
    return {name: found for name in names() if isinstance(found := figure(name), EnsembleFigure)}


def law_figures() -> dict[str, LawFigure]:
    """The figures of exact laws alone, by name."""
    return {name: found for name in names() if isinstance(found := figure(name), LawFigure)}


def network_figures() -> dict[str, NetworkFigure]:
    """The figures of networks, by name; those that need the fewest trainings come first."""
    figures = [found for name in names() if isinstance(found := figure(name), NetworkFigure)]
    return {found.name: found for found in sorted(figures, key=lambda one: len(one.trainings(next(iter(SCALES.values())))))}
