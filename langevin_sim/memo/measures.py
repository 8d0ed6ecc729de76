"""The numbers that a figure adds to those of every summary."""

import math
from typing import Any

import numpy as np
from scipy.optimize import brentq

from langevin_sim.analysis.occupancy import Estimate
from langevin_sim.dynamics import SGDL
from langevin_sim.engine.ensemble import PLANE_BINS
from langevin_sim.memo.experiment import Arm
from langevin_sim.memo.passages import Passages
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference import Boltzmann, ChainLaw, boltzmann, chain_law
from langevin_sim.reference.theories import total_variation
from langevin_sim.simulation.references import References
from langevin_sim.simulation.simulate import Run
from langevin_sim.simulation.summary import marginal

_SUBDIVISION = 6  # points along each edge of a bin of the plane
_PERCENTILES = (16, 50, 84)


def numbers(arm: Arm, run: Run, references: References, seen: Passages | None, fitted: Boltzmann | None) -> dict[str, Any]:
    """The numbers of an arm in summary.json, in addition to those of simulation.summary."""
    wells = run.walker_means[:, :2]
    found = wells[wells.sum(axis=1) > 0]
    share = found[:, 0] / found.sum(axis=1)
    ratio = pooled_ratio(wells)
    entry: dict[str, Any] = {
        "ratio": {
            "of": list(arm.wells),
            "mean": _finite(ratio.mean),
            "stderr": _finite(ratio.stderr),
            "boltzmann": _ratio(arm, references.boltzmann)[0],
            **dict(zip(("chain", "chain_error"), _ratio(arm, references.chain), strict=True)),
        },
        "share": dict(zip(("p16", "p50", "p84"), map(float, np.percentile(share, _PERCENTILES)), strict=True))
        if share.size
        else None,
        "one_well_only": float((wells == 0).any(axis=1).mean()),
    }
    if seen is not None:
        spread = (float(value) for value in np.percentile(seen.counts, _PERCENTILES))
        late = pooled_ratio(seen.late)
        entry["ratio"]["second_half"], entry["ratio"]["second_half_stderr"] = _finite(late.mean), _finite(late.stderr)
        entry["passages"] = {
            "mean": float(seen.counts.mean()),
            **dict(zip(("p16", "p50", "p84"), spread, strict=True)),
            "none": float((seen.counts == 0).mean()),
            "look": seen.every,
        }
    count = len(run.walker_means) // arm.sets
    if arm.sets > 1 and count > 1:
        means = run.walker_means[: count * arm.sets, 0].reshape(count, arm.sets).mean(axis=1)
        entry["sets"] = {
            "size": arm.sets,
            "count": count,
            "mean": float(means.mean()),
            "deviation": float(means.std(ddof=1)),
            "least": float(means.min()),
            "most": float(means.max()),
        }
    if arm.fit:
        entry["exact"] = _beside(arm, run, references.chain, fitted)
        entry["near"] = [_near(arm, amplitude) for amplitude in arm.near]
        entry["fitted"] = None if fitted is None else {"temperature": fitted.temperature, "masses": dict(fitted.masses)}
    return entry


def arrays(
    arm: Arm,
    run: Run,
    references: References,
    seen: Passages | None,
    shares: np.ndarray | None,
    fitted: Boltzmann | None,
) -> dict[str, np.ndarray]:
    """The arrays of an arm in histograms.npz; shares [walkers, bins]: the histogram of x_1 of every walker."""
    bins = marginal(run, references)
    found = {"edges": bins.edges, "mass": bins.mass, "stderr": bins.stderr, "counts": run.coordinate_counts, "plane": run.plane}
    if bins.boltzmann is not None:
        found["boltzmann"] = bins.boltzmann
    if bins.chain is not None:
        found["chain"] = bins.chain
    if fitted is not None:
        found["fitted"] = fitted.bin_masses(bins.edges)
    if shares is not None:
        found["band"] = np.percentile(shares, [16, 84], axis=0)
    if seen is not None:
        found["passages"] = seen.counts
    if references.chain is not None and arm.potential.dim == 2 and arm.fit:
        found["plane_chain"] = _plane(arm.potential, references.chain)
    beside = fitted or references.boltzmann
    if arm.potential.dim == 2 and arm.potential.domain.kind == "torus" and beside is not None:
        found["plane_law"] = plane_law(arm.potential, beside.temperature)
    return {f"{arm.key}_{name}": array for name, array in found.items()}


