"""Two pits with flat floors on a flat plateau: the memo's Fig. 3 as its authors computed it."""

import math

import numpy as np
from scipy.special import expit

from langevin_sim.dynamics.domain import Domain
from langevin_sim.errors import InputError
from langevin_sim.potentials.potential import Potential, Region, checked, rebuildable
from langevin_sim.vectormath import compiled, inlined

_PERIOD = 18.0
_NARROW_CENTRE, _WIDE_CENTRE = 5.0, 14.0


@inlined
def _outside(x, low, high):
    """1 unless low < x <= high, x taken modulo the period."""
    wrapped = x - 18.0 * np.floor(x * (1.0 / 18.0))
    return (0.0 if wrapped > low else 1.0) + (0.0 if wrapped <= high else 1.0)


@compiled
def _energy(X, E, p):
    # E counts the coordinates outside the narrow box; those outside the wide one count dim + 1 each
    unit = X.shape[0] + 1.0
    for i in range(X.shape[1]):
        E[i] = 0.0
    for j in range(X.shape[0]):
        x = X[j]
        for i in range(X.shape[1]):
            E[i] += _outside(x[i], p[0], p[1]) + unit * _outside(x[i], p[2], p[3])
    all_wide, all_narrow = float(X.shape[0]), unit * X.shape[0]
    for i in range(X.shape[1]):
        E[i] = 0.0 if E[i] == all_wide or E[i] == all_narrow else 1.0


@compiled
def _gradient(X, G, p):
    reach = p[4]
    n, others = X.shape[1], X.shape[0] - 1.0
    unit = X.shape[0] + 1.0
    count = np.zeros(n)
    for j in range(X.shape[0]):
        x = X[j]
        for i in range(n):
            count[i] += _outside(x[i], p[0], p[1]) + unit * _outside(x[i], p[2], p[3])
    for j in range(X.shape[0]):
        x, g = X[j], G[j]
        for i in range(n):
            rest = count[i] - _outside(x[i], p[0], p[1]) - unit * _outside(x[i], p[2], p[3])
            up, down = x[i] + reach, x[i] - reach
            narrow = _outside(up, p[0], p[1]) - _outside(down, p[0], p[1])
            wide = _outside(up, p[2], p[3]) - _outside(down, p[2], p[3])
            g[i] = narrow * (1.0 if rest == unit * others else 0.0) + wide * (1.0 if rest == others else 0.0)


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        narrow = wide = 0.0
        for j in range(X.shape[0]):
            narrow += _outside(X[j, i], p[0], p[1])
            wide += _outside(X[j, i], p[2], p[3])
        L[i] = 0 if wide == 0.0 else (1 if narrow == 0.0 else 2)


@rebuildable
def boxes(dim: int, narrow: float = 2.0, wide: float = 4.0, reach: float = 0.25) -> Potential:
    """U(x) = 1 - 1[4 < x_j <= 6 for all j] - 1[12 < x_j <= 16 for all j] on the torus [0, 18)^dim.

    The cubes have the edges ``narrow`` and ``wide`` and the centres 5 and 14 on the diagonal. U has no
    gradient; walkers descend the authors' g_j = U(x + reach e_j) - U(x - reach e_j), which is not
    divided by anything, so only RWM samples exp(-U/T). Regions: wide, narrow (the cubes), plateau.
    Masses: wide : narrow : plateau = wide^dim : narrow^dim : (18^dim - wide^dim - narrow^dim) e^(-1/T);
    the plateau takes over once T is above about 1/(dim log(18/wide)). Source: memo, Fig. 3, and its authors' code.
    """
    checked("boxes", dim, narrow=narrow, wide=wide, reach=reach)
    edges = (_NARROW_CENTRE - narrow / 2, _NARROW_CENTRE + narrow / 2, _WIDE_CENTRE - wide / 2, _WIDE_CENTRE + wide / 2)
    if edges[0] < 0 or edges[3] > _PERIOD or edges[1] >= edges[2]:
        raise InputError(f"boxes: narrow = {narrow}, wide = {wide}: expected cubes about 5 and 14 that lie apart in [0, 18)")

    # as shares of the torus, so that nothing overflows in high dimensions
    slices = np.array([(wide / _PERIOD) ** (dim - 1), (narrow / _PERIOD) ** (dim - 1)])
    plateau = -math.expm1(dim * math.log(wide / _PERIOD) + math.log1p((narrow / wide) ** dim))

    def weights(temperature: float) -> np.ndarray:
        logs = np.append(
            dim * np.log([wide / _PERIOD, narrow / _PERIOD]),
            (math.log(plateau) if plateau > 0 else -math.inf) - 1.0 / temperature,
        )
        raised = np.exp(logs - logs.max())
        return raised / raised.sum()

    def marginal(temperature: float, at: np.ndarray) -> np.ndarray:
        # the density is constant in each of five intervals of x_1
        cuts = np.array([0.0, *edges, _PERIOD])
        inside = np.array([0.0, slices[1], 0.0, slices[0], 0.0])
        boltzmann = math.exp(-1.0 / temperature)
        height = (1.0 - inside) * boltzmann + inside
        cumulative = np.concatenate([[0.0], np.cumsum(height * np.diff(cuts))])
        values = np.interp(np.clip(at, 0.0, _PERIOD), cuts, cumulative)
        return np.diff(values) / cumulative[-1]

    cube = np.tile([0.0, _PERIOD], (dim, 1))
    ends = (edges[1], edges[2]) if edges[2] - edges[1] >= _PERIOD + edges[0] - edges[3] else (edges[3], _PERIOD + edges[0])
    between = 0.5 * (ends[0] + ends[1]) % _PERIOD
    centres = np.stack([np.full(dim, _WIDE_CENTRE), np.full(dim, _NARROW_CENTRE)])
    return Potential(
        name="boxes",
        dim=dim,
        parameters={"narrow": narrow, "wide": wide, "reach": reach},
        constants=np.array([*edges, reach]),
        block_energy=_energy,
        block_gradient=_gradient,
        block_label=_label,
        minima=centres,
        regions=(
            Region("wide", f"{edges[2]:g} < x_j <= {edges[3]:g} for all j", centres[0]),
            Region("narrow", f"{edges[0]:g} < x_j <= {edges[1]:g} for all j", centres[1]),
            Region("plateau", "the rest", np.full(dim, between)),
        ),
        extent=lambda temperature: cube,
        stability_bound=math.inf,
        domain=Domain("torus", 0.0, _PERIOD),
        exact_masses=weights,
        exact_marginal=marginal,
        exact_energy=lambda temperature: float(weights(temperature)[2]),
        smooth=False,
        cold_masses=np.array([expit(dim * math.log(wide / narrow)), expit(dim * math.log(narrow / wide)), 0.0]),
    )
