"""OpenMM: a walker is a particle of mass 1 in a custom external force; BrownianIntegrator is Euler-Maruyama.

A particle has three coordinates: in d = 1 and 2 the others diffuse freely, and cost what they cost. On the CPU platform
this integrator and this force are the Reference platform's own, in float64 and on one thread.
"""

from collections.abc import Callable

import numpy as np
import openmm
from openmm import unit
from workload import EVERY, NARROW, STEP_SIZE, TAU, TEMPERATURE, WIDE, A, Advance, measure

REST = {1: "0", 2: "y^2", 3: "y^2 + z^2"}
ENERGY = (
    f"q_w - {TAU} * log(1 + exp((q_w - q_n) / {TAU}));"  # q_w - q_n is below 11 everywhere: the exp cannot overflow
    f"q_w = {0.5 * WIDE} * ((x + {A})^2 + rest); q_n = {0.5 * NARROW} * ((x - {A})^2 + rest); rest = "
)
KELVIN = TEMPERATURE / unit.MOLAR_GAS_CONSTANT_R.value_in_unit(unit.kilojoule_per_mole / unit.kelvin)  # kT = T kJ / mol


def on(platform: str) -> Callable[[int, int, int, int], Advance]:
    """What measure() asks for, on one of OpenMM's platforms."""

    def prepare(dim: int, walkers: int, seed: int, threads: int) -> Advance:
        system, force = openmm.System(), openmm.CustomExternalForce(ENERGY + REST[dim])
        for particle in range(walkers):
            system.addParticle(1.0)
            force.addParticle(particle)
        system.addForce(force)
        integrator = openmm.BrownianIntegrator(KELVIN, 1.0, STEP_SIZE)  # at a friction of 1 / ps, eta is the step in ps
        integrator.setRandomNumberSeed(seed + 1)  # 0 would be a seed of OpenMM's choice
        context = openmm.Context(system, integrator, openmm.Platform.getPlatformByName(platform))
        x = np.zeros((walkers, 3))
        x[:, 0] = np.where(np.arange(walkers) % 2, A, -A)
        context.setPositions(x)

        def advance(records: int) -> np.ndarray:
            visits = np.zeros(walkers)
            for _ in range(records):
                integrator.step(EVERY)
                x = context.getState(positions=True).getPositions(asNumpy=True).value_in_unit(unit.nanometer)[:, :dim]
                rest = (x[:, 1:] ** 2).sum(1)
                visits += WIDE * ((x[:, 0] + A) ** 2 + rest) < NARROW * ((x[:, 0] - A) ** 2 + rest)
            return visits

        return advance

    return prepare


if __name__ == "__main__":
    measure("OpenMM, Reference", on("Reference"), ["openmm"], dims=(1, 2, 3))
    measure("OpenMM, CPU", on("CPU"), ["openmm"], dims=(3,))
