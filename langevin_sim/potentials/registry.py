"""Potentials by name."""

import inspect
from collections.abc import Callable

from langevin_sim.errors import UnknownNameError
from langevin_sim.potentials.potential import Potential
from langevin_sim.potentials.quadratic import quadratic
from langevin_sim.potentials.twowell import twowell

_BUILT_IN: dict[str, Callable[..., Potential]] = {"quadratic": quadratic, "twowell": twowell}


def names() -> list[str]:
    """The known potentials."""
    return sorted(_BUILT_IN)


def get(name: str, dim: int, **parameters: float) -> Potential:
    """The potential of that name in dim dimensions; UnknownNameError for a name or a parameter not known."""
    if name not in _BUILT_IN:
        raise UnknownNameError("potential", name, names())
    factory = _BUILT_IN[name]
    known = [key for key in inspect.signature(factory).parameters if key != "dim"]
    for key in parameters:
        if key not in known:
            raise UnknownNameError(f"parameter of {name}", key, known)
    return factory(dim, **parameters)
