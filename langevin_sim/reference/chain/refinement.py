"""The law on grids: a window that contains it, finer nodes until two grids agree, and an error from the remainder."""

import numpy as np

from langevin_sim.dynamics import Dynamics
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.chain.kernel import GridTooLarge, Kernel, Noise, Resolution, Solution
from langevin_sim.reference.chain.law import ChainLaw
from langevin_sim.reference.moments import Moments

_FINER = 1.25
_GRIDS = 3  # at most, beside the first
_GOAL = 1e-6  # difference of two grids that is small enough
_LARGE = 30_000  # nodes, beyond which one finer grid must suffice
_SAFETY, _FAST = 5.0, 1e-7  # convergence is fast where two grids differ by less
_LEAK = 1e-10  # times the relaxation steps: a window that is wide enough
_LEAST_LEAK = 1e-13  # size of rounding errors
_ESCAPES = 1e-5  # likewise: no law
_WIDER = 1.3
_WINDOWS = 8
_GATHERED = 1e-9  # of a mixture whose centres are gathered (gathering.py)
_ROUNDING = 1e-13  # of the eigenvector, for every relaxation step


def on_grids(potential: Potential, dynamics: Dynamics, kernel: Kernel, noise: Noise) -> ChainLaw:
    """Solve on a grid whose window holds the law, then on finer ones."""
    step, sigma = dynamics.step_size, noise.deviations(dynamics.name)
    resolution, coarse = open_window(potential, dynamics, kernel, sigma)
    scale = max(abs(coarse.energy), max(sigma) ** 2 / (2.0 * step))  # of energies
    for k in range(_GRIDS):
        resolution = resolution._replace(refinement=_FINER ** (k + 1))
        try:
            fine = kernel.solve(potential, step, sigma, resolution, coarse.modes)
        except GridTooLarge:
            if k == 0:  # the first grid is the finest possible one: the error comes from a coarser one
                fine = coarse
                rougher = kernel.solve(potential, step, sigma, resolution._replace(refinement=1.0 / _FINER), coarse.modes)
            break
        masses = np.abs(fine.masses - coarse.masses)
        difference = max(float(masses.max()), abs(fine.energy - coarse.energy) / scale)
        rougher = coarse
        coarse = fine
        if difference < _GOAL or fine.modes.densities[0].size > (_LARGE if potential.smooth else _LARGE // 2):
            break
    return _law(potential, dynamics, fine, rougher, scale)


def _law(potential: Potential, dynamics: Dynamics, fine: Solution, rougher: Solution, scale: float) -> ChainLaw:
    relaxation = max(fine.relaxation_steps, 1.0)
    everywhere = fine.leak * relaxation + fine.lost + _ROUNDING * relaxation + _GATHERED
    masses = _error(np.abs(fine.masses - rougher.masses), potential.smooth) + fine.mass_errors + everywhere
    names = [region.name for region in potential.regions]
    energy_error = float(_error(np.array(abs(fine.energy - rougher.energy) / scale), potential.smooth)) * scale
    method = "transition kernel"
    escapes = fine.leak * relaxation > _LEAK and fine.leak > _LEAST_LEAK
    if escapes:
        method += f", quasi-stationary: {fine.leak:.1e} of the walkers escape to infinity each step"
    moments = Moments(
        fine.means,
        _SAFETY * np.abs(fine.means - rougher.means) + everywhere * np.sqrt(fine.squares),
        fine.squares,
        _SAFETY * np.abs(fine.squares - rougher.squares) + everywhere * fine.squares,
    )
    return ChainLaw(
        potential,
        dynamics,
        dict(zip(names, fine.masses.tolist(), strict=True)),
        dict(zip(names, masses.tolist(), strict=True)),
        fine.energy,
        energy_error + everywhere * scale,
        fine.relaxation_steps,
        method,
        moments,
        fine.marginals,
        rougher.marginals,
        everywhere + 1e-12,
        fine.leak if escapes else 0.0,
    )


def _error(differences: np.ndarray, smooth: bool) -> np.ndarray:
    """From differences of two grids; five times as much where they may fall slowly."""
    fast = (differences < _FAST) if smooth else np.zeros(differences.shape, bool)
    return np.where(fast, 2.0, _SAFETY) * differences


def open_window(
    potential: Potential, dynamics: Dynamics, kernel: Kernel, sigma: tuple[float, float]
) -> tuple[Resolution, Solution]:
    """The law on the first grid, in a window so wide that leaving it is negligible.

    For a law that falls off, a wider window leaks less. Otherwise the chain escapes to infinity: beyond some distance a
    step of x - eta grad U overshoots, which happens whenever U grows faster than quadratically.
    """
    resolution = Resolution()
    found = kernel.solve(potential, dynamics.step_size, sigma, resolution, None)
    for _ in range(_WINDOWS):
        count = max(found.relaxation_steps, 1.0)
        if found.leak * count <= _LEAK or found.leak < _LEAST_LEAK:
            return resolution, found
        wider = resolution._replace(depth=_WIDER * resolution.depth)
        try:
            other = kernel.solve(potential, dynamics.step_size, sigma, wider, found.modes)
        except ReferenceUnavailable:  # too large, or LM's step folds over so far out
            if found.leak * count > _ESCAPES:
                raise
            return resolution, found
        still = other.leak > 0.5 * found.leak
        resolution, found = wider, other
        if still:
            break
    count = max(found.relaxation_steps, 1.0)
    if found.leak * count > _ESCAPES:
        raise ReferenceUnavailable(
            f"the chain escapes to infinity at step size {dynamics.step_size:g}: {found.leak:.1e} of the walkers leave in each "
            f"step, and it relaxes in {count:,.0f}; there is no stationary law; use a smaller step"
        )
    return resolution, found
