"""Lines parallel to the first axis: where a region's borders cross them."""

import numpy as np
from scipy.special import roots_legendre

from langevin_sim.potentials.potential import Potential


def along_first_axis(potential: Potential, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Points (first, second, 0, ..) as [second, first, dim]; for dim 1 the second is ignored."""
    points = np.zeros((second.size, first.size, potential.dim))
    points[..., 0] = first
    if potential.dim > 1:
        points[..., 1] = second[:, None]
    return points


def crossings(potential: Potential, second: float, grid: np.ndarray) -> np.ndarray:
    """Where the region changes along x_1 at one value of the second coordinate, by bisection to rounding."""
    points = along_first_axis(potential, grid, np.array([second]))[0]
    labels = potential.label(points)
    at = np.flatnonzero(labels[1:] != labels[:-1])
    left, right, left_label = grid[at], grid[at + 1], labels[at]
    probe = points[: at.size].copy()
    for _ in range(50 if at.size else 0):
        middle = 0.5 * (left + right)
        probe[:, 0] = middle
        same = potential.label(probe) == left_label
        left, right = np.where(same, middle, left), np.where(same, right, middle)
    return 0.5 * (left + right)


def pieces(potential: Potential, low: float, high: float, grid: np.ndarray) -> list[float]:
    """[low, .., high] cut where the number of crossings along x_1 changes."""

    def number(second: float) -> int:
        labels = potential.label(along_first_axis(potential, grid, np.array([second]))[0])
        return int((labels[1:] != labels[:-1]).sum())

    scan = np.linspace(low, high, 65)
    numbers = [number(value) for value in scan]
    ends = [low]
    for k in range(64):
        if numbers[k] != numbers[k + 1]:
            left, right = scan[k], scan[k + 1]
            for _ in range(50):
                middle = 0.5 * (left + right)
                left, right = (middle, right) if number(middle) == numbers[k] else (left, middle)
            if right > ends[-1]:
                ends.append(float(0.5 * (left + right)))
    return [*ends, high] if high > ends[-1] else ends


def smoothed_rule(low: float, high: float, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre on [low, high] after x = low + (high - low)(3 t^2 - 2 t^3), flat at both ends.

    A square-root singularity at an end becomes smooth: a region's border has one where it closes.
    """
    t, weight = roots_legendre(nodes)
    t, weight = 0.5 * (t + 1.0), 0.5 * weight
    return low + (high - low) * t * t * (3.0 - 2.0 * t), weight * (high - low) * 6.0 * t * (1.0 - t)
