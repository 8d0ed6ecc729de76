"""Tests that need no law: stationarity identities and the noise of one step, from the engine's sums (engine/balance.py).

With r = x' - x + eta g, g = grad U, and sigma the standard deviation of the noise in one step, for each coordinate j and its
neighbour k:

    kernel "gaussian", "minibatch":  E r_j = 0,  E r_j g_j = 0,  E[r_j g_k - r_k g_j] = 0             (in R^d and on a torus)
      with a known covariance S:     E r_j^2 = S_jj,  E r_j r_k = S_jk;  Gaussian noise alone: E r_j^4 = 3 sigma^4
      stationary on R^d:             E g_j = 0,  2 E x_j g_j = eta E g_j^2 + E r_j^2 / eta,  and the same for x_j g_k + x_k g_j
    kernel "leimkuhler-matthews":    E r_j = 0,  E r_j^2 = sigma^2 / 2,  E r_j r_k = 0,  E r_j^4 = 3 sigma^4 / 4;  E g_j = 0
    exact (Boltzmann at any step):   E g_j = 0,  E x_j g_j = T,  E[x_j g_k + x_k g_j] = 0              (R^d, smooth U)
                                     E g_j = 0                                                         (on a torus)

In a box with walls, the noise is tested where it cannot reach them. What is stationary on a torus, and between mirrors, is in
waves.py.

They hold at any step size and in any dimension. They detect what masses and the mean energy miss: a small constant force; noise
that is correlated between coordinates, not Gaussian, or of the wrong size; and walkers that stand still.
"""

import math
from typing import Literal, NamedTuple

import numpy as np

from langevin_sim.dynamics import Dynamics
from langevin_sim.engine.balance import QUANTITIES, groups, members
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.least_squares import constant_noise

_IMPOSSIBLE = 1e-12  # if the probability that a walker never moves is below this, it is not chance
_WITHIN = 5.0  # half a torus must hold this many deviations of the noise, so that the nearest image is the right one
_ROUNDING = 1e-9  # noise smaller than the coordinates by this factor is lost in their rounding

Kind = Literal["step", "stationarity"]


class Statistic(NamedTuple):
    """One number per walker, values [walkers], whose mean should be ``exact``.

    law: "step" if this must hold whether or not the ensemble is stationary, otherwise "stationarity".
    """

    quantity: str
    law: Kind
    values: np.ndarray
    exact: float


class Balance(NamedTuple):
    """means [walkers, groups, quantities]: each walker's mean over the observed steps; still [walkers]: in how many of
    these steps it did not move; steps: their number."""

    means: np.ndarray
    still: np.ndarray
    steps: int

    def of(self, name: str) -> np.ndarray:
        """The means of one quantity, [walkers, groups]."""
        return self.means[:, :, QUANTITIES.index(name)]


def balance(sums: np.ndarray, steps: int, dim: int) -> Balance | None:
    """From the engine's sums [walkers, rows]; None if no step was observed, or if a sum is not finite."""
    if steps == 0 or not np.isfinite(sums).all():
        return None
    shape = (len(sums), groups(dim), len(QUANTITIES))
    return Balance(sums[:, :-1].reshape(shape) / steps, sums[:, -1], steps)


def named(group: np.ndarray, neighbours: bool = False) -> str:
    """'x_2', 'x_2 and the next coordinate', 'x_14 to x_26'."""
    first, last = group[0] + 1, group[-1] + 1
    if len(group) > 1:
        return f"x_{first} to x_{last}"
    return f"x_{first} and the next coordinate" if neighbours else f"x_{first}"


class _Statistics:
    """Collects statistics for the groups of coordinates."""

    def __init__(self, found: Balance, dim: int) -> None:
        self.made: list[Statistic] = []
        self.of, self._parts = found.of, members(dim)
        every = range(groups(dim))
        self._pairs = range(0 if dim == 1 else 1) if dim <= 2 else every  # two coordinates have one pair
        self._every = every

    def add(self, law: Kind, words: str, values: np.ndarray, exact: np.ndarray | float = 0.0, pairs: bool = False) -> None:
        """Add one statistic for every group."""
        target = np.broadcast_to(exact, values.shape[1:])
        for q in self._pairs if pairs else self._every:
            name = words.format(named(self._parts[q], pairs))
            self.made.append(Statistic(name, law, values[:, q], float(target[q])))


def statistics(found: Balance, potential: Potential, dynamics: Dynamics, second_moments: bool = True) -> list[Statistic]:
    """The identities that must hold for these dynamics on this potential; empty if none is known.

    second_moments: whether x is known to have second moments, if the noise depends on x.
    """
    if not dynamics.homogeneous:
        return []
    collected, kind = _Statistics(found, potential.dim), potential.domain.kind
    seen = dynamics.kernel == "gaussian" if kind in ("box", "reflecting") else dynamics.kernel is not None
    if seen and (second_moments or kind != "space") and _resolved(collected, potential, dynamics):
        _of_one_step(collected, potential, dynamics)
    if kind == "space" and second_moments:
        _stationary(collected, potential, dynamics)
    if kind == "torus" and dynamics.exact and potential.smooth:
        collected.add("stationarity", "mean force on {}", collected.of("g"))
    return collected.made


