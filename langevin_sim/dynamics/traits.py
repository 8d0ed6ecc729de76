"""What results record about their dynamics: enough to draw and explain them without the dynamics' record."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from langevin_sim.dynamics.dynamics import Dynamics
from langevin_sim.dynamics.registry import KINDS


@dataclass(frozen=True)
class Traits:
    """Declarations of a record (see ``Dynamics``)."""

    title: str
    colour: str
    exact: bool
    stochastic_gradient: bool


def declarations(kind: type[Dynamics]) -> dict[str, Any]:
    """The traits of a record, in the form of an entry of summary.json."""
    return asdict(_traits(kind))


def traits_of(result: Mapping[str, Any]) -> Traits:
    """Traits of the dynamics of an entry of summary.json; an older entry names a built-in dynamics."""
    if "declares" in result:
        return Traits(**result["declares"])
    return _traits(KINDS.get(result["dynamics"], Dynamics))


def _traits(kind: type[Dynamics]) -> Traits:
    return Traits(kind.title, kind.colour, kind.exact, kind.stochastic_gradient)
