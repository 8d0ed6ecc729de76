"""Minima to rounding error, and their curvature."""

from dataclasses import replace

import numpy as np
import scipy

from langevin_sim.potentials.potential import Potential


def hessian(potential: Potential, point: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """The matrix of second derivatives at point[dim], by central differences of the gradient."""
    shifts = step * np.eye(potential.dim)
    matrix = (potential.gradient(point + shifts) - potential.gradient(point - shifts)) / (2.0 * step)
    return 0.5 * (matrix + matrix.T)


def with_refined_minima(potential: Potential, steps: int = 20) -> Potential:
    """The potential with each listed minimum moved by Newton's method to where the gradient vanishes."""
    refined = potential.minima.copy()
    for point in refined:
        for _ in range(steps):
            gradient = potential.gradient(point)
            step = np.linalg.lstsq(hessian(potential, point), gradient, rcond=1e-12)[0]
            point -= step
            if np.abs(step).max() <= 1e-15 * (1.0 + np.abs(point).max()):
                break
    return replace(potential, minima=refined)


def with_stability_bound(potential: Potential) -> Potential:
    """The potential with the stability bound 2 / (largest curvature at any listed minimum)."""
    curvature = max(float(np.linalg.eigvalsh(hessian(potential, point))[-1]) for point in potential.minima)
    return replace(potential, stability_bound=2.0 / curvature)


def stationary_points(potential: Potential, low: float, high: float, points: int = 4001) -> tuple[np.ndarray, np.ndarray]:
    """Minima and maxima of a one-dimensional potential between low and high, to rounding.

    The gradient is scanned for changes of sign on a uniform grid; points closer together than its spacing are missed.
    """

    def slope(x: float) -> float:
        return float(potential.gradient(np.array([x]))[0])

    grid = np.linspace(low, high, points)
    signs = np.sign(potential.gradient(grid[:, None])[:, 0])
    found: dict[float, list[float]] = {1.0: [], -1.0: []}
    for k in np.flatnonzero(signs[1:] != signs[:-1]):
        if signs[k] == 0.0:  # a point of the grid, already counted from the left
            continue
        rising = -signs[k]
        if signs[k + 1] == 0.0:
            found[rising].append(float(grid[k + 1]))
        else:
            found[rising].append(float(scipy.optimize.brentq(slope, grid[k], grid[k + 1], xtol=1e-15, rtol=1e-15)))
    return np.array(found[1.0]), np.array(found[-1.0])


def with_cold_masses(potential: Potential) -> Potential:
    """The potential with the masses of its regions as T -> 0, by Laplace's method.

    Every global minimum, up to rounding, counts with det(H)^(-1/2) in its region, H its Hessian, which must have full rank;
    other minima do not count.
    """
    energy = potential.energy(potential.minima)
    deepest = energy <= energy.min() + 1e-12 * (1.0 + np.abs(energy).max())
    weights = np.array([np.linalg.det(hessian(potential, point)) ** -0.5 for point in potential.minima[deepest]])
    masses = np.bincount(potential.label(potential.minima[deepest]), weights / weights.sum(), len(potential.regions))
    return replace(potential, cold_masses=masses)
