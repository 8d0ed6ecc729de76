"""A cosine on a circle, with optionally a constant force around it."""

import math

import numpy as np
from scipy.special import ive

from langevin_sim.dynamics.domain import Domain
from langevin_sim.errors import InputError
from langevin_sim.potentials.potential import Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, cos, fma, sin


@compiled
def _energy(X, E, p):
    x = X[0]
    for i in range(X.shape[1]):
        E[i] = p[0] * cos(2.0 * math.pi * x[i])


@compiled
def _gradient(X, G, p):
    x, g = X[0], G[0]
    for i in range(X.shape[1]):
        g[i] = fma(-2.0 * math.pi * p[0], sin(2.0 * math.pi * x[i]), -p[1])


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        place = X[0, i] - np.floor(X[0, i])
        L[i] = 0 if 0.25 <= place < 0.75 else 1


@rebuildable
def washboard(dim: int = 1, amplitude: float = 1.0, force: float = 0.0) -> Potential:
    """U(x) = A cos(2 pi x) on the circle [0, 1), A = amplitude; walkers descend U' - f, f = force.

    Regions: well = {1/4 <= x < 3/4}, top = the rest. Without force, E[U] = -A I_1(A/T)/I_0(A/T), with modified Bessel
    functions. A force is not the slope of any energy on a circle: U - f x does not return to its value after one turn. There is
    then no Boltzmann law, but a steady current with its own law: that of the chain, and for small steps
    p(x) ~ exp(-V(x)/T) times the integral of exp(V(y)/T) over x < y < x + 1, V = U - f x.
    Source: Risken, The Fokker-Planck Equation (1989), chapter 11.
    """
    checked("washboard", dim, at_most=1, amplitude=amplitude)
    if not math.isfinite(force):
        raise InputError(f"washboard: force = {force}: expected a finite number")
    well = np.array([0.5])
    if abs(force) < 2.0 * math.pi * amplitude:  # the point where walkers come to rest without noise
        well = well - math.asin(-force / (2.0 * math.pi * amplitude)) / (2.0 * math.pi)

    def energy(temperature: float) -> float:
        ratio = amplitude / temperature
        return float(-amplitude * ive(1, ratio) / ive(0, ratio))

    circle = np.array([[0.0, 1.0]])
    reason = f"the force {force:g} around a circle is not the slope of an energy: there is no Boltzmann law, but a steady current"
    return Potential(
        name="washboard",
        dim=1,
        parameters={"amplitude": amplitude, "force": force},
        constants=np.array([amplitude, force]),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=well[None],
        regions=(Region("well", "1/4 <= x < 3/4", np.array([0.5])), Region("top", "the rest", np.array([0.0]))),
        extent=lambda temperature: circle,
        stability_bound=2.0 / (4.0 * math.pi**2 * amplitude),
        domain=Domain("torus", 0.0, 1.0),
        smooth=force == 0.0,
        exact_energy=energy if force == 0.0 else None,
        cold_masses=np.array([1.0, 0.0]) if force == 0.0 else None,
        no_boltzmann="" if force == 0.0 else reason,
    )
