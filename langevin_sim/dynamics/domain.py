"""Where walkers may be: the set K and the projection onto it (memo eq. 4)."""

import math
from dataclasses import dataclass
from typing import Literal

from langevin_sim.errors import InputError, did_you_mean

Kind = Literal["space", "torus", "box", "reflecting"]
KINDS: tuple[Kind, ...] = ("space", "torus", "box", "reflecting")


@dataclass(frozen=True)
class Domain:
    """All of R^d ("space"), or the cube [low, high)^d with one of three projections.

    torus: x modulo (high - low); box: clipped to [low, high]; reflecting: mirrored at the walls.
    """

    kind: Kind = "space"
    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"domain {self.kind!r}: expected {', '.join(KINDS)}")
        if self.kind != "space" and not (-math.inf < self.low < self.high < math.inf and math.isfinite(self.width)):
            raise InputError(f"domain {self.kind}:{self.low:g},{self.high:g}: expected two finite ends, the lower first")

    @property
    def code(self) -> int:
        """Position in KINDS, which is the engine's code for it."""
        return KINDS.index(self.kind)

    @property
    def width(self) -> float:
        """Length of an edge of the cube."""
        return self.high - self.low

    def __str__(self) -> str:
        low, high = (str(end).removesuffix(".0") for end in (self.low, self.high))  # in full precision, as parse_domain reads it
        return self.kind if self.kind == "space" else f"{self.kind}:{low},{high}"


def parse_domain(text: str) -> Domain:
    """'space', 'torus:0,18', 'box:-1,1' or 'reflecting:0,12' as a Domain."""
    kind, colon, ends = text.strip().partition(":")
    hint = "" if kind in KINDS else did_you_mean(kind, list(KINDS))
    expected = f"domain {text!r}: {hint}expected space, torus:LOW,HIGH, box:LOW,HIGH or reflecting:LOW,HIGH"
    if kind == "space" and not colon:
        return Domain()
    if kind not in KINDS or kind == "space":
        raise InputError(expected)
    try:
        low, high = (float(end) for end in ends.split(","))
    except ValueError as error:
        raise InputError(expected) from error
    return Domain(kind, low, high)