def _resolved(collected: _Statistics, potential: Potential, dynamics: Dynamics) -> bool:
    """Whether r shows the noise of the step: it is not wrapped around a torus, cut off by walls, or lost in rounding."""
    declared = float(dynamics.noises(0, 1)[0])
    deviation = math.sqrt(float(collected.of("rr").mean(axis=0).max())) if dynamics.stochastic_gradient else declared
    if potential.domain.kind == "torus" and _WITHIN * deviation > potential.domain.width / 2:
        return False
    return bool(collected.of("free").any()) and deviation > _ROUNDING * float(np.abs(collected.of("x")).max())


def _of_one_step(collected: _Statistics, potential: Potential, dynamics: Dynamics) -> None:
    of, add = collected.of, collected.add
    dim, sigma = potential.dim, float(dynamics.noises(0, 1)[0])
    direct = dynamics.kernel in ("gaussian", "minibatch")
    if not direct and dynamics.kernel != "leimkuhler-matthews":
        return
    share = 1.0 if direct else 0.5  # the noise of LM is the mean of two normals
    parts = members(dim)
    sizes = np.array([float(len(group)) for group in parts])
    missing = of("free") - sizes  # below 0 near walls alone
    add("step", "mean noise of {}", of("r"))
    known = _covariance(potential, dynamics, sigma)
    if known is not None:
        following = np.roll(np.arange(dim), -1)
        variance = share * np.array([known.diagonal()[group].sum() for group in parts])
        between = share * np.array([known[group, following[group]].sum() for group in parts])
        add("step", "variance of the noise of {}", of("rr") - variance * missing / sizes, variance)
        add("step", "covariance of the noise of {}", of("rr_pair"), between, pairs=True)
        if dynamics.kernel != "minibatch":
            fourth = 3.0 * (share * sigma**2) ** 2
            add("step", "fourth moment of the noise of {}", of("rrrr") - fourth * missing, fourth * sizes)
    if direct:
        add("step", "correlation of noise and force on {}", of("rg"))
        add("step", "rotation between noise and force on {}", of("rg_pair"), pairs=True)


def _stationary(collected: _Statistics, potential: Potential, dynamics: Dynamics) -> None:
    of, add, eta = collected.of, collected.add, dynamics.step_size
    exact = dynamics.exact and potential.smooth
    if dynamics.kernel is not None or exact:
        add("stationarity", "mean force on {}", of("g"))
    if dynamics.kernel in ("gaussian", "minibatch"):
        add("stationarity", "virial of {}", 2.0 * of("xg") - eta * of("gg") - of("rr") / eta)
        pair = of("xg_pair") - eta * of("gg_pair") - of("rr_pair") / eta
        add("stationarity", "virial between {}", pair, pairs=True)
    elif exact:
        count = np.array([float(len(group)) for group in members(potential.dim)])
        add("stationarity", "virial of {}", of("xg"), dynamics.temperature * count)
        add("stationarity", "virial between {}", of("xg_pair"), pairs=True)


def standing_still(found: Balance, potential: Potential, dynamics: Dynamics) -> tuple[int, Kind] | None:
    """How many walkers did not move although they must; and whether this must hold at every step or for a stationary ensemble.

    None if nothing can be said. Added noise moves a walker at every step, unless it is lost in rounding. If proposals may
    be rejected, a walker that never moved is counted if this is practically impossible even at the lowest acceptance rate of all
    other walkers.
    """
    if dynamics.exact:
        moving = found.still[found.still < found.steps]
        if not moving.size:
            return None
        seldom = (float(moving.max()) + 1.0) / (found.steps + 1.0)
        chance = len(found.still) * seldom**found.steps
        return (int((found.still == found.steps).sum()), "stationarity") if chance < _IMPOSSIBLE else None
    noise = float(dynamics.noises(0, 1)[0])
    largest = float(np.abs(found.means[:, :, 0]).max())
    if dynamics.kernel is None or potential.domain.kind not in ("space", "torus") or noise <= _ROUNDING * largest:
        return None
    return int((found.still > 1).sum()), "step"


def _covariance(potential: Potential, dynamics: Dynamics, sigma: float) -> np.ndarray | None:
    """Covariance of the noise in one step, [dim, dim], if it is the same everywhere; otherwise None."""
    added = sigma**2 * np.eye(potential.dim)
    if not dynamics.stochastic_gradient:
        return added
    batches = constant_noise(potential)
    if batches is None or potential.terms is None:
        return None
    return np.asarray(added + dynamics.step_size**2 * dynamics.variance_factor(potential.terms.n_terms) * batches)
