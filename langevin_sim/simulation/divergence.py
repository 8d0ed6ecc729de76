"""When an ensemble is given up: its walkers grow without bound. One that is far away and comes back has not diverged."""

import math

import numpy as np
from scipy.special import stdtrit

from langevin_sim.dynamics import SGDL
from langevin_sim.engine.ensemble import Ensemble
from langevin_sim.engine.observer import NEVER
from langevin_sim.errors import DivergenceError
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.stability import tails

LARGEST = 1e150  # a coordinate beyond this is lost: its square can still be represented
_FAR = 100.0  # extents: a walker beyond them is looked at
_TOLERATED = 0.01  # share of walkers that may be lost, or be far away, before their growth is looked at
_FARTHER = math.log(10.0)  # how much farther the far ones have to go on average from one look to the next
_LEVEL = 1e-6  # at which that average has to be above 0


def stop_if_lost(ensemble: Ensemble, potential: Potential, walkers: int) -> None:
    """DivergenceError if more than 1 % of so many walkers are lost: beyond ``LARGEST``, or no numbers."""
    lost = ensemble.walkers - int(ensemble.alive.sum())
    if lost > _TOLERATED * walkers:
        raise _diverged(lost, walkers, ensemble, potential)


def staying(ensemble: Ensemble) -> np.ndarray:
    """bool [B, BLOCK]: the walkers that have not diverged.

    Where some are lost already, those that are far away are on their way; and no mean over time may be infinite.
    """
    alive = ensemble.alive.astype(bool)
    finite = np.isfinite(ensemble.sums).all(axis=(1, 2))
    if int(alive.sum()) < ensemble.walkers:
        alive &= _distance(ensemble) <= _far(ensemble)
    return np.asarray(alive & finite)


class Growth:
    """The observer that gives up a run whose far walkers go farther and farther: it looks after 1, 2, 4, 8, .. steps.

    Far from all minima a chain that is linear there multiplies x by random factors: log|x| is a random walk, whose drift
    tells. Walkers beyond 100 extents, if they are more than 1 % of all, must have gone ten times farther on average when
    twice as many steps have been made. Under heavy tails they come back, and a diffusion only doubles its square.
    """

    name, walkers = "growth", 0

    def __init__(self, ensemble: Ensemble, potential: Potential, total: int, walkers: int) -> None:
        self._ensemble, self._potential, self._total, self._all = ensemble, potential, total, walkers
        self._counted = ensemble.alive.astype(bool)
        self._before: np.ndarray | None = None

    def next_step(self, step: int) -> int:
        """The powers of two, and the last step."""
        if self._potential.domain.kind != "space":
            return NEVER
        return min(self._total, 1 << max(step, 0).bit_length())

    def look(self, positions: np.ndarray, step: int) -> None:
        """DivergenceError where the ensemble grows."""
        now = np.log(np.maximum(_distance(self._ensemble), 1e-300))
        if self._before is not None:
            far = self._counted & (self._before > math.log(_far(self._ensemble)))
            count = int(far.sum())
            if count > _TOLERATED * self._all and _grows(now[far] - self._before[far]):
                raise _diverged(count, self._all, self._ensemble, self._potential)
        self._before = now

    def state(self) -> dict[str, np.ndarray]:
        """Nothing: after an interruption growth is seen again a few looks later."""
        return {}

    def place(self, first: int, state: dict[str, np.ndarray]) -> None:
        """Nothing."""


def _grows(farther: np.ndarray) -> bool:
    """Whether logarithms of distances have grown, on average, by more than ``_FARTHER``, and not by chance."""
    count, mean = farther.size, float(farther.mean())
    if count < 2 or mean <= _FARTHER:
        return False
    error = float(farther.std(ddof=1)) / math.sqrt(count)
    return mean > error * -float(stdtrit(count - 1, _LEVEL))


def _distance(ensemble: Ensemble) -> np.ndarray:
    """The largest |x_j| of each walker, [B, BLOCK], at most ``LARGEST``, which stands for what is no number too."""
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
        own = f" and, in batches of {dynamics.batch_size}, has a second moment below {found.bound:.3g}"
    return DivergenceError(
        f"{count} of {walkers} walkers diverged by step {ensemble.step}: step size {dynamics.step_size:g} is too large; "
        f"{potential.name} is stable below {potential.stability_bound:g}{own}, and a tenth of that is a good start"
    )
