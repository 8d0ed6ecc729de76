"""A film of a run's first walkers, and the landscape that they move in.

Noise is a function of (seed, block, step): the first blocks alone take the very paths that they take in the run, so that
a film costs a few thousandths of the run, and the run need not be watched.
"""

import numpy as np

from langevin_sim.dynamics import Dynamics
from langevin_sim.engine.ensemble import Ensemble
from langevin_sim.potentials.grid import energy_grid
from langevin_sim.potentials.potential import Potential
from langevin_sim.simulation.simulate import placed

BLOCKS = 2  # 256 walkers
FRAMES = 240  # at most, besides the starts
GRID = 81  # points of the grid of U along each coordinate
# between two frames walkers move on, and do not leap: at most so many times 1 / (largest curvature), and by diffusion alone
# at most such a share of the picture's width
_CURVATURE_TIMES = 0.25
_SHARE = 0.04


def film(
    potential: Potential,
    dynamics: Dynamics,
    *,
    walkers: int,
    burn_in: int,
    steps: int,
    every: int,
    start: str,
    seed: int,
    extent_temperature: float,
) -> dict[str, np.ndarray]:
    """The first walkers of a run of burn_in + steps steps, from their starts on, and what they move in.

    film [frames, 1 or 2, walkers]: x_1 (and x_2), float32, nan for a walker that has diverged; film_steps [frames]: how many
    steps were taken; film_share [frames, regions]: share of these walkers in each region; film_start [walkers]: the region
    each began in; landscape [GRID] or [GRID, GRID]: U at x_1 (and x_2), see energy_grid; landscape_extent [1 or 2, 2].
    """
    ensemble, where = placed(
        potential,
        dynamics,
        walkers=walkers,
        burn_in=burn_in,
        every=every,
        start=start,
        seed=seed,
        threads=1,
        extent_temperature=extent_temperature,
        blocks=range(BLOCKS),
    )
    total = burn_in + steps
    shown = min(potential.dim, 2)
    extent = ensemble.landscape.extent[:shown]
    temperature = max(dynamics.temperature, extent_temperature)
    diffusion = (_SHARE * float(np.diff(extent).min())) ** 2 / (2.0 * temperature) if temperature > 0 else np.inf
    descent = _CURVATURE_TIMES * 0.5 * potential.stability_bound  # stability bound: 2 / largest curvature
    spacing = _clipped(min(diffusion, descent) / dynamics.step_size, most=max(1, total // FRAMES))
    frames, shares = [], []
    for step in range(0, spacing * min(FRAMES, total // spacing) + 1, spacing):
        ensemble.advance(step - ensemble.step)
        positions = _positions(ensemble)
        with np.errstate(over="ignore"):  # of a walker that diverges, and is not seen to yet
            frames.append(positions[:, :shown].T.astype(np.float32))
        shares.append(_shares(potential, positions))
    _, energy = energy_grid(potential, extent, GRID)
    return {
        "film": np.stack(frames),
        "film_steps": spacing * np.arange(len(frames)),
        "film_share": np.stack(shares),
        "film_start": where.astype(np.uint8),
        "landscape": np.minimum(energy, np.finfo(np.float32).max).astype(np.float32),
        "landscape_extent": extent,
    }


def _clipped(steps: float, most: int) -> int:
    """A number of steps from 1 to ``most``."""
    return max(1, round(min(steps, most)))


def _shares(potential: Potential, positions: np.ndarray) -> np.ndarray:
    """Share of the walkers [walkers, dim] that are still there in each region, [regions]."""
    labels = potential.label(positions[~np.isnan(positions[:, 0])])
    return np.bincount(labels, minlength=len(potential.regions)) / max(1, labels.size)


def _positions(ensemble: Ensemble) -> np.ndarray:
    """[walkers, dim]; nan for a walker that has diverged."""
    dim = ensemble.positions.shape[1]
    found = ensemble.positions.transpose(0, 2, 1).reshape(-1, dim)[: ensemble.walkers].copy()
    found[ensemble.alive.ravel()[: ensemble.walkers] == 0] = np.nan
    return found
