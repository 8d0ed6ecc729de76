"""Lines parallel to the first axis: where a region's borders cross them."""

import numpy as np

from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.quadrature import panel_rule


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
    """One smoothed panel on [low, high] (quadrature.panel_rule)."""
    return panel_rule(np.array([low, high]), nodes, smoothed=True)
