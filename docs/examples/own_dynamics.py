"""A user-defined dynamics: underdamped Langevin motion by the BAOAB scheme, beside two built-in ones.

python docs/examples/own_dynamics.py
langevin-sim run --dims 2 --dynamics gdl,docs/examples/own_dynamics.py:BAOAB --set-dynamics friction=2 --step-size 0.05
"""

import math
from dataclasses import dataclass

import langevin_sim as ls


@dataclass(frozen=True)
class BAOAB(ls.Dynamics):
    """Position x and velocity v of a unit mass with friction; Leimkuhler and Matthews, Appl. Math. Res. Express 2013.

    dx = v dt, dv = -(grad U + friction v) dt + sqrt(2 friction T) dW. The step size is the time step. One step: a kick,
    half a drift, friction and noise, half a drift; two half kicks that follow each other are taken as one.
    """

    friction: float = 1.0
    weak_order = 2  # its error in averages of x is O(step^2), so that Boltzmann's law is worth comparing with

    def memory_rows(self, dim):
        """The velocity."""
        return dim


@ls.stepper(BAOAB)
def step(x, gradient, normal, memory, step, step_size, temperature, friction):
    """Everything that a stepper may ask for by name is in the documentation of ls.stepper."""
    kick = 0.5 if step == 0 else 1.0  # only the very first half kick stands alone
    velocity = memory - kick * step_size * gradient
    x = x + 0.5 * step_size * velocity
    keep = math.exp(-friction * step_size)
    velocity = keep * velocity + math.sqrt((1.0 - keep * keep) * temperature) * normal
    memory[:] = velocity
    return x + 0.5 * step_size * velocity


if __name__ == "__main__":
    U = ls.potentials.twowell(dim=2)
    law = ls.boltzmann(U, temperature=1.0)
    for dynamics in (BAOAB(step_size=0.1, friction=2.0), ls.GDL(step_size=0.02), ls.MALA(step_size=0.02)):
        run = ls.simulate(U, dynamics, walkers=2048, steps=8_000, burn_in=2_000, seed=1)
        mass = run.occupancy["wide"]
        print(f"{dynamics.name}: wide {mass.mean:.4f} ± {mass.stderr:.4f}, Boltzmann {law.mass('wide'):.4f}")
