"""Minima to rounding."""

from dataclasses import replace

import numpy as np

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
