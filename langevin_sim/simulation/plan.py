"""Predict before a run whether it is long enough."""

import math

from langevin_sim.dynamics import Dynamics
from langevin_sim.potentials.potential import Potential
from langevin_sim.simulation.references import References

BURN_IN_TIMES, RUN_TIMES = 10, 60  # relaxation times for --steps auto
HOPELESS = 1e11  # for relaxation times beyond this, no number of steps is suggested
LEAST_TIMES = 5  # a run of fewer relaxation times, burn-in included, claims no comparison


def needed(references: list[References], every: int) -> tuple[int, int]:
    """(burn-in, steps) for the slowest system, multiples of ``every``; 0 if nothing is predicted."""
    slowest = max((each.relaxation_steps or 0.0 for each in references), default=0.0)

    def rounded(times: int) -> int:
        return every * math.ceil(times * slowest / every)

    return rounded(BURN_IN_TIMES), rounded(RUN_TIMES)


def too_short(references: References, burn_in: int, steps: int) -> bool:
    """Whether the run, burn-in included, is shorter than a few relaxation times."""
    return references.relaxation_steps is not None and burn_in + steps < LEAST_TIMES * references.relaxation_steps


def warnings(potential: Potential, dynamics: Dynamics) -> list[str]:
    """What a user should know about this pair before reading its numbers."""
    if potential.smooth or not dynamics.uses_gradient:
        return []
    return [
        f"{potential.name}: its gradient is replaced by a difference over a finite distance, so {dynamics.name} does not "
        "sample Boltzmann's law, even at small steps; rwm does"
    ]


def notice(potential: Potential, dynamics: Dynamics, references: References, burn_in: int, steps: int) -> str:
    """One line on the relaxation time, with the steps needed if the run is too short; empty if nothing is predicted."""
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
