"""deeptime: its C++ Euler-Maruyama with a right-hand side in Python, and with its built-in 2-D double well, all C++.

Its seeds are its own: it takes one on a single thread only.
"""

import math
from collections.abc import Callable

import numpy as np
from deeptime.data import custom_sde, double_well_2d
from workload import EVERY, NARROW, STEP_SIZE, TAU, TEMPERATURE, WIDE, A, Advance, measure


def force(x: list[float]) -> list[float]:
    """-grad U at one point. It is called for each walker and step, so it does without NumPy."""
    z = 0.5 * (NARROW - WIDE) * (sum([v * v for v in x]) + A**2) - A * (NARROW + WIDE) * x[0]
    w = 1.0 / (1.0 + math.exp(-z / TAU))
    curvature = NARROW + (WIDE - NARROW) * w
    out = [-curvature * v for v in x]
    out[0] -= A * (WIDE + NARROW) * w - A * NARROW
    return out


def advancing(system, x: np.ndarray, inside: Callable[[np.ndarray], np.ndarray], threads: int) -> Advance:
    def advance(records: int) -> np.ndarray:
        nonlocal x
        visits = np.zeros(len(x))
        for _ in range(records):
            x = system(x, n_jobs=threads)  # EVERY steps
            visits += inside(x)
        return visits

    return advance


def starts(walkers: int, dim: int, at: float) -> np.ndarray:
    x = np.zeros((walkers, dim))
    x[:, 0] = np.where(np.arange(walkers) % 2, at, -at)
    return x


def twowell(dim: int, walkers: int, seed: int, threads: int) -> Advance:
    def inside(x: np.ndarray) -> np.ndarray:
        rest = (x[:, 1:] ** 2).sum(1)
        return WIDE * ((x[:, 0] + A) ** 2 + rest) < NARROW * ((x[:, 0] - A) ** 2 + rest)

    system = custom_sde(dim, force, math.sqrt(2.0 * TEMPERATURE) * np.eye(dim), STEP_SIZE, EVERY)
    return advancing(system, starts(walkers, dim, A), inside, threads)


def doublewell(dim: int, walkers: int, seed: int, threads: int) -> Advance:
    """(x_1^2 - 1)^2 + x_2^2. deeptime's sigma is sqrt(kT / 2), which at kT = 4 T is sqrt(2 T)."""
    system = double_well_2d(STEP_SIZE, EVERY, temperature_factor=4.0 * TEMPERATURE)
    return advancing(system, starts(walkers, dim, 1.0), lambda x: abs(x[:, 0]) < 0.5, threads)


if __name__ == "__main__":
    packages = ["deeptime", "numpy"]
    measure("deeptime custom_sde", twowell, packages, one_walker_in=40)
    measure("deeptime double_well_2d", doublewell, packages, potential="doublewell", region="|x_1| < 1/2", dims=(2,))
