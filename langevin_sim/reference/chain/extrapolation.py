"""If the step is too small for a grid: interpolate between Boltzmann's law and those of two larger steps."""

from dataclasses import replace

import numpy as np

from langevin_sim.dynamics import Dynamics
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.boltzmann import Boltzmann, boltzmann
from langevin_sim.reference.chain.kernel import GridTooLarge, Kernel, Noise
from langevin_sim.reference.chain.law import ChainLaw
from langevin_sim.reference.chain.marginal import Boltzmannian, Combined
from langevin_sim.reference.chain.refinement import on_grids
from langevin_sim.reference.moments import Moments

_FARTHER = 1.5  # ratio of the two steps
_DOUBLINGS = 14
_GOAL, _HOPELESS = 5e-5, 1e-4  # errors of the masses: small enough, and so large that the law is not even tried


def extrapolated(potential: Potential, dynamics: Dynamics, kernel: Kernel, noise: Noise) -> ChainLaw:
    """The parabola in eta^p through Boltzmann's law and two larger steps, p the dynamics' weak order.

    The larger steps have the noise of the same temperature. The error is twice the parabola's distance from the straight
    line through Boltzmann and the smaller step, plus the errors of the three laws. Pairs of larger steps are tried until it is
    small, or grows.
    """
    step, order = dynamics.step_size, dynamics.weak_order
    if order is None:
        raise ReferenceUnavailable(f"{dynamics.name} has no weak order for an extrapolation")
    first, other = noise.deviations(dynamics.name)
    if first != other:
        raise ReferenceUnavailable("the step is too small for a grid, and the gradient noise is not isotropic")
    base = boltzmann(potential, first**2 / (2.0 * step))

    def law_at(larger: float) -> ChainLaw:
        return on_grids(potential, replace(dynamics, step_size=larger), kernel, Noise(first**2 * larger / step))

    best: ChainLaw | None = None
    for doublings in range(1, _DOUBLINGS):
        larger = step * 2.0**doublings
        try:
            near = law_at(larger)
            if (step / larger) ** order * _claim(near) > _HOPELESS and doublings < _DOUBLINGS - 1:
                continue  # its grid is too coarse
            far = law_at(_FARTHER * larger)
        except GridTooLarge:
            continue
        except ReferenceUnavailable as error:
            if best is not None:
                break
            raise ReferenceUnavailable(f"the step is too small for a grid, and as to larger ones: {error}") from error
        found = _through(base, near, far, dynamics, order)
        # the grid of the smallest step that has one is the coarsest; a larger step has a better one, and more of a way to go
        if best is not None and _claim(found) >= _claim(best):
            break
        best = found
        if _claim(best) < _GOAL:
            break
    if best is None:
        raise ReferenceUnavailable("no step has a small enough grid")
    return best


def _claim(law: ChainLaw) -> float:
    return max(law.errors.values())


def _through(base: Boltzmann, near: ChainLaw, far: ChainLaw, dynamics: Dynamics, order: int) -> ChainLaw:
    """The parabola through Boltzmann's law and those of the two larger steps, at the step of ``dynamics``."""
    step, larger = dynamics.step_size, near.dynamics.step_size
    ratio, farther = (step / larger) ** order, _FARTHER**order
    to_near = ratio * (farther - ratio) / (farther - 1.0)
    to_far = ratio * (ratio - 1.0) / (farther * (farther - 1.0))
    weights = (1.0 - to_near - to_far, to_near, to_far)

    def parabola(zero: float, one: float, two: float) -> tuple[float, float]:
        value = weights[0] * zero + to_near * one + to_far * two
        return value, 2.0 * abs(value - (zero + ratio * (one - zero)))

    def inherited(*errors: float) -> float:
        return sum(abs(weight) * error for weight, error in zip(weights, errors, strict=True))

    masses, errors = {}, {}
    for name in base.masses:
        masses[name], curve = parabola(base.masses[name], near.masses[name], far.masses[name])
        errors[name] = curve + inherited(base.errors[name], near.errors[name], far.errors[name])
    energy, curve = parabola(base.mean_energy, near.mean_energy, far.mean_energy)
    return ChainLaw(
        base.potential,
        dynamics,
        masses,
        errors,
        energy,
        curve + inherited(base.mean_energy_error, near.mean_energy_error, far.mean_energy_error),
        near.relaxation_steps * larger / step,
        f"extrapolated from steps {larger:g} and {_FARTHER * larger:g}",
        _moments(near, far, step / larger),
        (Combined(weights, (Boltzmannian(base), near._marginals[0], far._marginals[0])), *near._marginals[1:]),
        (Combined((1.0 - ratio, ratio), (Boltzmannian(base), near._marginals[0])), *far._marginals[1:]),
        max(errors.values()),
    )


def _moments(near: ChainLaw, far: ChainLaw, ratio: float) -> Moments:
    """On the straight line through the two larger steps; the error is the whole way from the nearer one."""
    one, two = near.moments, far.moments
    back = (1.0 - ratio) / (_FARTHER - 1.0)
    mean, second = one.mean - back * (two.mean - one.mean), one.second - back * (two.second - one.second)
    return Moments(mean, np.abs(mean - one.mean) + one.mean_error, second, np.abs(second - one.second) + one.second_error)
