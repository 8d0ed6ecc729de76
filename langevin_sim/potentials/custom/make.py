"""Make a Potential from an energy."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from langevin_sim.dynamics.domain import Domain
from langevin_sim.errors import InputError
from langevin_sim.expression import Form, compile_expression, separated
from langevin_sim.potentials.conditional import Conditional
from langevin_sim.potentials.custom import basins, python, search, separable, soundness
from langevin_sim.potentials.custom import extent as reach
from langevin_sim.potentials.custom.quadratic_form import quadratic_form
from langevin_sim.potentials.minima import hessian, with_refined_minima
from langevin_sim.potentials.potential import Factor, Potential, Region, rebuildable

MAX_REGIONS = 64
_SPACE = Domain()
_TRIALS = 32
_MOST_SEARCHED = 8  # largest dimension in which a separable energy is also searched without separation


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
    max_regions: int = MAX_REGIONS,
) -> Potential:
    """Make a Potential of a user's energy on a domain, with everything that can be found out about it.

    energy: an expression such as "sum((x^2-1)^2)" (see expression), whose gradient is derived; or a
    function of one point x, float64[dim], that numba can compile. For a function without ``gradient``, x -> float64[dim],
    central differences are used, with a warning. Minima are searched from many starts;
    regions are basins of steepest descent (dim <= 2) or the points nearest to each minimum (dim > 2), named
    well1, well2, .., the lowest first.
    If an expression is a soft minimum of quadratics, -tau log(exp(-q_1/tau) + exp(-q_2/tau) + ..), with
    one minimum each, the k-th region is where q_k is least (in a mixture of Gaussians: the most likely component), as
    in twowell. If it is a sum over groups of coordinates (``factors``), regions are products of those of its terms.
    If there are more than ``max_regions``, the lowest are kept, and the others form the region ``elsewhere``.
    ``temperature``: barriers below a thousandth of it are ignored, and the grid of basins covers Boltzmann's law at it.
    Raises InputError if the energy is not finite, does not confine, is not periodic on a torus, or has a wrong gradient.
    """
    check_counts(name, dim, max_regions)
    potential = _found(
        energy,
        dim,
        gradient=gradient,
        domain=domain,
        parameters=parameters or {},
        name=name,
        temperature=temperature,
        max_regions=max_regions,
    )
    soundness.check(potential, temperature)
    warn_of_limits(potential, temperature, max_regions)
    return potential


def check_counts(name: str, dim: int, max_regions: int) -> None:
    """InputError unless the dimension and the number of regions are positive."""
    if dim < 1:
        raise InputError(f"{name}: dimension {dim}: expected an integer of at least 1")
    if max_regions < 1:
        raise InputError(f"{name}: max_regions {max_regions}: expected an integer of at least 1")


def warn_of_limits(potential: Potential, temperature: float, max_regions: int) -> None:
    """Warn if the energy overflows far out, and if there are more minima than ``max_regions``."""
    if lost := soundness.overflow(potential, temperature):
        warnings.warn(lost, stacklevel=3)
    if len(potential.regions) > max_regions:
        warnings.warn(
            f"{potential.name}: more than {max_regions} minima were found: the wells of the {max_regions} lowest are regions, "
            "and the others form the region elsewhere; max_regions sets how many are kept",
            stacklevel=3,
        )


def _found(
    energy: str | Callable[..., Any],
    dim: int,
    *,
    gradient: Callable[..., Any] | None,
    domain: Domain,
    parameters: Mapping[str, float],
    name: str,
    temperature: float,
    max_regions: int,
) -> Potential:
    """The potential of make(), without the checks of its arguments."""
    values = dict(parameters)
    factors: tuple[Factor, ...] | None = None
    degree = np.inf
    forms: list[Form] | None = None
    given: int | None = None
    if isinstance(energy, str):
        compiled = compile_expression(energy, dim, values)
        values, constants, degree = dict(compiled.parameters), compiled.constants, compiled.degree
        given = compiled.given if domain.kind == "space" and compiled.degree != 2 else None
        forms = None if domain.kind == "torus" else compiled.components
        block_energy, block_gradient = compiled.block_energy, compiled.block_gradient
        terms = separated(energy, dim)
        made: dict[tuple[str, int], Potential] = {}
        for coordinates, text, used in terms:
            key = (text, len(coordinates))
            if key not in made:
                own = {parameter: values[parameter] for parameter in used}
                # one more than the sum keeps, because a term with more wells than the sum keeps gives the sum more as well
                made[key] = _found(
                    text,
                    key[1],
                    gradient=None,
                    domain=domain,
                    parameters=own,
                    name=text,
                    temperature=temperature,
                    max_regions=max_regions + 1,
                )
        factors = tuple(Factor(where, made[text, len(where)]) for where, text, _ in terms) or None
    else:
        if gradient is None:
            warnings.warn(f"{name}: the gradient is taken by central differences of the energy ({python.STEP:g})", stacklevel=2)
        constants = np.empty(0)
        block_energy, block_gradient = python.block_functions(energy, gradient, dim, name)
    draft = drafted(name, dim, domain, values, constants, block_energy, block_gradient)
    return explored(replace(draft, factors=factors, given=given), degree, temperature, max_regions, forms)


def drafted(
    name: str,
    dim: int,
    domain: Domain,
    parameters: Mapping[str, float],
    constants: np.ndarray,
    block_energy: Any,
    block_gradient: Any,
) -> Potential:
    """A potential with only an energy and a gradient; until its regions are known, every point is in the first region."""
    return Potential(
        name=name,
        dim=dim,
        parameters=parameters,
        constants=constants,
        block_energy=block_energy,
        block_gradient=block_gradient,
        block_label=basins.label,
        minima=np.zeros((1, dim)),
        regions=(),
        extent=lambda T: np.tile([-1.0, 1.0], (dim, 1)),
        stability_bound=np.inf,
        domain=domain,
    )


def explored(draft: Potential, degree: float, temperature: float, max_regions: int, forms: list[Form] | None = None) -> Potential:
    """The draft with everything that can be found out about it; degree: of the energy as a polynomial in x, otherwise infinite;
    forms: the quadratic forms of a soft minimum (expression/components.py)."""
    if degree == 2 and draft.domain.kind == "space":
        draft = replace(draft, quadratic=quadratic_form(draft))
    search.periodic(draft.energy, draft.dim, draft.domain, draft.name, temperature)
    return _known(draft, temperature, max_regions, forms)


def _known(draft: Potential, temperature: float, max_regions: int, forms: list[Form] | None) -> Potential:
    """The draft with its minima, regions, extent, stability bound and symmetry; forms: those of a soft minimum."""
    found = _minima(draft, temperature, max_regions, forms)
    extent = _extent(draft, found)
    box = extent(temperature)
    if draft.factors is None:
        wells = basins.dominated(forms, found) if forms and len(found) > 1 else None
        if wells is None:
            # a sum of many terms is slow, so its gradient is interpolated on a grid
            slow = draft.terms is not None and draft.dim == 2 and len(found) > 1
            slope = basins.interpolated(draft.gradient, box) if slow else draft.gradient
            wells = basins.wells(draft.energy, slope, found, box, draft.domain)
        groups: list[basins.Group] = [(range(draft.dim), wells)]
        rows = np.arange(len(found))[:, None]
        curvature = max(float(np.nan_to_num(np.linalg.eigvalsh(hessian(draft, point))[-1])) for point in found[:max_regions])
        bound = 2.0 / curvature if curvature > 0 else np.inf
    else:
        draft, groups = _on_grid(draft, draft.factors, box)
        rows = separable.indices(draft.factors or (), found)
        bound = min(factor.potential.stability_bound for factor in draft.factors or ())
    known = replace(
        draft,
        minima=found[:max_regions],
        regions=_regions(draft, found, rows, groups, max_regions),
        extent=extent,
        constants=np.concatenate([draft.constants, basins.labelling(groups, rows[:max_regions])]),
        stability_bound=bound,
    )
    return replace(known, symmetry="axial" if _axial(known) else "")


def _on_grid(draft: Potential, factors: tuple[Factor, ...], box: np.ndarray) -> tuple[Potential, list[basins.Group]]:
    """The draft with the regions of its factors, on the grid of the sum if they need one; and their wells."""
    made: dict[tuple[int, bytes], tuple[Potential, np.ndarray]] = {}
    placed: list[Factor] = []
    groups: list[basins.Group] = []
    for factor in factors:
        own, part = factor.potential, box[list(factor.coordinates)]
        wells = basins.only_wells(own.constants)
        on_grid = basins.depends_on_box(wells)
        key = (id(own), part.tobytes() if on_grid else b"")
        if key not in made:
            if on_grid:
                wells = basins.wells(own.energy, own.gradient, own.minima, part, own.domain)
            tail = basins.labelling([(range(own.dim), wells)], np.arange(len(own.minima))[:, None])
            made[key] = replace(own, constants=np.concatenate([basins.unlabelled(own.constants), tail])), wells
        potential, wells = made[key]
        placed.append(Factor(factor.coordinates, potential))
        groups.append((factor.coordinates, wells))
    return replace(draft, factors=tuple(placed)), groups


def _minima(draft: Potential, temperature: float, max_regions: int, forms: list[Form] | None) -> np.ndarray:
    """All minima [k, dim], the lowest first; if they are products of the minima of terms, at most max_regions + 1."""
    if draft.quadratic is not None and draft.terms is not None:  # a search on a sum of many terms would take long
        return draft.quadratic.centre[None]
    if draft.factors is None or draft.dim <= _MOST_SEARCHED:
        cost = 1 if draft.terms is None else draft.terms.n_terms
        centres = [np.linalg.lstsq(-2.0 * form.curvature, form.slope, rcond=None)[0] for form in forms or ()]
        found = search.minima(
            draft.energy,
            draft.gradient,
            draft.dim,
            draft.domain,
            draft.name,
            temperature,
            also=centres,
            cost=cost,
            further=draft.factors is None,  # minima of a sum that the search misses follow from its terms
        )
        refined = with_refined_minima(replace(draft, minima=found)).minima
        moved = np.abs(refined - found).max(axis=1)
        # Newton's method may leave a flat minimum, or the domain
        inside = ((refined >= draft.domain.low) & (refined <= draft.domain.high)).all(axis=1) | (draft.domain.kind == "torus")
        better = np.isfinite(refined).all(axis=1) & inside & (moved < 1e-2 * (1.0 + np.abs(found).max(axis=1)))
        found = np.where(better[:, None], refined, found)
        if draft.factors is None:
            return found
    rows = separable.lowest(draft.factors, max_regions + 1)
    points = separable.points(draft.factors, rows)
    if draft.dim > _MOST_SEARCHED:
        return points
    # minima that the search found are kept as they are; those that it missed are added
    known = separable.indices(draft.factors, found)
    kept = np.sort(np.unique(known, axis=0, return_index=True)[1])
    found, known = found[kept], known[kept]
    missed = [k for k, row in enumerate(rows) if not (known == row).all(axis=1).any()]
    found = np.concatenate([found, points[missed]])
    energies = draft.energy(found)
    spread = max(1.0, float(np.abs(energies).max()))
    return found[np.argsort(np.round(energies / spread, 12), kind="stable")] if missed else found


def _extent(draft: Potential, minima: np.ndarray) -> Callable[[float], np.ndarray]:
    if draft.factors is not None and draft.dim > _MOST_SEARCHED:
        return reach.of_factors(draft.factors, draft.dim)
    if draft.given is not None and draft.factors is None and draft.dim > 2:
        return reach.given_one(Conditional(draft))
    directions = None if draft.quadratic is None else np.linalg.eigh(draft.quadratic.curvature)[1].T
    return reach.extent(draft.energy, minima, draft.domain, directions)


def _regions(
    draft: Potential, minima: np.ndarray, rows: np.ndarray, groups: list[basins.Group], max_regions: int
) -> tuple[Region, ...]:
    """The regions well1, well2, .. in the order of the minima; the others form ``elsewhere``."""
    rule = "steepest descent leads to its minimum" if max(len(where) for where, _ in groups) <= 2 else "nearest to its minimum"
    if all(basins.dominates(wells) for _, wells in groups):
        rule = "the term of the soft minimum that is least at its minimum is the least"
    regions = []
    for k, (point, row) in enumerate(zip(minima[:max_regions], rows, strict=False)):
        indices = None if draft.factors is None else tuple(int(index) for index in row)
        regions.append(Region(f"well{k + 1}", rule, point, indices))
    if len(minima) > max_regions:
        regions.append(Region("elsewhere", f"in none of the {max_regions} lowest wells", minima[max_regions]))
    return tuple(regions)


def _axial(potential: Potential) -> bool:
    """Whether U and the regions depend on (x_1, |(x_2..x_d)|) only; tested by random rotations of (x_2, .., x_d)."""
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
