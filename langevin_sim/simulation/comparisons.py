"""The comparisons of a run with one law: masses, mean energy, moments and marginals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from langevin_sim.analysis.significance import Score, count_score, counted_error, histogram_score, mean_score
from langevin_sim.analysis.verdict import Law, Test
from langevin_sim.engine.balance import members
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.reference import Boltzmann, ChainLaw
from langevin_sim.reference.least_squares import LeastSquares
from langevin_sim.simulation.balance import named

if TYPE_CHECKING:
    from langevin_sim.simulation.run import Run

_FEW = 25.0  # if fewer visits to a region are expected, they are counted
_KNOWN = 0.5  # a law whose error exceeds this share of the walkers' error decides nothing
_BINS_OF_X1, _BINS_AT_END = 8, 16
_LEAST_EXPECTED = 5.0  # least expected count in a bin of a chi-squared test


def unknown(run: Run, law: Boltzmann | ChainLaw) -> str:
    """Why a law is not known well enough: one of its errors is more than half the walkers' error; empty if none is."""
    quantities = [(f"mass of {name}", law.errors[name], estimate.stderr) for name, estimate in run.occupancy.items()]
    quantities.append(("energy", law.mean_energy_error, run.energy.stderr))
    for name, error, stderr in quantities:
        if error > _KNOWN * stderr > 0.0:
            return f"its {name} has an error of {error:.2g}, more than half of the walkers' {stderr:.2g}"
    return ""


def beside_law(run: Run, law: Boltzmann | ChainLaw, name: Law, looks: np.ndarray) -> Iterator[Test]:
    """Compare masses of all regions, mean energy, means and second moments of all coordinates, and marginals with a law.

    looks: the indices, [times], of draws that are far enough apart to be independent.
    """
    rare = _rare(run, law, looks)
    for k, region in enumerate(run.occupancy):
        if len(run.occupancy) == 1:
            break
        exact, error = law.masses[region], law.errors[region]
        if region in rare:
            count, trials = int((run.draws[:, looks, 0] == k).sum()), len(run.draws) * looks.size
            score, value, stderr = count_score(count, trials, exact, error), count / trials, counted_error(count, trials)
            yield test(f"mass of {region}", name, value, exact, stderr, error, score)
        else:
            yield of_means(f"mass of {region}", name, run.walker_means[:, k], exact, error)
    if math.isfinite(law.mean_energy) and not _decides(run, law, rare):
        yield of_means("energy", name, run.walker_means[:, -1], law.mean_energy, law.mean_energy_error)
    if law.moments is not None:
        yield from _moments(run, name, *law.moments)
    yield from _first_marginal(run, law, name)
    yield from _marginals_at_the_end(run, law, name)


def beside_moments(run: Run, exact: LeastSquares) -> Iterator[Test]:
    """Compare mean energy, means and second moments on least squares with their exact values at this step size."""
    yield of_means("energy", "chain", run.walker_means[:, -1], exact.energy, 1e-9 * abs(exact.energy))
    second = exact.covariance.diagonal() + exact.mean**2
    yield from _moments(run, "chain", exact.mean, 1e-9 * np.abs(exact.mean), second, 1e-9 * second)


def of_means(quantity: str, law: Law, values: np.ndarray, exact: float, exact_error: float = 0.0) -> Test:
    """Compare the mean of values [walkers] with an exact one."""
    score = mean_score(values, exact, exact_error)
    return test(quantity, law, float(values.mean()), exact, standard_error(values), exact_error, score)


def test(quantity: str, law: Law, value: float, exact: float, error: float, exact_error: float, score: Score) -> Test:
    """A test with its score."""
    return Test(quantity, law, value, exact, error, exact_error, score.z, score.p)


def standard_error(values: np.ndarray) -> float:
    """The standard error of the mean of independent values."""
    return float(values.std(ddof=1) / math.sqrt(values.size)) if values.size > 1 else math.inf


