"""A film of a run's first walkers, and the landscape on which they move."""

import numpy as np

from langevin_sim.dynamics import Dynamics
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.observer import NEVER
from langevin_sim.potentials.grid import energy_grid
from langevin_sim.potentials.potential import Potential

BLOCKS = 1  # 256 walkers
FRAMES = 240  # at most, in addition to the starts
GRID = 81  # points of the grid of U along each coordinate
# walkers should move smoothly between frames: the time between two frames is at most this many times 1 / (largest
# curvature), and diffusion alone moves a walker by at most this share of the picture's width
_CURVATURE_TIMES = 0.25
_SHARE = 0.04
_UNSEEN, _GONE = -2, -1  # labels for a frame that has not been taken, and for a walker that has diverged


class Film:
    """Films the first BLOCKS blocks of a run of ``total`` steps, from their starts.

    first: the number of the ensemble's first block, if it is a part of a larger one; walkers, dim: of the ensemble.
    """

    name = "film"

    def __init__(
        self, potential: Potential, dynamics: Dynamics, walkers: int, total: int, extent_temperature: float, first: int = 0
    ) -> None:
        self.walkers = max(0, min(walkers, (BLOCKS - first) * BLOCK))
        self._potential = potential
        temperature = max(dynamics.temperature, extent_temperature)
        self._extent = potential.extent(temperature)[: min(potential.dim, 2)]
        diffusion = (_SHARE * float(np.diff(self._extent).min())) ** 2 / (2.0 * temperature) if temperature > 0 else np.inf
        descent = _CURVATURE_TIMES * 0.5 * potential.stability_bound  # stability bound: 2 / largest curvature
        spacing = _clipped(min(diffusion, descent) / dynamics.step_size, most=max(1, total // FRAMES))
        self.steps = spacing * np.arange(min(FRAMES, total // spacing) + 1)
        self._frames = np.zeros((len(self.steps), len(self._extent), self.walkers), np.float32)
        self._labels = np.full((len(self.steps), self.walkers), _UNSEEN, np.int16)

    def next_step(self, step: int) -> int:
        """The step of the next frame."""
        k = int(np.searchsorted(self.steps, step, side="right"))
        return int(self.steps[k]) if self.walkers and k < len(self.steps) else NEVER

    def look(self, positions: np.ndarray, step: int) -> None:
        """Take one frame."""
        k = int(np.searchsorted(self.steps, step))
        there = ~np.isnan(positions[:, 0])
        with np.errstate(over="ignore"):  # from a walker that is diverging but has not been marked yet
            self._frames[k] = positions[:, : len(self._extent)].T
        self._labels[k] = _GONE
        self._labels[k, there] = self._potential.label(positions[there])

    def state(self) -> dict[str, np.ndarray]:
        """The frames that have been taken."""
        taken = (self._labels != _UNSEEN).all(axis=1)
        return {"steps": self.steps[taken], "frames": self._frames[taken], "labels": self._labels[taken]}

    def place(self, first: int, state: dict[str, np.ndarray]) -> None:
        """Take over the frames of blocks ``first``.. at the same steps, if there are any."""
        if not state or first * BLOCK >= self.walkers:
            return
        _, here, there = np.intersect1d(self.steps, state["steps"], return_indices=True)
        columns = slice(first * BLOCK, first * BLOCK + state["labels"].shape[1])
        self._frames[here, :, columns] = state["frames"][there]
        self._labels[here, columns] = state["labels"][there]

    @property
    def complete(self) -> bool:
        """Whether every frame has been taken."""
        return not (self._labels == _UNSEEN).any()

    def arrays(self, start: np.ndarray) -> dict[str, np.ndarray]:
        """The film of walkers that began in the regions ``start`` [walkers], and their landscape.

        film [frames, 1 or 2, walkers]: x_1 (and x_2), float32, nan for a walker that has diverged; film_steps [frames]: numbers
        of steps; film_share [frames, regions]: share of these walkers in each region; film_start [walkers]:
        the region where each began; landscape [GRID] or [GRID, GRID]: U at x_1 (and x_2), see energy_grid;
        landscape_extent [1 or 2, 2].
        """
        regions = len(self._potential.regions)
        counts = np.stack([(self._labels == k).sum(axis=1) for k in range(regions)], axis=1)
        _, energy = energy_grid(self._potential, self._extent, GRID)
        return {
            "film": self._frames,
            "film_steps": self.steps,
            "film_share": counts / np.maximum(1, counts.sum(axis=1, keepdims=True)),
            "film_start": start[: self.walkers].astype(np.uint8),
            "landscape": np.minimum(energy, np.finfo(np.float32).max).astype(np.float32),
            "landscape_extent": self._extent,
        }


def _clipped(steps: float, most: int) -> int:
    """A number of steps from 1 to ``most``."""
    return max(1, round(min(steps, most)))
