"""The results of one ensemble."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any, Protocol

import numpy as np

from langevin_sim.analysis.occupancy import Estimate
from langevin_sim.analysis.verdict import Verdict
from langevin_sim.dynamics import Dynamics
from langevin_sim.errors import InputError
from langevin_sim.plugins import plotter
from langevin_sim.potentials.potential import Potential
from langevin_sim.simulation.balance import Balance
from langevin_sim.simulation.judge import judge
from langevin_sim.simulation.record import Observable
from langevin_sim.simulation.references import References, reference_laws
from langevin_sim.storage.export import CHAINS, datatree

Wanted = bool | Callable[[int], None]


class Onward(Protocol):
    """The final state of a run, from which it can be extended."""

    def extend(self, steps: int, record: Mapping[str, Observable] | None, threads: int, progress: Wanted) -> "Run":
        """The run after this many more steps."""


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """The results of one ensemble.

    occupancy: region -> (mean, standard error) of its mass; energy: mean of U; edges [BINS + 1] and
    counts [blocks, BINS + 2] of x_1 (first and last: below and above the edges), one row per block of
    independent walkers; coordinate_counts [dim, BINS + 2]; plane [n, n], counts of (x_1, x_2);
    mean, variance [dim] over walkers and time; rhat: largest nested R-hat of x_1 and U;
    stationarity: smallest p-value against it; walker_means [walkers, regions + 2]: each walker's share of
    time in every region, mean x_1 and mean U; walker_moments [walkers, 2, groups]: its means of x_j and of x_j^2, summed over
    groups of neighbouring coordinates (up to 8 coordinates are a group each); balance: what single steps did, None if none was
    looked at; draws [walkers, n, 3]: region, x_1 and U of each walker at n times
    spread evenly over the production steps; positions [walkers, n, dim]: all coordinates of the first 128 walkers at the
    same times; never_crossed: no walker was seen in two regions; seconds: wall time of the simulation.

    Walkers that diverged are left out of all of these. They are False in ``alive`` [all walkers], and nan in ``final``
    [all walkers, dim], the positions after the last step, and in ``samples``, the results of ``record``:
    name -> [records, all walkers, ...], after the steps ``record_steps`` [records]. Integers and truth values in
    ``samples`` keep the value that the function returned for nan.
    """

    potential: Potential
    dynamics: Dynamics
    walkers: int
    steps: int
    burn_in: int
    record_every: int
    seed: int
    occupancy: dict[str, Estimate]
    energy: Estimate
    edges: np.ndarray
    counts: np.ndarray
    coordinate_counts: np.ndarray
    plane: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    rhat: float
    stationarity: float
    walker_means: np.ndarray
    walker_moments: np.ndarray
    balance: Balance | None
    draws: np.ndarray
    positions: np.ndarray
    final: np.ndarray
    alive: np.ndarray
    samples: dict[str, np.ndarray]
    starts_in_one_region: bool
    never_crossed: bool
    diverged: int
    acceptance: float | None
    seconds: float
    onward: Onward | None = None

    @property
    def updates_per_second(self) -> float:
        """Coordinate updates per second: walkers x steps x dim / seconds, burn-in included."""
        return self.walkers * (self.steps + self.burn_in) * self.potential.dim / self.seconds

    @property
    def record_steps(self) -> np.ndarray:
        """The step after which each record was taken, [records]: burn_in + k * record_every for k = 1, 2, .."""
        return self.burn_in + self.record_every * np.arange(1, self.steps // self.record_every + 1)

    @cached_property
    def references(self) -> References:
        """Boltzmann's law and the chain law beside this run, each with the reason if it is missing; computed on first use."""
        return reference_laws(self.potential, self.dynamics)

    def verdict(self) -> Verdict:
        """How the run compares with its laws, and with what must hold without one: a word, with every test behind it."""
        return judge(self, self.references)

    def plot(self, axes: Any = None) -> Any:
        """Draw the histogram of x_1 beside both laws into matplotlib ``axes``, or into a new Figure; returns the axes.

        The new Figure is the axes' ``figure``. It does not belong to pyplot: a notebook shows it when it is the value
        of a cell, and ``figure.savefig`` writes it.
        """
        return plotter()(self, axes)

    def extend(
        self, steps: int, *, record: Mapping[str, Observable] | None = None, threads: int = 0, progress: Wanted = False
    ) -> "Run":
        """Continue this run for more steps: the result has the bits of a run that was this long from the beginning.

        Returns a new Run; this one does not change. By default ``record`` is the run's own. After unpickling, a run with
        samples needs it, because functions are not pickled with a run.
        """
        if self.onward is None:
            raise InputError("this run has not kept its walkers; only the result of simulate() can be extended")
        return self.onward.extend(steps, record, threads, progress)

    def to_xarray(self, chains: int = CHAINS) -> Any:
        """All coordinates as an xarray DataTree in ArviZ's layout, one chain per walker; see storage.export.datatree.

        chains: how many of the first walkers, at most 128.
        """
        attributes = {
            "inference_library": "langevin-sim",
            "potential": self.potential.name,
            "dim": self.potential.dim,
            "dynamics": self.dynamics.name,
            "step_size": self.dynamics.step_size,
            "temperature": self.dynamics.temperature,
            "seed": str(self.seed),
        }
        if not 1 <= chains <= len(self.positions):
            raise InputError(f"chains = {chains}: expected 1 to {len(self.positions)}")
        names = [region.name for region in self.potential.regions]
        return datatree(
            self.positions[:chains], self.draws[:chains, :, 2], self.draws[:chains, :, 0], self.final, names, attributes
        )

    def _name(self) -> str:
        return f"{self.potential.name} d={self.potential.dim} {self.dynamics.name}"

    def __repr__(self) -> str:
        name, (mass, stderr) = next(iter(self.occupancy.items()))
        return f"<Run of {self._name()}: {self.walkers:,} walkers, {self.steps:,} steps, {name} {mass:.4f} ± {stderr:.4f}>"

    def _repr_html_(self) -> str:
        """A small table, for a notebook."""
        rows = [*((f"mass of {name}", estimate) for name, estimate in self.occupancy.items()), ("mean energy", self.energy)]
        cells = "".join(f"<tr><td>{escape(name)}</td><td>{mean:.5f} ± {stderr:.5f}</td></tr>" for name, (mean, stderr) in rows)
        head = f"{escape(self._name())}, step {self.dynamics.step_size:g}, temperature {self.dynamics.temperature:g}"
        size = f"{self.walkers:,} walkers, {self.burn_in:,} + {self.steps:,} steps, seed {self.seed}"
        foot = f"R-hat {self.rhat:.4f}" + (f", {self.diverged} diverged" if self.diverged else "")
        return f"<table><caption>{head}<br>{size}</caption><tbody>{cells}<tr><td colspan=2>{foot}</td></tr></tbody></table>"

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "references"}  # computed again on first use
