"""A potential's functions at (x_1, x_2, 0, ..), in any dimension without holding all its coordinates."""

from collections.abc import Callable

import numpy as np

from langevin_sim.potentials.potential import Potential

_AT_ONCE = 200_000  # numbers: what a cache holds


def by_parts(potential: Potential, first: np.ndarray, second: np.ndarray, act: Callable[[np.ndarray, slice], None]) -> None:
    """act(columns [dim, m], part) for parts of the points (first, second, 0, ..), [n]; the columns are used again."""
    size = max(1, min(first.size, _AT_ONCE // potential.dim))
    columns = np.zeros((potential.dim, size))
    for start in range(0, first.size, size):
        part = slice(start, min(start + size, first.size))
        count = part.stop - part.start
        own = columns if count == size else np.zeros((potential.dim, count))
        own[0] = first[part]
        if potential.dim > 1:
            own[1] = second[part]
        act(own, part)


def energies(potential: Potential, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """U at (first, second, 0, ..), both [n]: [n]; in one dimension the second is ignored."""
    values = np.empty(first.size)

    def act(columns: np.ndarray, part: slice) -> None:
        potential.block_energy(columns, values[part], potential.constants)

    by_parts(potential, first, second, act)
    return values


def drifted(potential: Potential, step: float, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first two coordinates of x - step grad U(x): two arrays [n]; the second is 0 in one dimension."""
    one, other = np.empty(first.size), np.zeros(first.size)

    def act(columns: np.ndarray, part: slice) -> None:
        slope = np.empty_like(columns)
        potential.block_gradient(columns, slope, potential.constants)
        one[part] = columns[0] - step * slope[0]
        if potential.dim > 1:
            other[part] = columns[1] - step * slope[1]

    by_parts(potential, first, second, act)
    return one, other


def log_weights(potential: Potential, temperature: float, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """-U/T, with (d-2) log rho where d > 2, on the grid of first [n] and second [m]: [m, n]."""
    x1, x2 = (part.ravel() for part in np.meshgrid(first, second))
    with np.errstate(invalid="ignore", over="ignore"):
        value = -energies(potential, x1, x2).reshape(second.size, first.size) / temperature
    if potential.dim > 2:
        value += (potential.dim - 2) * np.log(np.maximum(second, 1e-300))[:, None]
    return np.where(np.isnan(value), -np.inf, value)
