"""From a Run and its laws to the numbers of summary.json."""

import math
from typing import Any, NamedTuple

import numpy as np

from langevin_sim.analysis.distances import distances, expected_distances
from langevin_sim.analysis.verdict import FALSE_ALARM_RATE
from langevin_sim.dynamics import declarations
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.reference import boltzmann
from langevin_sim.reference.least_squares import LeastSquares
from langevin_sim.reference.stability import tails
from langevin_sim.simulation.extrapolation import extrapolated
from langevin_sim.simulation.judge import judge
from langevin_sim.simulation.references import References
from langevin_sim.simulation.run import Run

_SHOWN = 20  # dimension up to which the summary holds a covariance


class Marginal(NamedTuple):
    """The x_1 histogram as masses of its bins, their standard errors, and the masses by Boltzmann and by the chain's law."""

    edges: np.ndarray
    mass: np.ndarray
    stderr: np.ndarray
    boltzmann: np.ndarray | None
    chain: np.ndarray | None


def marginal(run: Run, references: References) -> Marginal:
    """Bin masses with errors over blocks (independent of each other)."""
    blocks = run.counts.shape[0]
    total = run.counts.sum()
    deviations = run.counts - run.counts.sum(axis=1, keepdims=True) / total * run.counts.sum(axis=0)
    spread = np.sqrt((deviations**2).sum(axis=0) * blocks / max(blocks - 1, 1)) / total
    exact = None if references.boltzmann is None else references.boltzmann.bin_masses(run.edges)
    own = None if references.chain is None else references.chain.bin_masses(run.edges)
    return Marginal(run.edges, run.counts.sum(axis=0)[1:-1] / total, spread[1:-1], exact, own)


def fitted_temperature(run: Run, references: References) -> dict[str, float | None] | None:
    """The temperature at which Boltzmann's mean energy is the simulated one, with its standard error; None if there is none.

    chain: the temperature that is fitted in the same way to the mean energy of the chain at this step, which is what the
    simulated one should be; None where that energy is not known.
    """
    if references.boltzmann is None or references.temperature is None:
        return None
    exact, moments = references.chain, references.least_squares
    expected = exact.mean_energy if exact is not None else moments.energy if moments is not None else None
    try:
        fitted, slope = _temperature_of(run, run.energy.mean, references.temperature)
        predicted = None if expected is None else _temperature_of(run, expected, references.temperature)[0]
    except (ValueError, ReferenceUnavailable):
        return None
    if not slope:  # so cold that the energy is that of the minimum
        return None
    return {"mean": fitted, "stderr": run.energy.stderr / abs(slope), "chain": predicted}


def _temperature_of(run: Run, energy: float, around: float) -> tuple[float, float]:
    """T with Boltzmann's E U = energy, and dE/dT there; ValueError if it is not within a factor of 2."""
    from scipy.optimize import brentq

    def excess(temperature: float) -> float:
        return boltzmann(run.potential, temperature).mean_energy - energy

    fitted = float(brentq(excess, 0.5 * around, 2.0 * around, xtol=1e-4 * around))
    return fitted, (excess(1.02 * fitted) - excess(0.98 * fitted)) / (0.04 * fitted)


def summarise(run: Run, references: References, ensembles: int = 1, half: Run | None = None) -> dict[str, Any]:
    """One entry of ``results``; ``ensembles``: how many share the false-alarm rate; ``half``: the run at half the step."""
    names = list(run.occupancy)
    exact, own, cold = references.boltzmann, references.chain, run.potential.cold_masses
    judged = judge(run, references, ensembles)
    limit = {} if half is None else extrapolated(run, half, references, FALSE_ALARM_RATE / max(ensembles, 1))
    fitted = fitted_temperature(run, references) if run.dynamics.stochastic_gradient else None
    return _plain(
        {
            "dim": run.potential.dim,
            "dynamics": run.dynamics.name,
            "declares": declarations(type(run.dynamics)),
            "step_size": run.dynamics.step_size,
            "temperature": run.dynamics.temperature,
            "noise": run.dynamics.noise,
            "effective_temperature": references.temperature,
            "fitted_temperature": fitted,
            "walkers": run.walkers,
            "steps": run.steps,
            "burn_in": run.burn_in,
            "regions": [
                {
                    "name": name,
                    "mass": run.occupancy[name].mean,
                    "stderr": run.occupancy[name].stderr,
                    "boltzmann": None if exact is None else exact.masses[name],
                    "boltzmann_error": None if exact is None else exact.errors[name],
                    "chain": None if own is None else own.masses[name],
                    "chain_error": None if own is None else own.errors[name],
                    "cold": None if cold is None else float(cold[k]),
                    **limit.get(name, {}),
                }
                for k, name in enumerate(names)
            ],
            "energy": {
                "mean": run.energy.mean,
                "stderr": run.energy.stderr,
                "boltzmann": None if exact is None else exact.mean_energy,
                "boltzmann_error": None if exact is None else exact.mean_energy_error,
                "chain": None if own is None else own.mean_energy,
                "chain_error": None if own is None else own.mean_energy_error,
            },
            "marginal": _distances(run, marginal(run, references)),
            "least_squares": _moments(references.least_squares),
            "tails": None if (found := tails(run.potential, run.dynamics)) is None else found._asdict(),
            "rhat": run.rhat,
            "stationarity_pvalue": run.stationarity,
            "relaxation_steps": references.relaxation_steps,
            "relaxation_source": references.relaxation_source or None,
            "acceptance": run.acceptance,
            "diverged": run.diverged,
            "reference_reason": references.boltzmann_reason or None,
            "chain_reason": references.chain_reason or None,
            "chain_method": None if own is None else own.method,
            "tests": [test._asdict() for test in judged.tests],
            "verdict": judged.word,
            "decided_by": judged.decided_by,
            "verdict_reasons": list(judged.reasons),
            "seconds": run.seconds,
            "updates_per_second": run.updates_per_second,
        }
    )


def _distances(run: Run, bins: Marginal) -> dict[str, float | None]:
    width = float(run.edges[1] - run.edges[0])
    entry: dict[str, float | None] = {}
    for name, law in (("boltzmann", bins.boltzmann), ("chain", bins.chain)):
        found = None if law is None else distances(bins.mass - law, width)
        for key in ("tv", "ks", "w1"):
            entry[f"{key}_{name}"] = None if found is None else float(getattr(found, key))
    expected = expected_distances(run.counts, width)
    return {**entry, "tv_expected": expected.tv, "ks_expected": expected.ks, "w1_expected": expected.w1}


def _moments(exact: LeastSquares | None) -> dict[str, Any] | None:
    """The exact moments on least squares; the whole covariance while it is small."""
    if exact is None:
        return None
    covariance = exact.covariance.tolist() if len(exact.covariance) <= _SHOWN else None
    return {
        "energy": exact.energy,
        "mean": exact.mean.tolist(),
        "variances": exact.covariance.diagonal().tolist(),
        "covariance": covariance,
    }


def _plain(value: Any) -> Any:
    """JSON has no nan: null stands for it."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