def _rare(run: Run, law: Boltzmann | ChainLaw, looks: np.ndarray) -> list[str]:
    """Regions inside or outside which only few independent visits are expected."""
    trials = len(run.walker_means) * looks.size
    return [name for name, mass in law.masses.items() if min(mass, 1.0 - mass) * trials < _FEW]


def _decides(run: Run, law: Boltzmann | ChainLaw, rare: list[str]) -> bool:
    """Whether rare visits contribute so much to the mean energy that its error is not Gaussian."""
    scale = {
        region.name: abs(float(run.potential.energy(region.start[None])[0]) - law.mean_energy) for region in run.potential.regions
    }
    carried = sum(min(law.masses[name], 1.0 - law.masses[name]) * scale[name] for name in rare)
    return carried > _KNOWN * run.energy.stderr


def _moments(
    run: Run, name: Law, mean: np.ndarray, mean_error: np.ndarray, second: np.ndarray, second_error: np.ndarray
) -> Iterator[Test]:
    for q, group in enumerate(members(run.potential.dim)):
        for order, (words, exact, errors) in enumerate((("mean", mean, mean_error), ("mean square", second, second_error))):
            values = run.walker_moments[:, order, q]
            target, error = float(exact[group].sum()), float(errors[group].sum())
            if math.isfinite(target) and error <= _KNOWN * standard_error(values):
                yield of_means(f"{words} of {named(group)}", name, values, target, error)


def _first_marginal(run: Run, law: Boltzmann | ChainLaw, name: Law) -> Iterator[Test]:
    """Compare the share of time that x_1 spends in each of a few bins."""
    first = run.draws[:, :, 1]
    edges = _edges(first, _BINS_OF_X1)
    exact, errors = _bins(law, 0, edges)
    place = np.searchsorted(edges, first, side="left")
    for k in range(len(exact)):
        shares = (place == k + 1).mean(axis=1)
        if errors[k] <= _KNOWN * standard_error(shares) and exact[k] * len(first) >= _FEW:
            words = f"share of x_1 between {edges[k]:.4g} and {edges[k + 1]:.4g}"
            yield of_means(words, name, shares, float(exact[k]), float(errors[k]))


def _marginals_at_the_end(run: Run, law: Boltzmann | ChainLaw, name: Law) -> Iterator[Test]:
    """Compare every coordinate at the last step, where all draws are independent, by Pearson's chi-squared over its bins."""
    last = run.final[run.alive]
    for group in members(run.potential.dim):
        j = int(group[0])
        edges = _edges(last[:, j], _BINS_AT_END)
        exact, errors = _bins(law, j, edges)
        if len(exact) < 2:
            continue
        exact, errors = np.append(exact, max(1.0 - exact.sum(), 0.0)), np.append(errors, errors.sum() + 1e-12)
        if (exact * len(last) < _LEAST_EXPECTED).any():
            continue
        place = np.searchsorted(edges, last[:, j], side="left")
        counts = np.bincount(np.where(place == edges.size, 0, place), minlength=edges.size)
        squared, freedom, p = histogram_score(np.roll(counts, -1), exact, errors)
        spread = math.sqrt(2.0 * freedom)
        z = (squared - freedom) / spread
        yield Test(f"marginal of x_{j + 1} at the last step, chi-squared", name, squared, freedom, spread, 0.0, z, p)


def _edges(values: np.ndarray, bins: int) -> np.ndarray:
    """Edges that cut the values into about ``bins`` parts of equal size; they are rounded so as not to follow the values."""
    quantiles = np.quantile(values, np.linspace(0.0, 1.0, bins + 1)[1:-1])
    digit = 10.0 ** math.floor(math.log10(max(float(quantiles[-1] - quantiles[0]), 1e-300)) - 1.0)
    return np.unique(np.round(quantiles / digit) * digit)


def _bins(law: Boltzmann | ChainLaw, coordinate: int, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Masses of the bins between the edges, with errors; empty if the law does not know them."""
    nothing = np.empty(0), np.empty(0)
    if edges.size < 2:
        return nothing
    try:
        return law.marginal(coordinate, edges), law.marginal_errors(coordinate, edges)
    except ReferenceUnavailable:
        return nothing
