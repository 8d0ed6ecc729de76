"""Stop an ensemble whose walkers grow without bound. A walker that goes far away and comes back has not diverged."""

import math

import numpy as np
from scipy.special import stdtrit

from langevin_sim.dynamics import SGDL
from langevin_sim.engine.ensemble import Ensemble
from langevin_sim.engine.observer import NEVER
from langevin_sim.errors import DivergenceError
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.stability import tails

LARGEST = 1e150  # a walker with a coordinate beyond this is lost; the square of this is still finite
_FAR = 100.0  # a walker beyond this many extents is far away
_TOLERATED = 0.01  # share of walkers that may be lost or far away before growth is tested
_FARTHER = math.log(10.0)  # least average growth of log distance of far walkers from one look to the next
_LEVEL = 1e-6  # significance level of that growth


def stop_if_lost(ensemble: Ensemble, potential: Potential, walkers: int) -> None:
    """Raise DivergenceError if more than 1 % of ``walkers`` are lost, that is, beyond ``LARGEST`` or not a number."""
    lost = ensemble.walkers - int(ensemble.alive.sum())
    if lost > _TOLERATED * walkers:
        raise _diverged(lost, walkers, ensemble, potential)


def staying(ensemble: Ensemble) -> np.ndarray:
    """bool [B, BLOCK]: the walkers that have not diverged.

    If some are already lost, walkers that are far away count as diverging; so do walkers with an infinite mean over time.
    """
    alive = ensemble.alive.astype(bool)
    finite = np.isfinite(ensemble.sums).all(axis=(1, 2))
    if int(alive.sum()) < ensemble.walkers:
        alive &= _distance(ensemble) <= _far(ensemble)
    return np.asarray(alive & finite)


class Growth:
    """The observer that stops a run whose far walkers go ever farther; it looks after 1, 2, 4, 8, .. steps.

    A chain that is linear far from all minima multiplies x by random factors there, so log|x| is a random walk, and its drift
    decides. The run stops if more than 1 % of all walkers are beyond 100 extents and are on average ten times farther out
    after twice as many steps. With heavy tails they come back, and a diffusion only doubles its mean square.
    """

    name, walkers = "growth", 0

    def __init__(self, ensemble: Ensemble, potential: Potential, total: int, walkers: int) -> None:
        self._ensemble, self._potential, self._total, self._all = ensemble, potential, total, walkers
        self._counted = ensemble.alive.astype(bool)
        self._before: np.ndarray | None = None

    def next_step(self, step: int) -> int:
        """The next power of two, or the last step."""
        if self._potential.domain.kind != "space":
            return NEVER
        return min(self._total, 1 << max(step, 0).bit_length())

    def look(self, positions: np.ndarray, step: int) -> None:
        """Raise DivergenceError if the ensemble grows."""
        now = np.log(np.maximum(_distance(self._ensemble), 1e-300))
        if self._before is not None:
            far = self._counted & (self._before > math.log(_far(self._ensemble)))
            count = int(far.sum())
            if count > _TOLERATED * self._all and _grows(now[far] - self._before[far]):
                raise _diverged(count, self._all, self._ensemble, self._potential)
        self._before = now

    def state(self) -> dict[str, np.ndarray]:
        """Nothing is kept: after an interruption, growth is detected again a few looks later."""
        return {}

    def place(self, first: int, state: dict[str, np.ndarray]) -> None:
        """Nothing needs to be restored."""


def _grows(farther: np.ndarray) -> bool:
    """Whether the logarithms of distances have grown by more than ``_FARTHER`` on average, and significantly."""
    count, mean = farther.size, float(farther.mean())
    if count < 2 or mean <= _FARTHER:
        return False
    error = float(farther.std(ddof=1)) / math.sqrt(count)
    return mean > error * -float(stdtrit(count - 1, _LEVEL))


def _distance(ensemble: Ensemble) -> np.ndarray:
    """The largest |x_j| of each walker, [B, BLOCK], at most ``LARGEST``, which also stands for nan."""
    x = ensemble.positions
    reach = np.maximum(x.max(axis=1), -x.min(axis=1))
    return np.asarray(np.where(reach <= LARGEST, reach, LARGEST))


def _far(ensemble: Ensemble) -> float:
    return _FAR * float(np.abs(ensemble.landscape.extent).max())


def _diverged(count: int, walkers: int, ensemble: Ensemble, potential: Potential) -> DivergenceError:
    dynamics = ensemble.dynamics
    found = tails(potential, dynamics)
    own = ""
    if isinstance(dynamics, SGDL) and found is not None and found.bound < potential.stability_bound * (1.0 - 1e-9):
        own = f" and, with batches of {dynamics.batch_size}, has a second moment below {found.bound:.3g}"
    return DivergenceError(
        f"{count} of {walkers} walkers diverged by step {ensemble.step}: step size {dynamics.step_size:g} is too large; "
        f"{potential.name} is stable below {potential.stability_bound:g}{own}, and a tenth of that is a good start"
    )
