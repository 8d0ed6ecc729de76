"""What Figs. 4 and 5 share: a flat valley beside a pyramid."""

from langevin_sim import potentials
from langevin_sim.dynamics import GDL, MALA
from langevin_sim.memo.experiment import AUTHORS_STEPS, REPLICAS, Arm

TEMPERATURE = 0.2


def converged(dim: int, walkers: int = 4096) -> Arm:
    """MALA, exact at any step."""
    return Arm(f"d{dim}", "converged", potentials.wedge(dim), MALA(0.5, TEMPERATURE), walkers, 40_000, 10_000, 20)


def literal(dim: int, amplitude: float, difference: float) -> Arm:
    """The authors' walk: eta = 1, forward differences, from the pyramid's apex."""
    potential = potentials.wedge(dim, difference)
    return Arm(f"d{dim}", "literal", potential, GDL(1.0, amplitude**2 / 2.0), REPLICAS, AUTHORS_STEPS, start="3", look=1000)