def _plane(potential: Potential, law: ChainLaw) -> np.ndarray:
    """Masses of the bins of (x_1, x_2) under a chain law, [PLANE_BINS, PLANE_BINS]."""
    return law.plane(*(np.linspace(low, high, PLANE_BINS + 1) for low, high in potential.extent(1.0)))


def _beside(arm: Arm, run: Run, law: ChainLaw | None, fitted: Boltzmann | None) -> dict[str, Any] | None:
    """Total variation from the chain law on the bins of the plane: of the walkers, and of Boltzmann's law at the fitted T."""
    if law is None:
        return None
    exact = _plane(arm.potential, law)
    measured = total_variation(run.plane / run.plane.sum(), exact)
    other = None if fitted is None else total_variation(plane_law(arm.potential, fitted.temperature), exact)
    return {"tv_measured": measured, "tv_fitted": other}


def _near(arm: Arm, amplitude: float) -> dict[str, Any]:
    """The masses of the chain law with so much noise added to every step."""
    dynamics, eta = arm.dynamics, arm.dynamics.step_size
    assert isinstance(dynamics, SGDL)
    noisy = SGDL(eta, amplitude**2 / (2.0 * eta), batch_size=dynamics.batch_size, replacement=dynamics.replacement)
    law = chain_law(arm.potential, noisy)
    return {"noise": amplitude, "masses": dict(law.masses), "errors": dict(law.errors), "energy": law.mean_energy}


def pooled_ratio(wells: np.ndarray) -> Estimate:
    """Total time in the first well over that in the second, wells [walkers, 2]; error over walkers by linearisation."""
    first, second = wells.mean(axis=0)
    if second == 0:
        return Estimate(math.nan, math.nan)
    ratio = float(first / second)
    deviation = (wells[:, 0] - ratio * wells[:, 1]).std(ddof=1)
    return Estimate(ratio, float(deviation / (second * math.sqrt(len(wells)))))


def fitted_law(run: Run) -> Boltzmann | None:
    """Boltzmann's law with the simulated mean energy, in two dimensions; None if no temperature has this energy."""
    energy = _plane_energy(run.potential)

    def excess(log_temperature: float) -> float:
        weights = np.exp(-(energy - energy.min()) / math.exp(log_temperature))
        return float((weights * energy).sum() / weights.sum()) - run.energy.mean

    low, high = math.log(1e-6), math.log(1.0)
    if not (math.isfinite(run.energy.mean) and excess(low) < 0 < excess(high)):
        return None
    return boltzmann(run.potential, math.exp(brentq(excess, low, high, xtol=1e-5)))


def plane_law(potential: Potential, temperature: float) -> np.ndarray:
    """Masses of the bins of (x_1, x_2) under Boltzmann's law of a two-dimensional potential, [PLANE_BINS, PLANE_BINS]."""
    energy = _plane_energy(potential)
    weights = np.exp(-(energy - energy.min()) / temperature)
    summed = weights.reshape(PLANE_BINS, _SUBDIVISION, PLANE_BINS, _SUBDIVISION).sum(axis=(1, 3))
    return np.asarray(summed / summed.sum())


def _plane_energy(potential: Potential) -> np.ndarray:
    """U at the centres of a grid finer than the plane's bins."""
    points = PLANE_BINS * _SUBDIVISION
    low, high = potential.extent(1.0).T
    axes = [a + (b - a) * (np.arange(points) + 0.5) / points for a, b in zip(low, high, strict=True)]
    return potential.energy(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1))


def _ratio(arm: Arm, law: Boltzmann | ChainLaw | None) -> tuple[float | None, float | None]:
    """A law's mass in the first well over that in the second, with its error; None, None without a law."""
    if law is None or law.masses[arm.wells[1]] <= 0:
        return None, None
    first, second = (law.masses[name] for name in arm.wells)
    relative = law.errors[arm.wells[0]] / first + law.errors[arm.wells[1]] / second
    return first / second, relative * first / second


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
