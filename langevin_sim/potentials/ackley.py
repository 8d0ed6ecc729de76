"""A nearly flat plain of shallow wells around a deep cone, in a box."""

import math

import numpy as np

from langevin_sim.dynamics.domain import Domain
from langevin_sim.errors import InputError
from langevin_sim.potentials.potential import Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, cos, exp, fma, sin


@compiled
def _means(X, square, wave):
    """Means over coordinates of x_j^2 and of cos(2 pi x_j)."""
    share = 1.0 / X.shape[0]
    for i in range(X.shape[1]):
        square[i] = 0.0
        wave[i] = 0.0
    for j in range(X.shape[0]):
        x = X[j]
        for i in range(X.shape[1]):
            square[i] = fma(share * x[i], x[i], square[i])
            wave[i] += share * cos(2.0 * math.pi * x[i])


@compiled
def _energy(X, E, p):
    wave = np.empty(X.shape[1])
    _means(X, E, wave)
    for i in range(X.shape[1]):
        E[i] = p[0] * (20.0 - 20.0 * exp(-0.2 * math.sqrt(E[i])) + (math.e - exp(wave[i])))


@compiled
def _gradient(X, G, p):
    n, share = X.shape[1], p[0] / X.shape[0]
    square, wave = np.empty(n), np.empty(n)
    _means(X, square, wave)
    for i in range(n):
        radius = math.sqrt(square[i])
        square[i] = share * 4.0 * exp(-0.2 * radius) / radius if radius > 0.0 else 0.0
        wave[i] = share * 2.0 * math.pi * exp(wave[i])
    for j in range(X.shape[0]):
        x, g = X[j], G[j]
        for i in range(n):
            g[i] = fma(square[i], x[i], wave[i] * sin(2.0 * math.pi * x[i]))


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        outside = 0
        for j in range(X.shape[0]):
            outside |= 0 if abs(X[j, i]) < 0.5 else 1
        L[i] = outside


@rebuildable
def ackley(dim: int, scale: float = 0.5, reach: float = 5.0) -> Potential:
    """U(x) = scale [20 - 20 exp(-0.2 sqrt(mean x_j^2)) + e - exp(mean cos(2 pi x_j))] in the reflecting box [-reach, reach]^dim.

    Regions: centre = {|x_j| < 1/2 for all j}, around the global minimum U(0) = 0, and outside = the rest. U has the tip of a
    cone at 0, where its slope jumps, so descent with a finite step never comes to rest there; at the tip itself the slope is
    taken as 0. U is bounded, so exp(-U/T) has no integral over R^dim; hence the box, which --domain can replace.
    Source: Ackley, A Connectionist Machine for Genetic Hillclimbing (1987), with scale = 1 and reach = 32.768.
    """
    checked("ackley", dim, scale=scale, reach=reach)
    if not reach > 1.0:
        raise InputError(f"ackley: reach = {reach}: expected more than 1")
    cube = np.tile([-reach, reach], (dim, 1))
    centre, aside = np.zeros(dim), np.zeros(dim)
    aside[0] = 1.0
    return Potential(
        name="ackley",
        dim=dim,
        parameters={"scale": scale, "reach": reach},
        constants=np.array([scale]),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=centre[None],
        regions=(Region("centre", "|x_j| < 1/2 for all j", centre), Region("outside", "the rest", aside)),
        extent=lambda temperature: cube,
        # the largest curvature of the ripple, at the minima beside the cone
        stability_bound=2.0 * dim / (scale * 4.0 * math.pi**2 * math.e),
        domain=Domain("reflecting", -reach, reach),
        cold_masses=np.array([1.0, 0.0]),
    )
