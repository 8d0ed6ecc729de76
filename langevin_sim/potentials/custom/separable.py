"""Regions of a sum over groups of coordinates: products of the regions of its terms."""

from collections.abc import Sequence

import numpy as np

from langevin_sim.potentials.potential import Factor

_DIGITS = 12  # sums in different orders agree to this many digits


def lowest(factors: Sequence[Factor], most: int) -> np.ndarray:
    """The products of minima with the least energy, at most ``most``, as indices of the minima in each factor, [k, factors].

    The lowest come first; those of equal energy are in the order of their indices.
    """
    rows, energies = np.zeros((1, 0), dtype=np.int64), np.zeros(1)
    for factor in factors:
        own = factor.potential.energy(factor.potential.minima)
        total = (energies[:, None] + own).ravel()
        scale = max(1.0, float(np.abs(total).max()))
        kept = np.sort(np.argsort(np.round(total / scale, _DIGITS), kind="stable")[:most])
        rows = np.column_stack([rows[kept // len(own)], kept % len(own)])
        energies = total[kept]
    return rows[np.argsort(np.round(energies / max(1.0, float(np.abs(energies).max())), _DIGITS), kind="stable")]


def points(factors: Sequence[Factor], rows: np.ndarray) -> np.ndarray:
    """The minima [k, dim] for rows [k, factors] of indices."""
    dim = sum(len(factor.coordinates) for factor in factors)
    found = np.empty((len(rows), dim))
    for factor, indices in zip(factors, rows.T, strict=True):
        found[:, list(factor.coordinates)] = factor.potential.minima[indices]
    return found


def indices(factors: Sequence[Factor], x: np.ndarray) -> np.ndarray:
    """The region of each factor to which points x[n, dim] belong, [n, factors]."""
    return np.column_stack([factor.potential.label(x[:, list(factor.coordinates)]) for factor in factors])
