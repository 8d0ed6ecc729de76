"""Potentials by name."""

import inspect
from collections.abc import Callable

from langevin_sim.errors import UnknownNameError
from langevin_sim.potentials.boxes import boxes
from langevin_sim.potentials.doublewell import doublewell
from langevin_sim.potentials.gaussians import gaussians
from langevin_sim.potentials.muellerbrown import muellerbrown
from langevin_sim.potentials.potential import Potential
from langevin_sim.potentials.quadratic import quadratic
from langevin_sim.potentials.rbf import rbf
from langevin_sim.potentials.regression import regression
from langevin_sim.potentials.twowell import twowell
from langevin_sim.potentials.valley import valley
from langevin_sim.potentials.wedge import wedge

_BUILT_IN: dict[str, Callable[..., Potential]] = {
    "boxes": boxes,
    "doublewell": doublewell,
    "gaussians": gaussians,
    "muellerbrown": muellerbrown,
    "quadratic": quadratic,
    "rbf": rbf,
    "regression": regression,
    "twowell": twowell,
    "valley": valley,
    "wedge": wedge,
}
_DIMENSIONS: dict[str, tuple[int, int | None]] = {"muellerbrown": (2, 2), "rbf": (2, 2), "valley": (2, None), "wedge": (2, None)}


def names() -> list[str]:
    """The known potentials."""
    return sorted(_BUILT_IN)


def dimensions(name: str) -> tuple[int, int | None]:
    """The least and the largest dimension of a potential (None: no limit)."""
    factory(name)
    return _DIMENSIONS.get(name, (1, None))


def factory(name: str) -> Callable[..., Potential]:
    """What makes the potential of that name; UnknownNameError for a name not known."""
    if name not in _BUILT_IN:
        raise UnknownNameError("potential", name, names())
    return _BUILT_IN[name]


def defaults(name: str) -> dict[str, float]:
    """The parameters of a potential, with their defaults."""
    return {key: p.default for key, p in inspect.signature(factory(name)).parameters.items() if key != "dim"}


def get(name: str, dim: int, **parameters: float) -> Potential:
    """The potential of that name in dim dimensions; UnknownNameError for a name or a parameter not known."""
    make = factory(name)
    for key in parameters:
        if key not in defaults(name):
            raise UnknownNameError(f"parameter of {name}", key, list(defaults(name)))
    return make(dim, **parameters)
