"""Is a run long enough? Told before it starts."""

import math

from langevin_sim.dynamics import Dynamics
from langevin_sim.potentials.potential import Potential
from langevin_sim.simulation.references import References

BURN_IN_TIMES, RUN_TIMES = 10, 60  # relaxation times that --steps auto takes
HOPELESS = 1e11  # relaxation times beyond this are not worth a number of steps
LEAST_TIMES = 5  # below so many relaxation times in all, no comparison is claimed


def needed(references: list[References], every: int) -> tuple[int, int]:
    """(burn-in, steps) for the slowest system, multiples of ``every``; 0 where nothing is predicted."""
    slowest = max((each.relaxation_steps or 0.0 for each in references), default=0.0)

    def rounded(times: int) -> int:
        return every * math.ceil(times * slowest / every)

    return rounded(BURN_IN_TIMES), rounded(RUN_TIMES)


def too_short(references: References, burn_in: int, steps: int) -> bool:
    """Whether the whole run is shorter than a few relaxation times."""
    return references.relaxation_steps is not None and burn_in + steps < LEAST_TIMES * references.relaxation_steps


def warnings(potential: Potential, dynamics: Dynamics) -> list[str]:
    """What a user should know of this pair before reading its numbers."""
    if potential.smooth or not dynamics.uses_gradient:
        return []
    return [
        f"{potential.name}: its gradient is a stand-in, a difference over a finite distance: {dynamics.name} does not sample "
        "Boltzmann's law, even at small steps; rwm does"
    ]


def notice(potential: Potential, dynamics: Dynamics, references: References, burn_in: int, steps: int) -> str:
    """One line on the relaxation time, with what is needed where the run is short; empty where nothing is predicted."""
    if references.relaxation_steps is None:
        return ""
    who = f"d={potential.dim} {dynamics.name}"
    steps_taken, source = references.relaxation_steps, references.relaxation_source
    if steps_taken > HOPELESS:
        return f"{who}: no run passes between the wells: it relaxes in about {steps_taken:.1e} steps ({source})"
    said = f"{who}: relaxes in about {steps_taken:,.0f} steps ({source})"
    if not too_short(references, burn_in, steps):
        return said
    auto = f"{BURN_IN_TIMES * steps_taken:,.0f} + {RUN_TIMES * steps_taken:,.0f}"
    return f"{said}: {burn_in:,} + {steps:,} steps are too few to tell anything; --steps auto takes {auto}"
