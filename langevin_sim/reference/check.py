"""Check a potential's gradient, minima, starts and masses, each separately."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import scipy

from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.differences import central_differences
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.boltzmann import boltzmann, sobol, tensor

_POINTS = 2000
_FALSE_ALARM_RATE = 1e-4  # for the masses, if the independent integration uses random points
_USELESS = 0.05  # error of a mass above which the other integration is useless


class Finding(NamedTuple):
    """passed is None if there is nothing to check."""

    what: str
    passed: bool | None
    detail: str


def findings(potential: Potential, temperature: float) -> Iterator[Finding]:
    """Yield the findings one after another."""
    yield _gradient(potential, temperature)
    yield from _terms(potential, temperature)
    yield _minima(potential)
    yield _starts(potential)
    yield _masses(potential, temperature)


def _scattered(potential: Potential, temperature: float, n: int) -> np.ndarray:
    low, high = potential.extent(temperature).T
    return np.random.default_rng(0).uniform(low, high, (n, potential.dim))


def _gradient(potential: Potential, temperature: float) -> Finding:
    """Compare with central differences, except at kinks."""
    if not potential.smooth:
        return Finding("gradient", None, "a replacement, not that of the energy")
    x = _scattered(potential, temperature, max(50, _POINTS // potential.dim))
    gradient = potential.gradient(x)
    slopes, apart, rounding = central_differences(potential, x)
    tolerance = 1e-6 * np.abs(gradient) + 1e-6 * np.abs(gradient).max() + rounding
    kinked = ~(apart <= tolerance)
    error = np.where(kinked, 0.0, np.abs(slopes - gradient))
    passed = bool((error <= tolerance).all() and np.isfinite(gradient).all() and kinked.mean() < 0.1)
    return Finding(
        "gradient",
        passed,
        f"within {error.max():.1e} of finite differences at {x.shape[0]} points, "
        f"{int(kinked.any(axis=1).sum())} of them at a kink",
    )


def _terms(potential: Potential, temperature: float) -> Iterator[Finding]:
    if potential.terms is None:
        return
    x = _scattered(potential, temperature, 64)
    everything = np.tile(np.arange(potential.terms.n_terms), (len(x), 1))
    gradient = potential.gradient(x)
    error = np.abs(potential.batch_gradient(x, everything) - gradient).max()
    passed = bool(error <= 1e-11 * np.abs(gradient).max())
    yield Finding("terms", passed, f"the mean over all {potential.terms.n_terms} is the gradient to {error:.1e}")


def _minima(potential: Potential) -> Finding:
    """No point nearby is lower, beyond rounding."""
    energy = potential.energy(potential.minima)
    nearby = potential.minima[:, None] + 1e-3 * np.random.default_rng(1).normal(size=(1, 200, potential.dim))
    if potential.domain.kind in ("box", "reflecting"):  # a minimum may be on a wall
        nearby = np.clip(nearby, potential.domain.low, potential.domain.high)
    slope = np.abs(potential.gradient(potential.minima)).max()
    lowest = (potential.energy(nearby) - energy[:, None]).min()
    passed = bool(lowest >= -1e-13 * max(1.0, np.abs(energy).max()))
    return Finding("minima", passed, f"{len(energy)}, gradient {slope:.1e}, no lower point nearby")


def _starts(potential: Potential) -> Finding:
    starts = np.stack([region.start for region in potential.regions])
    labels = potential.label(starts)
    wrong = [region.name for k, region in enumerate(potential.regions) if labels[k] != k]
    return Finding("starts", not wrong, f"outside their regions: {', '.join(wrong)}" if wrong else "in their regions")


def _masses(potential: Potential, temperature: float) -> Finding:
    """Compare with Sobol points, or with a tensor grid if the law comes from these."""
    try:
        law = boltzmann(potential, temperature)
        bare = replace(potential, exact_masses=None, exact_marginal=None, exact_energy=None, symmetry="")
        if law.method == "Sobol points":
            return Finding("masses", None, f"known only from Sobol points, in {potential.dim} dimensions")
        on_grid = potential.dim <= 3 and "tensor" not in law.method
        other = tensor.integrals(bare, temperature) if on_grid else sobol.integrals(bare, temperature)
    except ReferenceUnavailable as reason:
        return Finding("masses", None, str(reason))
    apart = np.abs(other.masses - list(law.masses.values()))
    known = other.errors + list(law.errors.values())
    if known.max() > _USELESS:
        return Finding("masses", None, f"{law.method}; {other.method}, to compare with, is known only to {known.max():.0e}")
    limit = 3.0 if on_grid else float(scipy.stats.t.isf(_FALSE_ALARM_RATE / 2 / apart.size, 15))
    passed = bool((apart <= limit * known + 1e-9).all())
    return Finding("masses", passed, f"{law.method} and {other.method} differ by {apart.max():.1e} (error {known.max():.0e})")
