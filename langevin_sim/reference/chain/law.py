"""The stationary law of the chain with a finite step, beside Boltzmann's."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits

from langevin_sim.dynamics import GDL, LM, SGDL, Dynamics, with_step_size
from langevin_sim.errors import ReferenceUnavailable, UnknownNameError
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.boltzmann import boltzmann
from langevin_sim.reference.chain import gaussian, leimkuhler_matthews
from langevin_sim.reference.chain.kurtosis import excess_kurtosis
from langevin_sim.reference.chain.mixture import Mixture
from langevin_sim.reference.chain.stationary import Stationary
from langevin_sim.reference.temperature import effective_temperature

_FINER = 1.25
_DEVIATION, _LM_DEVIATION = 1.2, 1.25  # a law narrower than so many steps needs closer nodes
_NARROW = 0.025
_GAUSSIAN = 0.1  # excess kurtosis up to which a batch mean is taken as Gaussian
_FAST, _SAFETY = 1e-5, 5.0
_FARTHER = 1.5  # ratio of the two steps that a law at a smaller step is extrapolated from


@dataclass(frozen=True)
class ChainLaw:
    """What a finite-step chain samples: masses of the regions, mean energy, x_1 marginal, relaxation time.

    Errors are differences from a grid coarser by a factor 1.25, an upper bound where convergence is fast;
    elsewhere (a gradient with jumps) five times as much.
    relaxation_steps = -1 / log |second eigenvalue|. method says how the law was found.
    """

    potential: Potential
    dynamics: Dynamics
    masses: dict[str, float]
    errors: dict[str, float]
    mean_energy: float
    mean_energy_error: float
    relaxation_steps: float
    method: str
    _bin_masses: Callable[[np.ndarray], np.ndarray]

    def mass(self, region: str) -> float:
        """Probability of a region."""
        if region not in self.masses:
            raise UnknownNameError("region", region, list(self.masses))
        return self.masses[region]

    def bin_masses(self, edges: np.ndarray) -> np.ndarray:
        """P(edges[k] < x_1 <= edges[k+1]) for every k; what lies outside is 1 - their sum."""
        return self._bin_masses(np.asarray(edges, float))


def step_deviation(potential: Potential, dynamics: Dynamics) -> tuple[float, float]:
    """Standard deviation of one step's noise along the first and the other axes.

    sigma^2 = 2 eta T + eta^2 C/b (n-b)/(n-1), C the covariance of the tilts. Their noise is taken as
    Gaussian: odd moments vanish by construction, and the excess kurtosis of a batch mean is O(1/b).
    Raises ReferenceUnavailable where the noise depends on x, not on the axes alone, or is far from Gaussian.
    """
    added = dynamics.noise**2
    if not isinstance(dynamics, SGDL):
        return dynamics.noise, dynamics.noise
    if potential.terms is None or potential.terms.covariance is None:
        raise ReferenceUnavailable(f"the gradient noise of {potential.name} depends on x: only tilts have a chain law here")
    kurtosis = excess_kurtosis(potential.terms.data, dynamics.batch_size, dynamics.replacement)
    if kurtosis > _GAUSSIAN:
        few = f"batches of {dynamics.batch_size} of {potential.terms.n_terms} tilts"
        raise ReferenceUnavailable(f"{few} are not Gaussian (excess kurtosis {kurtosis:.2f}): take more")
    covariance = dynamics.step_size**2 * potential.terms.covariance * dynamics.variance_factor(potential.terms.n_terms)
    diagonal = np.diag(covariance)
    if not np.allclose(covariance, np.diag(diagonal), atol=1e-12 * diagonal.max()):
        raise ReferenceUnavailable("the gradient noise is correlated between coordinates")
    if not np.allclose(diagonal[1:], diagonal[-1]):
        raise ReferenceUnavailable("the gradient noise differs between the coordinates x_2..x_d")
    if added + diagonal.min() <= 0.0:
        raise ReferenceUnavailable(f"{dynamics.name} without noise in some direction has no density there")
    return math.sqrt(added + diagonal[0]), math.sqrt(added + diagonal[-1])


def chain_law(potential: Potential, dynamics: Dynamics) -> ChainLaw:
    """The stationary law of GDL, LM, or SGD and SGDL with tilts, at the step that is used.

    Nystroem's method: p(x') = integral p(x) K(x, x') dx on nodes, K the density of one step, for
    d = 1, d = 2 (on R^d, a torus, a box), and in any d where U depends on (x_1, rho) only: that pair
    is a Markov chain by itself. Raises ReferenceUnavailable, with the reason, for anything else.
    """
    if dynamics.metropolis:
        raise ReferenceUnavailable(f"{dynamics.name} samples Boltzmann's law at any step")
    if not dynamics.stationary:
        raise ReferenceUnavailable(f"{dynamics.name} without noise, or with a schedule, has no stationary law")
    # one BLAS thread: the same bits on any machine, and no threads that wait for each other where cores are shared
    with threadpool_limits(1, user_api="blas"):
        law = _law(potential, dynamics)
        return _with_kurtosis(law, dynamics) if isinstance(dynamics, SGDL) else law


def _with_kurtosis(law: ChainLaw, dynamics: SGDL) -> ChainLaw:
    """Errors larger by 2 |excess kurtosis of a step's noise| |law - Boltzmann|: both are of first order in the step."""
    potential = law.potential
    assert potential.terms is not None, "step_deviation() has seen to it"
    share = 1.0 - dynamics.noise**2 / step_deviation(potential, dynamics)[0] ** 2  # of the batches in the noise
    kurtosis = share**2 * excess_kurtosis(potential.terms.data, dynamics.batch_size, dynamics.replacement)
    try:
        base = boltzmann(potential, effective_temperature(potential, dynamics))
    except ReferenceUnavailable:
        return law
    errors = {name: law.errors[name] + 2.0 * kurtosis * abs(law.masses[name] - base.masses[name]) for name in law.masses}
    energy_error = law.mean_energy_error + 2.0 * kurtosis * abs(law.mean_energy - base.mean_energy)
    return replace(law, errors=errors, mean_energy_error=energy_error)


def _law(potential: Potential, dynamics: Dynamics) -> ChainLaw:
    try:
        return _on_grids(potential, dynamics)
    except gaussian.GridTooLarge:
        if not potential.smooth or potential.domain.kind != "space":
            raise  # walls, and a gradient with jumps: the law is not Boltzmann's plus a term in proportion to the step
        return _extrapolated(potential, dynamics)


def _on_grids(potential: Potential, dynamics: Dynamics) -> ChainLaw:
    """The law from a grid, its errors from a coarser one."""
    fine, found = _solve(potential, dynamics, _FINER)
    coarse, _ = _solve(potential, dynamics, 1.0)
    masses, energy = fine.masses(40), fine.energy()
    lost = abs(1.0 - found.first)
    names = [region.name for region in potential.regions]
    errors = _error(np.abs(masses - coarse.masses(30))) + lost
    return ChainLaw(
        potential,
        dynamics,
        dict(zip(names, masses.tolist(), strict=True)),
        dict(zip(names, errors.tolist(), strict=True)),
        energy,
        float(_error(np.array(abs(energy - coarse.energy())))) + lost * abs(energy),
        found.relaxation_steps,
        "transition kernel",
        fine.bin_masses,
    )


def _error(differences: np.ndarray) -> np.ndarray:
    """From differences of two grids; where not small, convergence is slow (a gradient with jumps), so five times as much."""
    return np.where(differences > _FAST, _SAFETY * differences, differences)


def _extrapolated(potential: Potential, dynamics: Dynamics) -> ChainLaw:
    """For a step too small for a grid: the parabola in eta (LM: in eta^2) through Boltzmann's law and two larger steps.

    The error is twice the parabola's distance from the straight line through Boltzmann and the smaller step.
    """
    temperature = effective_temperature(potential, dynamics)
    base = boltzmann(potential, temperature)
    if isinstance(dynamics, SGDL):  # the law depends on step and temperature alone
        dynamics_like: Dynamics = GDL(dynamics.step_size, temperature)
    else:
        dynamics_like = dynamics
    for doublings in range(1, 12):
        larger = dynamics.step_size * 2.0**doublings
        try:
            near = _on_grids(potential, with_step_size(dynamics_like, larger))
            far = _on_grids(potential, with_step_size(dynamics_like, _FARTHER * larger))
            break
        except gaussian.GridTooLarge:
            continue
        except ReferenceUnavailable as error:
            raise ReferenceUnavailable(f"the step is too small for a grid, and as to larger ones: {error}") from error
    else:
        raise ReferenceUnavailable("no step for which a grid is small enough")
    order = 2 if isinstance(dynamics, LM) else 1
    ratio = (dynamics.step_size / larger) ** order
    other = _FARTHER**order
    to_near, to_far = ratio * (other - ratio) / (other - 1.0), ratio * (ratio - 1.0) / (other * (other - 1.0))

    def parabola(zero: float, one: float, two: float) -> tuple[float, float]:
        value = zero + to_near * (one - zero) + to_far * (two - zero)
        return value, 2.0 * abs(value - (zero + ratio * (one - zero)))

    def inherited(zero: float, one: float, two: float) -> float:
        return abs(1.0 - to_near - to_far) * zero + abs(to_near) * one + abs(to_far) * two

    masses, errors = {}, {}
    for name in base.masses:
        masses[name], curve = parabola(base.masses[name], near.masses[name], far.masses[name])
        errors[name] = curve + inherited(base.errors[name], near.errors[name], far.errors[name])
    energy, curve = parabola(base.mean_energy, near.mean_energy, far.mean_energy)

    def bin_masses(edges: np.ndarray) -> np.ndarray:
        zero = base.bin_masses(edges)
        return np.asarray(zero + to_near * (near.bin_masses(edges) - zero) + to_far * (far.bin_masses(edges) - zero))

    return ChainLaw(
        potential,
        dynamics,
        masses,
        errors,
        energy,
        curve + inherited(base.mean_energy_error, near.mean_energy_error, far.mean_energy_error),
        near.relaxation_steps * larger / dynamics.step_size,
        f"extrapolated from steps {larger:g} and {_FARTHER * larger:g}",
        bin_masses,
    )


def _solve(potential: Potential, dynamics: Dynamics, refinement: float) -> tuple[Mixture, Stationary]:
    step = dynamics.step_size
    sigma = step_deviation(potential, dynamics)
    temperature = max(sigma) ** 2 / (2.0 * step)  # along the noisier axis
    # of the law near a minimum, in steps, where it is narrowest; LM: of y, whose variance is x's less s^2/4
    share = max(step / potential.stability_bound, 1e-12)  # a force without curvature has no bound
    if isinstance(dynamics, LM):
        variance, wanted = (1.0 / share - 1.0) / 4.0, _LM_DEVIATION
    else:
        variance, wanted = 1.0 / (4.0 * share * max(1.0 - share, 0.25)), _DEVIATION
        if potential.domain.kind == "space":  # near a minimum a finite step widens the law by 1/(1 - eta k/2)
            temperature /= max(1.0 - share, 1e-3)
    refinement *= max(1.0, wanted / math.sqrt(max(variance, _NARROW)))
    if not isinstance(dynamics, LM):
        return gaussian.mixture(potential, step, sigma, gaussian.make_grid(potential, temperature, step, sigma, refinement))
    grid = gaussian.make_grid(potential, temperature, step, sigma, refinement, radial_refinement=1.6)
    return leimkuhler_matthews.mixture(potential, step, sigma, grid)
