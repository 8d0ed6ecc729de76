"""The records of an experiment: a figure of the memo as a list of ensembles."""

from dataclasses import dataclass, replace
from typing import Any

from langevin_sim.dynamics import Dynamics
from langevin_sim.potentials.potential import Potential

AUTHORS_STEPS = 2_700_000
REPLICAS = 256  # of the authors' single walker


@dataclass(frozen=True)
class Arm:
    """One ensemble. Its first two regions are the wells that the figure compares.

    key: prefix of its arrays in histograms.npz; group: ensembles drawn together. look: number of
    steps between two looks at each walker's well, for counting passages (0: none). sets: number of walkers
    in one of the authors' experiments. chain: compute the chain law; fit: set Boltzmann's law at the
    temperature of the mean energy beside it, for a dynamics without a temperature.
    near: amplitudes A of noise with which the chain law of the same steps is computed, where there is none without added
    noise.
    """

    key: str
    group: str
    potential: Potential
    dynamics: Dynamics
    walkers: int
    steps: int
    burn_in: int = 0
    every: int = 1
    start: str = "dispersed"
    look: int = 0
    sets: int = 1
    chain: bool = False
    fit: bool = False
    near: tuple[float, ...] = ()

    @property
    def wells(self) -> tuple[str, str]:
        """Names of the two regions that are compared: the flatter one, the other."""
        first, second = self.potential.regions[:2]
        return first.name, second.name

    def described(self) -> dict[str, Any]:
        """Everything that determines the result, as JSON."""
        dynamics = self.dynamics
        return {
            "key": self.key,
            "group": self.group,
            "potential": self.potential.name,
            "dim": self.potential.dim,
            "parameters": dict(self.potential.parameters),
            "domain": str(self.potential.domain),
            "dynamics": dynamics.name,
            "step_size": dynamics.step_size,
            "temperature": dynamics.temperature,
            "noise": dynamics.noise,
            "batch_size": dynamics.terms_per_step or None,
            "walkers": self.walkers,
            "steps": self.steps,
            "burn_in": self.burn_in,
            "every": self.every,
            "start": self.start,
            "look": self.look,
        }

    def resized(self, walkers: int | None, steps: int | None) -> "Arm":
        """The same with another number of walkers, and of steps (burn-in in proportion), both multiples of ``every``."""
        arm = self if walkers is None else replace(self, walkers=walkers)
        if steps is None:
            return arm
        burn_in = _up(self.burn_in * steps // self.steps, self.every)
        return replace(arm, steps=_up(steps, self.every), burn_in=burn_in)


@dataclass(frozen=True)
class Experiment:
    """A figure's ensembles, with the authors' settings (literal) or converged; replicas and steps if they were changed."""

    figure: str
    literal: bool
    arms: tuple[Arm, ...]
    replicas: int | None = None
    steps: int | None = None

    def resized(self, replicas: int | None, steps: int | None) -> "Experiment":
        """The same with other numbers of walkers and steps in every ensemble."""
        arms = tuple(arm.resized(replicas, steps) for arm in self.arms)
        return replace(self, arms=arms, replicas=replicas, steps=steps)

    def command(self, seed: int) -> str:
        """The command that repeats it."""
        options = {"--literal": "" if self.literal else None, "--seed": seed, "--replicas": self.replicas, "--steps": self.steps}
        words = [f"{option} {value}".strip() for option, value in options.items() if value is not None]
        return " ".join(["langevin-sim reproduce", self.figure, *words])

    @property
    def mode(self) -> str:
        """'literal' or 'converged'."""
        return "literal" if self.literal else "converged"


def _up(steps: int, every: int) -> int:
    return -(-steps // every) * every
