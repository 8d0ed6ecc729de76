"""How far apart the numbers are that an energy takes in its wells."""

import numpy as np

from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential

_MOST = 64  # minima that are looked at
_HALVINGS = 60
_POINTS = 257  # of a well: two energies of a smooth well are about T / POINTS^2 apart
_WORST = 1e-3  # in temperatures


def check_rounding(potential: Potential, temperature: float) -> None:
    """ReferenceUnavailable if a smooth U moves in steps above 1e-3 T in one of its wells, because it is rounded.

    U is evaluated along x_1 about every minimum, twice as far as it rises by T; a step is the least difference of two values.
    """
    if not potential.smooth:
        return
    minima = potential.minima[:_MOST]
    axis = np.eye(potential.dim)[0]
    width = np.maximum(1.0, np.abs(minima).max(axis=1))[:, None] * 0.5 ** np.arange(_HALVINGS)
    with np.errstate(all="ignore"):
        rise = potential.energy(minima[:, None] + width[..., None] * axis) - potential.energy(minima)[:, None]
        narrow = rise <= temperature
        scale = 2.0 * width[np.arange(len(minima)), narrow.argmax(axis=1)]
        away = scale[:, None] * np.random.default_rng(0).uniform(-1.0, 1.0, _POINTS)
        apart = np.diff(np.sort(potential.energy(minima[:, None] + away[..., None] * axis), axis=1), axis=1)
    steps = np.where(apart > 0.0, apart, np.inf).min(axis=1)
    step = float(steps.max(initial=0.0, where=np.isfinite(steps) & narrow.any(axis=1))) / temperature
    if step > _WORST:
        raise ReferenceUnavailable(
            f"the energy of {potential.name} is only rounding noise in its wells: it moves there in steps of "
            f"{step:.1g} T at T = {temperature:g}; move the wells nearer to the origin"
        )
