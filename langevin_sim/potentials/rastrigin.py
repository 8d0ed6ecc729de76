"""A bowl with a ripple: a lattice of wells, the central one the deepest."""

import math
from dataclasses import replace

import numpy as np

from langevin_sim.potentials.minima import stationary_points
from langevin_sim.potentials.potential import Factor, Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, cos, fma, sin


@compiled
def _energy(X, E, p):
    scale, amplitude = p[0], p[1]
    for i in range(X.shape[1]):
        E[i] = 0.0
    for j in range(X.shape[0]):
        x = X[j]
        for i in range(X.shape[1]):
            half = sin(math.pi * x[i])  # 1 - cos(2 pi x) = 2 sin(pi x)^2, without cancellation
            E[i] = fma(scale, fma(x[i], x[i], 2.0 * amplitude * half * half), E[i])


@compiled
def _gradient(X, G, p):
    scale, amplitude = p[0], p[1]
    for j in range(X.shape[0]):
        x, g = X[j], G[j]
        for i in range(X.shape[1]):
            ripple = sin(math.pi * x[i]) * cos(math.pi * x[i])
            g[i] = scale * fma(2.0, x[i], 4.0 * math.pi * amplitude * ripple)


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        outside = 0
        for j in range(X.shape[0]):
            outside |= 0 if abs(X[j, i]) < 0.5 else 1
        L[i] = outside


def _at(dim: int, amplitude: float, scale: float) -> Potential:
    def extent(temperature: float) -> np.ndarray:
        reach = 5.0 * math.sqrt(0.5 * max(temperature, 0.05) / scale) + 1.0
        return np.tile([-reach, reach], (dim, 1))

    centre, aside = np.zeros(dim), np.zeros(dim)
    aside[0] = 1.0
    return Potential(
        name="rastrigin",
        dim=dim,
        parameters={"amplitude": amplitude, "scale": scale},
        constants=np.array([scale, amplitude]),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=centre[None],
        regions=(
            Region("centre", "|x_j| < 1/2 for all j", centre, None if dim == 1 else (0,) * dim),
            Region("outside", "the rest", aside),
        ),
        extent=extent,
        stability_bound=1.0 / (scale * (1.0 + 2.0 * math.pi**2 * amplitude)),
        cold_masses=np.array([1.0, 0.0]),
    )


@rebuildable
def rastrigin(dim: int, amplitude: float = 10.0, scale: float = 0.05) -> Potential:
    """U(x) = scale sum_j [x_j^2 + A (1 - cos(2 pi x_j))] in R^dim, A = amplitude.

    Regions: centre = {|x_j| < 1/2 for all j}, around the global minimum U(0) = 0, and outside = the rest. Listed are the
    global minimum and its two neighbours along x_1; there is one near every point of the integer lattice with
    |x_j| < pi A. With scale = 0.05 (default) the barriers are about 1. U is a sum over coordinates, so all laws are
    products of one-dimensional ones. Source: Rastrigin, Systems of Extremal Control (1974), with A = 10 and scale = 1.
    """
    checked("rastrigin", dim, amplitude=amplitude, scale=scale)
    line = _at(1, amplitude, scale)
    beside = [x for x in stationary_points(line, -1.5, 1.5)[0] if x != 0.0]
    minima = np.zeros((1 + len(beside), dim))
    minima[1:, 0] = beside
    line = replace(line, minima=minima[:, :1])
    if dim == 1:
        return line
    return replace(_at(dim, amplitude, scale), minima=minima, factors=tuple(Factor((j,), line) for j in range(dim)))
