"""Common parts of Figs. 4 and 5: a flat valley beside a pyramid."""

import math

from langevin_sim import potentials
from langevin_sim.dynamics import GDL, MALA
from langevin_sim.memo.experiment import AUTHORS_STEPS, REPLICAS, Arm

TEMPERATURE = 0.2


def valley_limit(temperature: float) -> float:
    """Boltzmann mass of the valley as the dimension grows: v / (v + 10 e^(-1/T)) with v = 2T (1 - e^(-1/T)).

    Valley and plateau share every coordinate but the second, so that their ratio tends to that of widths along x_2, weighted:
    v for the valley, 10 e^(-1/T) for the rest of the period of 12. The pyramid's share of the torus vanishes as 6^-d.
    """
    top = math.exp(-1.0 / temperature)
    valley = 2.0 * temperature * -math.expm1(-1.0 / temperature)
    return valley / (valley + 10.0 * top)


def converged(dim: int, walkers: int = 4096) -> Arm:
    """MALA, exact at any step."""
    return Arm(f"d{dim}", "converged", potentials.wedge(dim), MALA(0.5, TEMPERATURE), walkers, 40_000, 10_000, 20)


def literal(dim: int, amplitude: float, difference: float) -> Arm:
    """The authors' walk: eta = 1, forward differences, from the pyramid's apex."""
    potential = potentials.wedge(dim, difference)
    return Arm(f"d{dim}", "literal", potential, GDL(1.0, amplitude**2 / 2.0), REPLICAS, AUTHORS_STEPS, start="3", look=1000)
