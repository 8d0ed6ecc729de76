"""Whether an energy is more than rounding noise in its wells."""

import numpy as np

from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential

_MOST = 2e7  # numbers: of so many minima, the lowest, is a well tested
_HALVINGS = 60
_POINTS = 4097  # points of a well; between two of them a smooth energy differs from its trapezoid by about 1e-10 T
_WORST = 1e-4  # in temperatures


def check_rounding(potential: Potential, temperature: float) -> None:
    """ReferenceUnavailable if a smooth U does not follow its gradient in one of its wells, because it is rounded.

    U is evaluated along x_1 about every minimum, twice as far as it rises by T. Between neighbouring points it should change by
    the trapezoid rule's integral of the gradient; the median of the differences is compared with 1e-4 T.
    """
    if not potential.smooth:
        return
    minima = potential.minima[: max(1, int(_MOST / (_POINTS * potential.dim)))]
    axis = np.eye(potential.dim)[0]
    width = np.maximum(1.0, np.abs(minima).max(axis=1))[:, None] * 0.5 ** np.arange(_HALVINGS)
    with np.errstate(all="ignore"):
        rise = potential.energy(minima[:, None] + width[..., None] * axis) - potential.energy(minima)[:, None]
        far = ~(rise <= temperature)
        narrow = np.minimum(np.where(far.any(axis=1), _HALVINGS - far[:, ::-1].argmax(axis=1), 0), _HALVINGS - 1)
        away = 2.0 * width[np.arange(len(minima)), narrow][:, None] * np.linspace(-1.0, 1.0, _POINTS)
        x = minima[:, None] + away[..., None] * axis
        slope = potential.gradient(x)[..., 0]
        missed = np.diff(potential.energy(x), axis=1) - 0.5 * np.diff(x[..., 0], axis=1) * (slope[:, 1:] + slope[:, :-1])
    noise = float(np.nan_to_num(np.median(np.abs(missed), axis=1), nan=0.0, posinf=0.0).max()) / temperature
    apart = float((np.spacing(np.abs(minima).max(axis=1)) / away[:, -1]).max())  # numbers, relative to the width of a well
    if max(noise, apart) > _WORST:
        raise ReferenceUnavailable(
            f"the energy of {potential.name} is only rounding noise in its wells: from point to point it is wrong by "
            f"{max(noise, apart):.1g} T at T = {temperature:g}; move the wells nearer to the origin"
        )
