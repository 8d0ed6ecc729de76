"""One step of the chain as an operator on nodes, for what a stationary law does not tell: first passages, the law in time."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from langevin_sim.dynamics import Dynamics
from langevin_sim.errors import InputError, ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.borders import Labelling
from langevin_sim.reference.chain.shares import Line, weights_in

Set = Callable[[np.ndarray], np.ndarray]
_AT_ONCE = 4_000_000  # coordinates


class Step(Protocol):
    """The matrix of one step between n nodes, without its entries."""

    def push(self, probabilities: np.ndarray) -> np.ndarray:
        """p -> p K, the probabilities of the nodes a step later: [n]."""
        ...

    def pull(self, values: np.ndarray) -> np.ndarray:
        """f -> K f, the transposed matrix: [n]."""
        ...

    def after(self, points: np.ndarray) -> np.ndarray:
        """The probabilities of the nodes a step after points [m, k]: [m, n]."""
        ...

    def restricted(self, inside: Labelling) -> "Step":
        """The step from the points where inside(first [n], second [n]) is 1."""
        ...


@dataclass(frozen=True, eq=False, repr=False)
class TransitionKernel:
    """One step x -> x' of a chain between n nodes, p(x') = integral p(x) K(x, x') dx.

    nodes [n, k]: coordinates of the nodes, named by ``coordinates``: "x" (k = d, 1 or 2), "x_1, rho" in more dimensions and
    where U depends on rho = |(x_2..x_d)| alone, or "y" where the chain that is Markov is not that of x: LM's
    y = x - sqrt(eta T / 2) xi, and, in a box, y with x = P(y). weights [n]: of the integral over the nodes; a node's
    probability is its density times its weight.
    """

    potential: Potential
    dynamics: Dynamics
    coordinates: str
    nodes: np.ndarray
    weights: np.ndarray
    _step: Step = field()
    _lines: tuple[Line, ...] = field()
    _project: Callable[[np.ndarray], np.ndarray] | None = field(default=None)
    _inside: Set | None = field(default=None)

    def __repr__(self) -> str:
        part = "" if self._inside is None else ", restricted"
        return f"TransitionKernel({self.potential.name}, {self.dynamics.name}, {len(self.nodes):,} nodes{part})"

    def push(self, probabilities: np.ndarray) -> np.ndarray:
        """p -> p K: the probabilities of the nodes [n] a step later, of those walkers that are in the set of a restriction."""
        return self._step.push(self._checked(probabilities))

    def pull(self, values: np.ndarray) -> np.ndarray:
        """f -> K f: the mean of f [n] a step later, from each node; 0 outside the set of a restriction.

        The transposed matrix of ``push``: sum (p K) f = sum p (K f), to rounding. So it is accurate in the mean over any p that
        the nodes resolve, ``after`` a point for example, but not node by node where x - eta grad U changes sharply.
        """
        return self._step.pull(self._checked(values))

    def after(self, points: np.ndarray) -> np.ndarray:
        """The probabilities of the nodes [m, n] a step after each of the points [m, k], wherever these are."""
        points = np.asarray(points, float)
        if points.ndim != 2 or points.shape[1] != self.nodes.shape[1]:
            raise InputError(f"points {list(points.shape)}: expected [m, {self.nodes.shape[1]}], of {self.coordinates}")
        return self._step.after(points)

    def matrix(self) -> np.ndarray:
        """K [from, to] with all its n^2 entries, for few nodes."""
        return np.stack([self.push(row) for row in np.eye(len(self.nodes))])

    @property
    def regions(self) -> np.ndarray:
        """The region of each node: its index in ``potential.regions``, [n]."""
        return self.potential.label(self._points(*self._columns(self.nodes)))

    def share(self, inside: Set) -> np.ndarray:
        """The share of each node's weight that lies in a set: [n].

        inside(x [m, dim]) -> bool [m]. Borders are found to rounding and cut cells: the share is 1 well inside, 0 well
        outside, and such near the border that p @ share is the set's probability for any p that the nodes resolve.
        """
        if self.coordinates == "y" and self._project is None:
            raise ReferenceUnavailable(
                f"{self.dynamics.name}'s Markov chain is that of y, which does not tell whether x is in a set"
            )

        first, second = self._lines[0], self._lines[1] if len(self._lines) > 1 else None
        return np.asarray(weights_in(self._labelling(inside), first, second).ravel() / self.weights)

    def _labelling(self, inside: Set) -> Labelling:
        """1 in a set, 0 outside, of coordinates (first, second)."""

        def label(first: np.ndarray, second: np.ndarray) -> np.ndarray:
            found = np.empty(first.size, np.int64)
            size = max(1, _AT_ONCE // self.potential.dim)
            for start in range(0, first.size, size):
                x = self._points(first[start : start + size], second[start : start + size])
                part = np.asarray(inside(x))
                if part.shape != (len(x),):
                    raise InputError(f"inside(x {list(x.shape)}) gave {list(part.shape)}: expected one value a point")
                found[start : start + size] = part.astype(bool)
            return found

        return label

    def restricted(self, inside: Set) -> "TransitionKernel":
        """Q, the kernel of the walkers that are in a set, inside(x [m, dim]) -> bool [m]; the others go no further.

        With p = Q.after(x) and h = share(inside): p Q^s is the law after s + 1 steps of those that were in the set at the steps
        1 to s, and sum p Q^s h the probability to be there still. The mean number of steps until they first leave it is
        1 + sum p t, where (I - Q) t = h.
        """
        before = self._inside

        def both(x: np.ndarray) -> np.ndarray:
            return np.asarray(inside(x)) if before is None else np.logical_and(before(x), inside(x))

        return replace(self, _inside=both, _step=self._step.restricted(self._labelling(both)))

    def _checked(self, values: np.ndarray) -> np.ndarray:
        values = np.asarray(values, float)
        if values.shape != (len(self.nodes),):
            raise InputError(f"an array {list(values.shape)}: expected one value a node, [{len(self.nodes)}]")
        return values

    @staticmethod
    def _columns(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return points[:, 0], points[:, 1] if points.shape[1] > 1 else np.zeros(len(points))

    def _points(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """x [m, dim] of coordinates (first, second)."""
        x = np.zeros((first.size, self.potential.dim))
        x[:, 0] = first
        if self.potential.dim > 1:
            x[:, 1] = second
        return x if self._project is None else self._project(x)
