"""Two minima of equal depth, one degenerate: the fat one wins as T goes to zero."""

import numpy as np

from langevin_sim.potentials.potential import Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled


@compiled
def _energy(X, E, p):
    x = X[0]
    for i in range(X.shape[1]):
        fat, skinny = 1.0 - 0.625 * x[i], 1.0 + 2.5 * x[i]
        square = fat * fat
        fourth = square * square
        E[i] = p[0] * fourth * fourth * skinny * skinny


@compiled
def _gradient(X, G, p):
    x, g = X[0], G[0]
    for i in range(X.shape[1]):
        fat, skinny = 1.0 - 0.625 * x[i], 1.0 + 2.5 * x[i]
        cube = fat * fat * fat
        g[i] = -15.625 * p[0] * cube * cube * fat * skinny * x[i]


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        L[i] = 0 if X[0, i] >= 0.0 else 1


@rebuildable
def fatskinny(dim: int = 1, barrier: float = 1.0) -> Potential:
    """U(x) = h (8 - 5 x)^8 (2 + 5 x)^2 / 2^26 in R, h = barrier.

    Regions: fat = {x >= 0}, with the degenerate minimum at 8/5, and skinny = the rest, with the minimum at -2/5; U = 0 at both,
    and U(0) = h between them. Near the fat minimum U grows as the 8th power, near the skinny one as the square: their masses go
    as T^(1/8) and T^(1/2), and their mean energies as T/8 and T/2, so the fat one has all the mass as T -> 0.
    Source: an example of singular learning theory (Watanabe 2009): learning coefficients 1/8 and 1/2.
    """
    checked("fatskinny", dim, at_most=1, barrier=barrier)

    def extent(temperature: float) -> np.ndarray:
        """The interval within which U is below about 12.5 T."""
        climb = 12.5 * max(temperature, 0.05) / barrier
        return np.array([[-0.4 - 0.15 * max(1.0, climb) ** 0.25, 1.6 + 1.1 * max(climb, 0.1) ** 0.125]])

    fat, skinny = np.array([1.6]), np.array([-0.4])
    return Potential(
        name="fatskinny",
        dim=1,
        parameters={"barrier": barrier},
        constants=np.array([barrier]),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=np.stack([fat, skinny]),
        regions=(Region("fat", "x >= 0", fat), Region("skinny", "x < 0", skinny)),
        extent=extent,
        stability_bound=2.0 / (2.0 * barrier * 1.25**8 * 2.5**2),  # 2 / U''(-2/5)
        cold_masses=np.array([1.0, 0.0]),
    )
