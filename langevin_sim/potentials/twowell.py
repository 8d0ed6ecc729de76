"""Two wells of equal depth, one wider: the memo's Fig. 3."""

import math

import numpy as np
from scipy.special import expit

from langevin_sim.errors import InputError
from langevin_sim.potentials.minima import with_refined_minima
from langevin_sim.potentials.potential import Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, exp, fma, log_normal, logistic


@compiled
def _scaled_difference(X, out, p):
    """out = (q_n + depth - q_w) / tau, from which everything else follows."""
    a, curvature_w, curvature_n, inverse_tau = p[0], p[1], p[2], p[3]
    shift = p[4] * inverse_tau
    n = X.shape[1]
    x1 = X[0]
    for i in range(n):
        out[i] = 0.0
    for j in range(1, X.shape[0]):
        x = X[j]
        for i in range(n):
            out[i] = fma(x[i], x[i], out[i])
    for i in range(n):
        to_n = x1[i] - a
        to_w = x1[i] + a
        q_n = curvature_n * (to_n * to_n + out[i])
        q_w = curvature_w * (to_w * to_w + out[i])
        out[i] = 0.5 * inverse_tau * (q_n - q_w) + shift


@compiled
def _gradient(X, G, p):
    # the weight of the wide well is 1 / (1 + e^y), y = (q_w - q_n - depth) / tau, a quadratic polynomial of x
    a, curvature_w, curvature_n, inverse_tau = p[0], p[1], p[2], p[3]
    between, both = curvature_w - curvature_n, curvature_w + curvature_n
    second, first = 0.5 * inverse_tau * between, inverse_tau * a * both
    constant = second * a * a - p[4] * inverse_tau
    n = X.shape[1]
    x1, weight = X[0], G[0]  # the first row of G is scratch until the other rows are done
    for i in range(n):
        weight[i] = fma(fma(second, x1[i], first), x1[i], constant)
    for j in range(1, X.shape[0]):
        x = X[j]
        for i in range(n):
            weight[i] = fma(second * x[i], x[i], weight[i])
    for i in range(n):
        weight[i] = logistic(weight[i])
    for j in range(1, X.shape[0]):
        x, g = X[j], G[j]
        for i in range(n):
            g[i] = x[i] * fma(weight[i], between, curvature_n)
    for i in range(n):
        weight[i] = fma(fma(weight[i], between, curvature_n), x1[i], a * fma(weight[i], both, -curvature_n))


@compiled
def _energy(X, E, p):
    a, curvature_w, inverse_tau = p[0], p[1], p[3]
    n = X.shape[1]
    x1 = X[0]
    _scaled_difference(X, E, p)
    tau = 1.0 / inverse_tau
    # min(q_w, q_n + depth) - tau log(1 + e^-|z|); a loop each for exp and log: in one, they wait for one another
    tail = np.empty(n)
    for i in range(n):
        tail[i] = exp(-abs(E[i]))
    for i in range(n):
        z = E[i]
        to_w = x1[i] + a
        E[i] = fma(0.5 * curvature_w * to_w, to_w, tau * ((z if z < 0.0 else 0.0) - log_normal(1.0 + tail[i])))
    for j in range(1, X.shape[0]):
        x = X[j]
        for i in range(n):
            E[i] = fma(0.5 * curvature_w * x[i], x[i], E[i])


@compiled
def _label(X, L, p):
    # q_w < q_n + depth
    a, curvature_w, curvature_n, shift = p[0], p[1], p[2], 2.0 * p[4]
    n = X.shape[1]
    x1, rest = X[0], np.zeros(n)
    for j in range(1, X.shape[0]):
        x = X[j]
        for i in range(n):
            rest[i] = fma(x[i], x[i], rest[i])
    for i in range(n):
        to_w = x1[i] + a
        to_n = x1[i] - a
        L[i] = 0 if curvature_w * (to_w * to_w + rest[i]) < curvature_n * (to_n * to_n + rest[i]) + shift else 1


@rebuildable
def twowell(
    dim: int, ratio: float = 2.0, width: float = 1.0, separation: float = 4.0, softness: float = 0.25, depth: float = 0.0
) -> Potential:
    """Softened minimum of two isotropic quadratics in R^dim.

    U(x) = -tau log(exp(-q_w/tau) + exp(-(q_n + depth)/tau)), q_k = |x - c_k|^2 / (2 s_k^2), c_w = (-a, 0, ..),
    c_n = (+a, 0, ..), with s_w = width, s_n = width / ratio, 2a = separation, tau = softness.
    A positive ``depth`` makes the narrow well shallower by this amount.
    Regions: wide = {q_w < q_n + depth}, narrow = the rest. Without depth the Boltzmann law puts
    ratio^dim / (1 + ratio^dim) on the wide one as T -> 0. Source: memo, Fig. 3.
    """
    checked("twowell", dim, ratio=ratio, width=width, separation=separation, softness=softness)
    brim = separation**2 / (2.0 * width**2)
    if not 0.0 <= depth < brim:
        raise InputError(f"twowell: depth = {depth}: expected 0 to {brim:g}, where the wide well swallows the narrow one")
    a = separation / 2.0
    narrow_width = width / ratio
    wide = np.zeros(dim)
    wide[0] = -a
    narrow = -wide
    s_max = max(width, narrow_width)

    def extent(temperature: float) -> np.ndarray:
        reach = 5.0 * math.sqrt(max(temperature, 0.05))
        box = np.tile([-reach * s_max, reach * s_max], (dim, 1))
        box[0] = [-a - reach * width, a + reach * narrow_width]
        return box

    cold = [1.0, 0.0] if depth else [expit(dim * math.log(ratio)), expit(-dim * math.log(ratio))]
    # softening lowers a well by tau exp(-q/tau), q the other quadratic there; beyond rounding, that decides instead
    lowered = softness * math.exp(-min(1.0, ratio**2) * brim / softness)
    sign = " + depth" if depth else ""
    potential = Potential(
        name="twowell",
        dim=dim,
        parameters={"ratio": ratio, "width": width, "separation": separation, "softness": softness, "depth": depth},
        constants=np.array([a, width**-2, narrow_width**-2, 1.0 / softness, depth]),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=np.stack([wide, narrow]),
        regions=(Region("wide", f"q_w < q_n{sign}", wide), Region("narrow", f"q_w >= q_n{sign}", narrow)),
        extent=extent,
        stability_bound=2.0 * min(width, narrow_width) ** 2,
        symmetry="axial",
        cold_masses=np.array(cold) if lowered < 1e-12 else None,
    )
    return with_refined_minima(potential) if depth else potential
