"""Student's t: a well whose law has the tails of a power."""

import math

import numpy as np
import scipy
from scipy.special import betainc, digamma

from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, fma, log


@compiled
def _squares(X, out):
    for i in range(X.shape[1]):
        out[i] = 0.0
    for j in range(X.shape[0]):
        x = X[j]
        for i in range(X.shape[1]):
            out[i] = fma(x[i], x[i], out[i])


@compiled
def _energy(X, E, p):
    freedom = p[0]
    _squares(X, E)
    for i in range(X.shape[1]):
        E[i] = 0.5 * (freedom + X.shape[0]) * log(1.0 + E[i] / freedom)


@compiled
def _gradient(X, G, p):
    freedom, n = p[0], X.shape[1]
    pull = np.empty(n)
    _squares(X, pull)
    for i in range(n):
        pull[i] = (freedom + X.shape[0]) / (freedom + pull[i])
    for j in range(X.shape[0]):
        x, g = X[j], G[j]
        for i in range(n):
            g[i] = pull[i] * x[i]


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        square = 0.0
        for j in range(X.shape[0]):
            square = fma(X[j, i], X[j, i], square)
        L[i] = 0 if square < X.shape[0] else 1


@rebuildable
def studentt(dim: int, freedom: float = 5.0) -> Potential:
    """U(x) = (nu + dim)/2 log(1 + |x|^2/nu) in R^dim, nu = freedom: at T = 1 the multivariate t of nu degrees of freedom.

    Regions: core = {|x|^2 < dim}, tail = the rest. At the temperature T the law is again a t, of m = (nu + dim)/T - dim
    degrees of freedom, stretched by sqrt(nu/m): nu/(nu + |x|^2) ~ Beta(m/2, dim/2), x_1 ~ sqrt(nu/m) t_m, and
    E[U] = (nu + dim)/2 [psi((m + dim)/2) - psi(m/2)], psi the digamma function. There is no law if m <= 0, that is for
    T >= 1 + nu/dim. Source: Student, Biometrika 6, 1 (1908).
    """
    checked("studentt", dim, freedom=freedom)

    def tail(temperature: float) -> float:
        """The degrees of freedom at this temperature."""
        found = (freedom + dim) / temperature - dim
        if found <= 0.0:
            hottest = 1.0 + freedom / dim
            raise ReferenceUnavailable(
                f"studentt at T = {temperature:g}: exp(-U/T) falls too slowly to be normalised; it can be below T = {hottest:g}"
            )
        return found

    def masses(temperature: float) -> np.ndarray:
        m = tail(temperature)
        share = freedom / (freedom + dim)
        return np.array([betainc(0.5 * dim, 0.5 * m, 1.0 - share), betainc(0.5 * m, 0.5 * dim, share)])

    def marginal(temperature: float, edges: np.ndarray) -> np.ndarray:
        m = tail(temperature)
        at = np.asarray(edges, float) * math.sqrt(m / freedom)
        return np.where(at[1:] <= 0.0, np.diff(scipy.stats.t.cdf(at, m)), -np.diff(scipy.stats.t.sf(at, m)))

    def energy(temperature: float) -> float:
        m = tail(temperature)
        return float(0.5 * (freedom + dim) * (digamma(0.5 * (m + dim)) - digamma(0.5 * m)))

    def extent(temperature: float) -> np.ndarray:
        m = max((freedom + dim) / max(temperature, 0.05) - dim, 0.2)
        # all but 1e-5 of it, as five deviations of a Gaussian would, but no wider than 100 times those
        width = min(float(scipy.stats.t.isf(1e-6, m)), 500.0) * math.sqrt(freedom / m)
        reach = max(width, 1.6 * math.sqrt(dim))
        return np.tile([-reach, reach], (dim, 1))

    core, tail_start = np.zeros(dim), np.zeros(dim)
    tail_start[0] = 1.5 * math.sqrt(dim)
    return Potential(
        name="studentt",
        dim=dim,
        parameters={"freedom": freedom},
        constants=np.array([freedom]),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=core[None],
        regions=(Region("core", "|x|^2 < dim", core), Region("tail", "|x|^2 >= dim", tail_start)),
        extent=extent,
        stability_bound=2.0 * freedom / (freedom + dim),
        symmetry="axial",
        exact_masses=masses,
        exact_marginal=marginal,
        exact_energy=energy,
        cold_masses=np.array([1.0, 0.0]),
    )
