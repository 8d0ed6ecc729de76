"""A loss of 115 Gaussian data points, a flat valley and a pit: the memo's Fig. 6."""

from dataclasses import replace

import numpy as np

from langevin_sim.dynamics.domain import Domain
from langevin_sim.potentials.minima import hessian, with_refined_minima
from langevin_sim.potentials.potential import FiniteSum, Potential, Region, checked, rebuildable, whole
from langevin_sim.vectormath import compiled, exp, inlined

_PERIOD = 8.0
_VALLEY, _PIT = 5.67, np.array([4.0, 1.7])
_VALLEY_WIDTH, _PIT_WIDTH = 0.9, 0.77


@inlined
def _wrap(x):
    return x - 8.0 * np.floor(x * 0.125)


@compiled
def _energy(X, E, p):
    x, y = X[0], X[1]
    terms = p.shape[0] // 4
    for i in range(X.shape[1]):
        E[i] = 0.0
    for k in range(terms):
        t1, t2, weight, curvature = p[4 * k], p[4 * k + 1], p[4 * k + 2] / terms, -0.5 * p[4 * k + 3]
        for i in range(X.shape[1]):
            u, v = _wrap(x[i]) - t1, _wrap(y[i]) - t2
            E[i] += weight * exp(curvature * (u * u + v * v))


@compiled
def _gradient(X, G, p):
    x, y, g, h = X[0], X[1], G[0], G[1]
    terms = p.shape[0] // 4
    for i in range(X.shape[1]):
        g[i] = 0.0
        h[i] = 0.0
    for k in range(terms):
        t1, t2, curvature = p[4 * k], p[4 * k + 1], p[4 * k + 3]
        slope, rate = -p[4 * k + 2] * curvature / terms, -0.5 * curvature
        for i in range(X.shape[1]):
            u, v = _wrap(x[i]) - t1, _wrap(y[i]) - t2
            value = slope * exp(rate * (u * u + v * v))
            g[i] += value * u
            h[i] += value * v


@compiled
def _batch_gradient(X, B, G, gradient, p, data):
    x, y, g, h = X[0], X[1], G[0], G[1]
    n = X.shape[1]
    for i in range(n):
        g[i] = 0.0
        h[i] = 0.0
    # gathered separately: a loop that both gathers and stores is not vectorised
    t1, t2, slope, curvature = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    for k in range(B.shape[0]):
        chosen = B[k]
        for i in range(n):
            row = np.uint64(chosen[i])  # unsigned: no test for negative indices
            t1[i], t2[i], slope[i], curvature[i] = data[row, 0], data[row, 1], data[row, 2], data[row, 3]
        for i in range(n):
            u, v = _wrap(x[i]) - t1[i], _wrap(y[i]) - t2[i]
            value = slope[i] * curvature[i] * exp(-0.5 * curvature[i] * (u * u + v * v))
            g[i] += value * u
            h[i] += value * v
    share = -1.0 / B.shape[0]
    for i in range(n):
        g[i] *= share
        h[i] *= share


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        u, v = _wrap(X[0, i]) - 4.0, _wrap(X[1, i]) - 1.7
        in_valley = abs(_wrap(X[1, i]) - 5.67) < 1.8
        L[i] = 0 if in_valley else (1 if u * u + v * v < 1.54 * 1.54 else 2)


@rebuildable
def rbf(dim: int = 2, seed: float = 72) -> Potential:
    """U(x) = (1/n) sum_i V_i(x), V_i = w_i exp(-|x - t_i|^2 / (2 s_i^2)), on the torus [0, 8)^2, n = 115.

    80 points t = (linspace(-1.1, 9.1), 5.67) with w = -1/17.5, s = 0.9 make a flat valley, 35 points t =
    (4, 1.7) + N(0, 0.15^2) with w = -1/33.8, s = 0.77 a pit; the 35 are drawn with ``seed``. The memo's
    loss is sum_i V_i, of depth 1 in both; SGD's gradient is the mean over its batch, and so U is the
    mean too: depths are 1/115, and a temperature of 0.001 here is one of 0.115 for the loss.
    As in the authors' code, distances are plain, from x modulo 8: x_1 = 0 and 8 match by mirror
    symmetry, but across x_2 = 0 and 8 U jumps by up to 0.09/115 (the far tails of valley and pit).
    Regions: valley = {|x_2 - 5.67| < 2 * 0.9}, pit = {|x - (4, 1.7)| < 2 * 0.77}, plateau = the rest.
    Source: memo, Fig. 6, and its authors' code.
    """
    checked("rbf", dim, at_least=2, at_most=2)
    start = whole("rbf", "seed", seed, 0)
    flat = np.column_stack([np.linspace(-1.1, 9.1, 80), np.full(80, _VALLEY)])
    pit = _PIT + 0.15 * np.random.default_rng(start).standard_normal((35, 2))
    data = np.empty((115, 4))
    data[:, :2] = np.concatenate([flat, pit])
    data[:80, 2:] = -1.0 / 17.5, _VALLEY_WIDTH**-2
    data[80:, 2:] = -1.0 / 33.8, _PIT_WIDTH**-2
    cube = np.tile([0.0, _PERIOD], (2, 1))
    potential = with_refined_minima(
        Potential(
            name="rbf",
            dim=2,
            parameters={"seed": start},
            constants=data.ravel(),
            block_energy=_energy,
            block_gradient=_gradient,
            block_label=_label,
            minima=np.array([[4.0, _VALLEY], _PIT]),
            regions=(
                Region("valley", "|x_2 - 5.67| < 1.8", np.array([4.0, _VALLEY])),
                Region("pit", "|x - (4, 1.7)| < 1.54", _PIT.copy()),
                Region("plateau", "the rest", np.array([0.5, 1.7])),
            ),
            extent=lambda temperature: cube,
            stability_bound=1.0,
            domain=Domain("torus", 0.0, _PERIOD),
            terms=FiniteSum(data, _batch_gradient),
        )
    )
    curvature = max(float(np.linalg.eigvalsh(hessian(potential, point))[-1]) for point in potential.minima)
    return replace(potential, stability_bound=2.0 / curvature)
