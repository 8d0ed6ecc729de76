"""A Gaussian step from many centres to the nodes, where each centre covers a small part of them."""

import math
from typing import NamedTuple

import numpy as np

from langevin_sim.reference.chain.axes import Cartesian
from langevin_sim.reference.chain.radial import Radial

_SIDE = 4.0  # of a part, in deviations of a step
_MOST = 2000  # centres in a part
_UNSEEN = 1e-13  # probability below which a node is left out


class _Part(NamedTuple):
    """Neighbouring centres [n], and the probabilities of the nodes first and second: [n, first], [second, n]."""

    centres: np.ndarray
    first: slice
    second: slice
    along_first: np.ndarray
    along_second: np.ndarray


def _reached(shares: np.ndarray) -> slice:
    seen = np.flatnonzero(shares.max(axis=0) > _UNSEEN)
    return slice(int(seen[0]), int(seen[-1]) + 1) if seen.size else slice(0, 0)


def _strips(chosen: np.ndarray, place: np.ndarray, width: float) -> list[np.ndarray]:
    """Divide the chosen centres by their place into strips of about this width."""
    order = chosen[np.argsort(place[chosen], kind="stable")]
    if not order.size:
        return []
    strip = np.floor((place[order] - place[order[0]]) / width)
    parts = np.split(order, np.flatnonzero(np.diff(strip)) + 1)
    return [piece for part in parts for piece in np.array_split(part, math.ceil(part.size / _MOST))]


class Landing:
    """Maps the probabilities of centres [n] to those of the nodes [second, first] after P(centre + sigma xi)."""

    def __init__(
        self,
        first_axis: Cartesian,
        second_axis: Radial | Cartesian | None,
        first: np.ndarray,
        second: np.ndarray,
        sigma: tuple[float, float],
    ) -> None:
        self._shape = (1 if second_axis is None else second_axis.nodes.size, first_axis.nodes.size)
        self._count = first.size
        self._parts = []
        for column in _strips(np.arange(first.size), first, _SIDE * sigma[0]):
            for centres in _strips(column, second, _SIDE * sigma[1]):
                along_first = first_axis.on_nodes(first[centres], sigma[0])
                along_second = np.ones((centres.size, 1))
                if second_axis is not None:
                    along_second = second_axis.on_nodes(second[centres], sigma[1])
                one, other = _reached(along_first), _reached(along_second)
                # copies, so that the rest of the arrays can be freed
                self._parts.append(_Part(centres, one, other, along_first[:, one].copy(), along_second[:, other].T.copy()))

    def __call__(self, probabilities: np.ndarray) -> np.ndarray:
        """[second, first]"""
        landed = np.zeros(self._shape)
        for part in self._parts:
            landed[part.second, part.first] += (part.along_second * probabilities[part.centres]) @ part.along_first
        return landed

    def back(self, values: np.ndarray) -> np.ndarray:
        """The transposed map: from values at the nodes [second * first] to their means a step from each centre, [n]."""
        at = values.reshape(self._shape)
        found = np.zeros(self._count)
        for part in self._parts:
            along = part.along_first @ at[part.second, part.first].T
            found[part.centres] = np.einsum("ij,ji->i", along, part.along_second)
        return found
