"""Boltzmann's law where U is quadratic in all coordinates but one: the Gaussian ones in closed form, the other by quadrature.

With U(s, y) = floor(s) + (y - m(s)).A(s) (y - m(s)) / 2 (potentials/conditional.py), s has the law of
W(s) = floor(s) + (T/2) log det A(s) on a line, y given s is N(m(s), T A(s)^-1), and E U = E floor(s) + (d - 1) T / 2.
Neal's funnel, a bent Gaussian (Haario's banana) and whatever is written out like them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.conditional import Conditional
from langevin_sim.potentials.factors import in_one_region
from langevin_sim.potentials.potential import Potential, Region
from langevin_sim.reference.boltzmann import line, quadratic
from langevin_sim.reference.boltzmann.integrals import FromBins, Integrals, Marginal
from langevin_sim.reference.boltzmann.piecewise import Piecewise
from langevin_sim.reference.moments import Moments

_ABOVE = 15.0  # temperatures over the least of W: where the quadrature begins
_ROUNDING = 1e-13
_SAFETY = 2.0


@dataclass(frozen=True)
class _Rule:
    """Means over the law of s, each taken twice: over the nodes of its panels, and over those of the panels' halves."""

    law: Piecewise

    def nodes(self) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
        """(s, probability) of both."""
        x, probability = self.law.nodes()
        middle = 0.5 * (self.law.low + self.law.high)
        halves = replace(
            self.law,
            low=np.stack([self.law.low, middle], axis=1).ravel(),
            high=np.stack([middle, self.law.high], axis=1).ravel(),
            density=np.repeat(self.law.density, 2, axis=0),
            error=np.repeat(self.law.error, 2),
        )
        fine = halves.nodes()[0]
        values = self.law.values(fine.ravel()).reshape(fine.shape)
        fine_probability = replace(halves, density=values).nodes()[1]
        return (x.ravel(), probability.ravel()), (fine.ravel(), fine_probability.ravel())

    def mean(self, f: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """E f(s), f(s[n]) -> [n, k], and its error: what halving changes, and the law's own error."""
        (x, p), (fine, q) = self.nodes()
        values, finer = f(x), f(fine)
        first, second = p @ values, q @ finer
        largest = np.abs(values).reshape(*self.law.density.shape, -1).max(axis=1)  # of each panel
        own = self.law.error @ largest + self.law.left_out[0] * largest[[0, -1]].max(axis=0)
        return second, _SAFETY * np.abs(second - first) + own + _ROUNDING * (q @ np.abs(finer))


@dataclass(frozen=True)
class _Mixture(FromBins):
    """The law of one of the Gaussian coordinates: normal given s."""

    rule: _Rule
    conditional: Conditional
    temperature: float
    place: int  # among y

    def bins(self, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Masses of bins, and their errors."""
        edges = np.asarray(edges, float)

        def given(s: np.ndarray) -> np.ndarray:
            mean, deviation = _normal(self.conditional, s, self.temperature, self.place)
            return np.diff(ndtr((edges - mean[:, None]) / deviation[:, None]), axis=1)

        masses, errors = self.rule.mean(given)
        return masses, errors + float(self.rule.law.error.sum()) * masses + _ROUNDING


@dataclass(frozen=True)
class _Draws:
    """s from its law, then y given s."""

    rule: _Rule
    conditional: Conditional
    temperature: float

    def at(self, uniform: np.ndarray) -> np.ndarray:
        """The points [n, dim] of uniform numbers [n, dim], the first for s."""
        s = self.rule.law.inverse(uniform[:, 0])
        found, z = self.conditional.slices(s), ndtri(np.clip(uniform[:, 1:], 1e-16, 1.0 - 1e-16))
        if found.curvature.ndim == 2:
            away = z / np.sqrt(found.curvature)
        else:
            # A = L L^T, so that L^-T z has the covariance A^-1
            root = np.linalg.cholesky(found.curvature)
            away = np.linalg.solve(root.transpose(0, 2, 1), z[:, :, None])[:, :, 0]
        return self.conditional.points(s, found.centre + math.sqrt(self.temperature) * away)

    def draw(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Independent draws [n, dim]."""
        return self.at(generator.random((n, self.conditional.potential.dim)))


def _normal(conditional: Conditional, s: np.ndarray, temperature: float, place: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation [n] of one of y given s."""
    found = conditional.slices(s)
    return found.centre[:, place], np.sqrt(temperature * found.variances[:, place])


def _on_a_line(conditional: Conditional, temperature: float) -> Potential:
    """W as a potential."""
    minima, low, high = conditional.bulk(temperature, _ABOVE)

    def energy(X: Any, E: Any, p: Any) -> None:
        E[:] = conditional.effective(X[0], temperature)

    whole = conditional.potential
    line_of = replace(
        whole,
        dim=1,
        block_energy=energy,
        minima=minima[:, None],
        regions=(Region("all", "everywhere", minima[:1]),),
        extent=lambda T: np.array([[low, high]]),
        symmetry="",
        exact_masses=None,
        exact_marginal=None,
        exact_energy=None,
        factors=None,
        terms=None,
        given=None,
    )
    return in_one_region(line_of)


def integrals(potential: Potential, temperature: float, regions: Integrals | None) -> Integrals:
    """All of it. Masses of several regions are those of ``regions``, or else come from scrambled Sobol points of the law.

    Raises ReferenceUnavailable where U does not rise with y at some s that has weight.
    """
    conditional = Conditional(potential)
    one = _on_a_line(conditional, temperature)
    x = one.minima[:, 0]
    low, high = one.extent(temperature)[0].tolist()
    if np.isneginf(conditional.effective(np.linspace(low, high, 257), temperature)).any():
        raise ReferenceUnavailable(
            f"{potential.name} in {potential.dim} dimensions does not rise in every direction given x_{conditional.given + 1} "
            f"near {x[0]:.3g}: exp(-U/T) cannot be normalised, so that there is no Boltzmann law"
        )
    along = line.integrals(one, temperature)
    law = along.marginals[0]
    assert isinstance(law, Piecewise)
    rule, m = _Rule(law), potential.dim - 1
    draws = _Draws(rule, conditional, temperature)

    def moments(s: np.ndarray) -> np.ndarray:
        found = conditional.slices(s)
        second = found.centre**2 + temperature * found.variances
        return np.column_stack([found.floor, found.centre, second])

    means, errors = rule.mean(moments)
    if len(potential.regions) == 1:
        masses, mass_errors, how = np.ones(1), np.full(1, 1e-15), ""
    elif regions is not None:
        masses, mass_errors, how = regions.masses, regions.errors, f" and {regions.method}"
    else:
        masses, mass_errors = quadratic.shares(potential, draws.at)
        how = " and Sobol points"
    own = (*law.moment(1), *law.moment(2))
    return Integrals(
        masses,
        mass_errors,
        float(means[0]) + 0.5 * m * temperature,
        float(errors[0]) + _ROUNDING * m * temperature,
        _marginals(rule, conditional, temperature),
        f"quadrature over x_{conditional.given + 1}, the others in closed form{how}",
        Moments(
            *(
                np.insert(part, conditional.given, alone)
                for part, alone in zip((means[1 : m + 1], errors[1 : m + 1], means[m + 1 :], errors[m + 1 :]), own, strict=True)
            )
        ),
        draws,
    )


def _marginals(rule: _Rule, conditional: Conditional, temperature: float) -> dict[int, Marginal]:
    found: dict[int, Marginal] = {
        int(j): _Mixture(rule, conditional, temperature, place) for place, j in enumerate(conditional.others)
    }
    return found | {conditional.given: rule.law}
