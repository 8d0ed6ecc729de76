"""Two Gaussian pits on a flat plateau: the other form of the memo's Fig. 3."""

from functools import cache

import numpy as np

from langevin_sim.dynamics.domain import Domain
from langevin_sim.errors import InputError
from langevin_sim.potentials.minima import with_refined_minima
from langevin_sim.potentials.potential import Potential, Region, checked, rebuildable
from langevin_sim.potentials.torus_series import TorusSeries
from langevin_sim.vectormath import compiled, exp, inlined

_PERIOD = 18.0
_NARROW_CENTRE, _WIDE_CENTRE = 4.0, 12.0
_RADIUS = 2.0  # radius of a region, in widths
_NEGLIGIBLE = 80.0  # images whose share is below e^-80 are left out


@inlined
def _offset(x, centre):
    """x - centre to the nearest image, in [-9, 9)."""
    away = x - centre
    return away - 18.0 * np.floor(away * (1.0 / 18.0) + 0.5)


@inlined
def _second(u, curvature):
    """The second nearest image's factor, as a share of the nearest one's."""
    return exp(-0.5 * curvature * (324.0 - 36.0 * abs(u)))


@compiled
def _depth(X, out, centre, curvature, images):
    """out = prod_j phi(x_j), phi the sum of a Gaussian over the nearest two images."""
    n = X.shape[1]
    for i in range(n):
        out[i] = 0.0
    for j in range(X.shape[0]):
        x = X[j]
        for i in range(n):
            u = _offset(x[i], centre)
            out[i] += u * u
    for i in range(n):
        out[i] = exp(-0.5 * curvature * out[i])
    for j in range(X.shape[0] if images > 0.0 else 0):
        x = X[j]
        for i in range(n):
            out[i] *= 1.0 + _second(_offset(x[i], centre), curvature)


@compiled
def _pull(X, G, depth, centre, curvature, images):
    """G -= depth * d log phi / dx_j."""
    for j in range(X.shape[0]):
        x, g = X[j], G[j]
        if images > 0.0:
            for i in range(X.shape[1]):
                u = _offset(x[i], centre)
                q = _second(u, curvature)
                g[i] += curvature * depth[i] * (u - (18.0 if u > 0.0 else -18.0) * q / (1.0 + q))
        else:
            for i in range(X.shape[1]):
                g[i] += curvature * depth[i] * _offset(x[i], centre)


@compiled
def _energy(X, E, p):
    narrow = np.empty(X.shape[1])
    _depth(X, narrow, 4.0, p[0], p[2])
    _depth(X, E, 12.0, p[1], p[3])
    for i in range(X.shape[1]):
        E[i] = 1.0 - narrow[i] - E[i]


@compiled
def _gradient(X, G, p):
    depth = np.empty(X.shape[1])
    for j in range(X.shape[0]):
        g = G[j]
        for i in range(X.shape[1]):
            g[i] = 0.0
    _depth(X, depth, 4.0, p[0], p[2])
    _pull(X, G, depth, 4.0, p[0], p[2])
    _depth(X, depth, 12.0, p[1], p[3])
    _pull(X, G, depth, 12.0, p[1], p[3])


@compiled
def _label(X, L, p):
    for i in range(X.shape[1]):
        narrow = wide = 0.0
        for j in range(X.shape[0]):
            narrow = max(narrow, abs(_offset(X[j, i], 4.0)))
            wide = max(wide, abs(_offset(X[j, i], 12.0)))
        L[i] = 0 if wide < p[5] else (1 if narrow < p[4] else 2)


@rebuildable
def gaussians(dim: int, narrow: float = 1.0, wide: float = 2.0) -> Potential:
    """U(x) = 1 - sum over images of exp(-|x-4|^2 / (2 narrow^2)) + exp(-|x-12|^2 / (2 wide^2)) on the torus [0, 18)^dim.

    Centres on the diagonal; the Gaussians are summed over their images (nearest two along each axis),
    so that U is smooth across the seam, where the nearest image alone would leave a kink of slope
    2e-4 in the wide pit's tail. Regions, cubes: wide = {|x_j - 12| < 2 wide for all j}, narrow =
    {|x_j - 4| < 2 narrow for all j}, plateau = the rest. Every sum over images is a product over
    coordinates, so exp(-U/T) expands in products of 1-D integrals: masses, mean energy and the x_1 marginal
    are exact in any dimension. Source: memo, Fig. 3, in the second form of its authors' code.
    """
    checked("gaussians", dim, narrow=narrow, wide=wide)
    if _RADIUS * (narrow + wide) > _WIDE_CENTRE - _NARROW_CENTRE:
        raise InputError(f"gaussians: narrow = {narrow}, wide = {wide}: expected a sum of at most 4, or the regions overlap")
    widths = np.array([narrow, wide])
    far = (_PERIOD / widths) ** 2 / 8.0 < _NEGLIGIBLE  # the exponent at the seam

    @cache
    def series(temperature: float) -> TorusSeries:
        return TorusSeries(dim, temperature, _PERIOD, (_NARROW_CENTRE, _WIDE_CENTRE), (narrow, wide), _RADIUS)

    cube = np.tile([0.0, _PERIOD], (dim, 1))
    # the middle of the wider gap between the regions, on the diagonal
    first, second = _NARROW_CENTRE + _RADIUS * narrow, _WIDE_CENTRE + _RADIUS * wide
    gaps = (_WIDE_CENTRE - _RADIUS * wide - first, _PERIOD + _NARROW_CENTRE - _RADIUS * narrow - second)
    between = (first + 0.5 * gaps[0] if gaps[0] >= gaps[1] else second + 0.5 * gaps[1]) % _PERIOD
    centres = np.stack([np.full(dim, _WIDE_CENTRE), np.full(dim, _NARROW_CENTRE)])
    return with_refined_minima(
        Potential(
            name="gaussians",
            dim=dim,
            parameters={"narrow": narrow, "wide": wide},
            constants=np.array([narrow**-2, wide**-2, *far.astype(float), _RADIUS * narrow, _RADIUS * wide]),
            block_energy=_energy,
            block_gradient=_gradient,
            block_label=_label,
            minima=centres.copy(),
            regions=(
                Region("wide", f"|x_j - 12| < {_RADIUS * wide:g} for all j", centres[0]),
                Region("narrow", f"|x_j - 4| < {_RADIUS * narrow:g} for all j", centres[1]),
                Region("plateau", "the rest", np.full(dim, between)),
            ),
            extent=lambda temperature: cube,
            stability_bound=2.0 * min(narrow, wide) ** 2,
            domain=Domain("torus", 0.0, _PERIOD),
            exact_masses=lambda temperature: series(temperature).masses(),
            exact_marginal=lambda temperature, edges: series(temperature).marginal(np.asarray(edges, float)),
            exact_energy=lambda temperature: series(temperature).energy(),
        )
    )
