"""How rejections slow down a chain with a Metropolis test: its acceptance, and a bound on its relaxation time."""

import math
from typing import NamedTuple

import numpy as np

from langevin_sim.dynamics import Dynamics
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.minima import hessian
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.boltzmann import Boltzmann

_DRAWS = 16_384


class Refusals(NamedTuple):
    """acceptance: the share of accepted proposals. least_steps: least relaxation time of the slowest mode, in steps.

    By Rayleigh's principle, the slowest mode of a reversible chain decays in one step by a factor of at least
    1 - E[(f(x') - f(x))^2] / (2 Var f), for any f: here every coordinate and the energy. Both are from draws, to a few per cent.
    """

    acceptance: float
    least_steps: float


def refusals(potential: Potential, dynamics: Dynamics, temperature: float, law: Boltzmann | None) -> Refusals:
    """The record for a chain that proposes x + noise xi, or x - eta grad U(x) + noise xi if it uses the gradient.

    x is drawn from Boltzmann's law if draws are available, otherwise from the normal law about the lowest minimum. Raises
    ReferenceUnavailable if neither is possible, or if the domain has walls.
    """
    if potential.domain.kind not in ("space", "torus"):
        raise ReferenceUnavailable("the acceptance is not predicted on a domain with walls")
    generator = np.random.default_rng(1)  # not the seed of the draws
    x = _draws(potential, temperature, law, generator)
    step, deviation = dynamics.step_size, dynamics.noise
    z = generator.normal(size=x.shape)
    drift = -step * potential.gradient(x) if dynamics.uses_gradient else np.zeros_like(x)
    with np.errstate(all="ignore"):
        y = x + drift + deviation * z
        log_ratio = (potential.energy(x) - potential.energy(y)) / temperature
        if dynamics.uses_gradient:
            back = (x - y + step * potential.gradient(y)) / deviation
            log_ratio += 0.5 * ((z**2).sum(axis=1) - (back**2).sum(axis=1))
        accepted = np.exp(np.minimum(np.nan_to_num(log_ratio, nan=-math.inf, neginf=-math.inf), 0.0))
        functions = [*(zip(x.T, y.T, strict=True)), (potential.energy(x), potential.energy(y))]
        share = float(accepted.mean())
        if not share > 0.0:
            raise ReferenceUnavailable("no proposal is accepted")
        slowest = 1.0
        for before, after in functions if potential.domain.kind == "space" else functions[-1:]:
            moved = float(np.where(accepted > 0.0, accepted * (after - before) ** 2, 0.0).mean())
            variance = float(before.var())
            slowest = min(slowest, 0.5 * moved / variance if variance > 0.0 else 1.0)
    return Refusals(share, -1.0 / math.log1p(-slowest) if slowest < 1.0 else 0.0)


def _draws(potential: Potential, temperature: float, law: Boltzmann | None, generator: np.random.Generator) -> np.ndarray:
    if law is not None:
        try:
            return law.sample(_DRAWS, seed=0)
        except ReferenceUnavailable:
            pass
    lowest = potential.minima[potential.energy(potential.minima).argmin()]
    values, vectors = np.linalg.eigh(hessian(potential, lowest))
    if not (potential.smooth and values[0] > 1e-8 * values[-1]):
        raise ReferenceUnavailable(f"no law of {potential.name} is known from which to draw")
    normals = generator.normal(size=(_DRAWS, potential.dim)) * np.sqrt(temperature / values)
    return np.asarray(lowest + normals @ vectors.T)
