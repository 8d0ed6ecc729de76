"""From an energy alone to a Potential."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from langevin_sim.dynamics.domain import Domain
from langevin_sim.errors import InputError
from langevin_sim.potentials.custom import basins, python, search
from langevin_sim.potentials.custom import extent as reach
from langevin_sim.potentials.minima import hessian, with_refined_minima
from langevin_sim.potentials.potential import Potential, rebuildable

_SPACE = Domain()
_TRIALS = 32


@rebuildable
def make(
    energy: str | Callable[..., Any],
    dim: int,
    *,
    gradient: Callable[..., Any] | None = None,
    domain: Domain = _SPACE,
    parameters: Mapping[str, float] | None = None,
    name: str = "own",
    temperature: float = 1.0,
) -> Potential:
    """A Potential of a user's energy on a domain, with all that can be found out about it.

    energy: an expression such as "sum((x^2-1)^2)" (potentials.expression), whose gradient is derived; or a
    function of one point x, float64[dim], that numba can compile. Without ``gradient`` (x -> float64[dim])
    a function's is taken by central differences, with a warning. Minima are found from many starts;
    regions are basins of steepest descent (dim <= 2) or what is nearest to a minimum (above), well1, well2, ..,
    the lowest first. ``temperature``: barriers below a thousandth of it are none, and the grid of basins reaches as far
    as its law does.
    Raises InputError where the energy is not finite, or falls without bound.
    """
    if dim < 1:
        raise InputError(f"{name}: dimension {dim}: expected an integer of at least 1")
    values = dict(parameters or {})
    if isinstance(energy, str):
        from langevin_sim.potentials.expression import compile_expression

        compiled = compile_expression(energy, dim, values)
        values, constants = dict(compiled.parameters), compiled.constants
        block_energy, block_gradient = compiled.block_energy, compiled.block_gradient
    else:
        if gradient is None:
            warnings.warn(f"{name}: the gradient is taken by central differences of the energy ({python.STEP:g})", stacklevel=2)
        constants = np.empty(0)
        block_energy, block_gradient = python.block_functions(energy, gradient, dim, name)
    # the regions are not known yet: until they are, every point is in the first
    draft = Potential(
        name=name,
        dim=dim,
        parameters=values,
        constants=constants,
        block_energy=block_energy,
        block_gradient=block_gradient,
        block_label=basins.nearest,
        minima=np.zeros((1, dim)),
        regions=(),
        extent=lambda T: np.tile([-1.0, 1.0], (dim, 1)),
        stability_bound=np.inf,
        domain=domain,
    )
    return _known(draft, temperature)


def _known(draft: Potential, temperature: float) -> Potential:
    found = search.minima(draft.energy, draft.gradient, draft.dim, draft.domain, draft.name, temperature)
    refined = with_refined_minima(replace(draft, minima=found)).minima
    moved = np.abs(refined - found).max(axis=1)
    # Newton may leave a flat minimum
    better = np.isfinite(refined).all(axis=1) & (moved < 1e-2 * (1.0 + np.abs(found).max(axis=1)))
    minima = np.where(better[:, None], refined, found)
    extent = reach.extent(draft.energy, minima, draft.domain)
    label, tail = basins.labelling(draft.gradient, minima, extent(temperature), draft.domain)
    curvature = max(float(np.nan_to_num(np.linalg.eigvalsh(hessian(draft, point))[-1])) for point in minima)
    known = replace(
        draft,
        minima=minima,
        regions=basins.regions(minima),
        extent=extent,
        block_label=label,
        constants=np.concatenate([draft.constants, tail]),
        stability_bound=2.0 / curvature if curvature > 0 else np.inf,
    )
    return replace(known, symmetry="axial" if _axial(known) else "")


def _axial(potential: Potential) -> bool:
    """Whether U, as far as random rotations of (x_2, .., x_d) tell, and the regions depend on (x_1, |(x_2..x_d)|) only."""
    dim = potential.dim
    if dim < 3 or potential.domain.kind != "space" or np.abs(potential.minima[:, 1:]).max() > 1e-6:
        return False
    rng = np.random.default_rng(0)
    low, high = potential.extent(1.0).T
    points = rng.uniform(low, high, (_TRIALS, dim))
    rotation, _ = np.linalg.qr(rng.normal(size=(dim - 1, dim - 1)))
    turned = points.copy()
    turned[:, 1:] = points[:, 1:] @ rotation
    with np.errstate(all="ignore"):
        here, there = potential.energy(points), potential.energy(turned)
    return bool(np.isfinite(here).all() and (np.abs(here - there) <= 1e-10 * (1.0 + np.abs(here))).all())
