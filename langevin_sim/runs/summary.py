"""From a Run and its exact law to the numbers of summary.json."""

import math
from typing import Any, NamedTuple

import numpy as np

from langevin_sim.analysis.distances import distances, expected_distances
from langevin_sim.analysis.verdict import RHAT_LIMIT, STATIONARITY_LEVEL, Comparison, sidak, verdict
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.reference import Boltzmann, boltzmann
from langevin_sim.runs.simulate import Run

SCHEMA = 1
FALSE_ALARM_RATE = 0.01  # of 'disagrees' in one run, over all dimensions, dynamics and quantities


class Marginal(NamedTuple):
    """The x_1 histogram as masses of its bins, their standard errors, and Boltzmann's masses."""

    edges: np.ndarray
    mass: np.ndarray
    stderr: np.ndarray
    boltzmann: np.ndarray | None


def marginal(run: Run, law: Boltzmann | None) -> Marginal:
    """Bin masses with errors over blocks (independent of each other)."""
    blocks = run.counts.shape[0]
    total = run.counts.sum()
    deviations = run.counts - run.counts.sum(axis=1, keepdims=True) / total * run.counts.sum(axis=0)
    spread = np.sqrt((deviations**2).sum(axis=0) * blocks / max(blocks - 1, 1)) / total
    exact = None if law is None else law.bin_masses(run.edges)
    return Marginal(run.edges, run.counts.sum(axis=0)[1:-1] / total, spread[1:-1], exact)


def reference(run: Run) -> tuple[Boltzmann | None, str]:
    """The Boltzmann law of a run, or None and the reason."""
    if not run.dynamics.stationary or run.dynamics.temperature == 0:
        return None, f"{run.dynamics.name} at temperature {run.dynamics.temperature:g} has no stationary law"
    try:
        return boltzmann(run.potential, run.dynamics.temperature), ""
    except ReferenceUnavailable as reason:
        return None, str(reason)


def summarise(run: Run, law: Boltzmann | None, reason: str, tests: int) -> dict[str, Any]:
    """One entry of ``results``; ``tests`` is how many comparisons the whole run makes."""
    names = list(run.occupancy)
    comparisons = None
    if law is not None:
        comparisons = [
            Comparison(*run.occupancy[name], law.masses[name], law.errors[name]) for name in names[:-1]
        ]
        comparisons.append(Comparison(*run.energy, law.mean_energy, law.mean_energy_error))
    converged = (
        run.diverged == 0
        and not run.rhat > RHAT_LIMIT
        and run.stationarity >= STATIONARITY_LEVEL
        and not (math.isnan(run.rhat) and math.isnan(run.stationarity))
    )
    word = "no-reference" if not run.dynamics.stationary else verdict(
        comparisons, converged=converged, level=sidak(FALSE_ALARM_RATE, tests)
    )  # fmt: skip
    bins = marginal(run, law)
    width = float(run.edges[1] - run.edges[0])
    expected = expected_distances(run.counts, width)
    entry: dict[str, Any] = {"tv_boltzmann": None, "ks_boltzmann": None, "w1_boltzmann": None}
    if bins.boltzmann is not None:
        tv, ks, w1 = (float(value) for value in distances(bins.mass - bins.boltzmann, width))
        entry = {"tv_boltzmann": tv, "ks_boltzmann": ks, "w1_boltzmann": w1}
    entry |= {"tv_chain": None, "tv_expected": expected.tv, "ks_expected": expected.ks, "w1_expected": expected.w1}
    return _plain({
        "dim": run.potential.dim,
        "dynamics": run.dynamics.name,
        "step_size": run.dynamics.step_size,
        "temperature": run.dynamics.temperature,
        "noise": run.dynamics.noise,
        "walkers": run.walkers,
        "steps": run.steps,
        "burn_in": run.burn_in,
        "regions": [
            {
                "name": name,
                "mass": run.occupancy[name].mean,
                "stderr": run.occupancy[name].stderr,
                "boltzmann": None if law is None else law.masses[name],
                "boltzmann_error": None if law is None else law.errors[name],
                "chain": None,
            }
            for name in names
        ],
        "energy": {
            "mean": run.energy.mean,
            "stderr": run.energy.stderr,
            "boltzmann": None if law is None else law.mean_energy,
            "chain": None,
        },
        "marginal": entry,
        "rhat": run.rhat,
        "stationarity_pvalue": run.stationarity,
        "acceptance": run.acceptance,
        "diverged": run.diverged,
        "reference_reason": reason or None,
        "verdict": word,
        "seconds": run.seconds,
        "updates_per_second": run.updates_per_second,
    })  # fmt: skip


def _plain(value: Any) -> Any:
    """JSON has no nan: null stands for it."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
