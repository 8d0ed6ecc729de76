"""User-defined finite sums: from the energy of one term and the data of all terms to a Potential."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from langevin_sim.dynamics.domain import Domain
from langevin_sim.errors import InputError
from langevin_sim.potentials.custom import search, soundness, terms
from langevin_sim.potentials.custom.make import MAX_REGIONS, check_counts, drafted, explored, warn_of_limits
from langevin_sim.potentials.potential import FiniteSum, Potential, rebuildable

_SPACE = Domain()
_POINTS = 16  # number of points at which the noise is compared
_ROUNDING = 1e-9  # fraction of a term's largest gradient, within which the noise counts as the same
_TAKEN = re.compile(r"x|pi|x[0-9]+")


@rebuildable
def finite_sum(
    term: str | Callable[..., Any],
    dim: int,
    data: Any,
    *,
    gradient: Callable[..., Any] | None = None,
    domain: Domain = _SPACE,
    parameters: Mapping[str, float] | None = None,
    name: str = "own",
    temperature: float = 1.0,
    max_regions: int = MAX_REGIONS,
) -> Potential:
    """U(x) = (1/n) sum_i V(x, row_i), the loss of a model on n rows of data, from which SGD draws its batches.

    term: V as an expression in x1, x2, .., parameters and names of columns, such as "(a*x1 - y)^2/2", whose
    gradient is derived; or a function of one point and one row, float64[dim] and float64[columns], that numba can compile.
    The gradient of a function is ``gradient``, (x, row) -> float64[dim], or else central differences. data: columns by
    name, as in a dict, a pandas DataFrame or the result of ``read_columns``; for a function also an array [n, columns].
    The other arguments are those of ``make``, which describes what is found out about U. The sum and every term are checked like
    any energy: they must be finite and have the right gradient. If grad V_i - grad U is the same at every
    x, ``terms.covariance`` is that of the gradient noise, which gives SGD an effective temperature if it is isotropic.
    Also raises InputError for data that are not finite numbers, for a name that is neither a column nor a parameter with
    a value, for a column with the name of a coordinate, and for a term that contains no column.
    """
    check_counts(name, dim, max_regions)
    names, rows = _table(data, name)
    values, degree, used = dict(parameters or {}), np.inf, names
    if isinstance(term, str):
        from langevin_sim.expression import compile_expression

        _check_names(names, values, name)
        compiled = compile_expression(term, dim, values, names)
        if not compiled.columns:
            raise InputError(f"{name}: the term contains no column of the data; expected one of {', '.join(names)}")
        used = list(compiled.columns)
        rows = np.ascontiguousarray(rows[:, [names.index(column) for column in used]])
        degree = compiled.degree
        blocks = terms.Blocks(compiled.block_energy, compiled.block_gradient, compiled.block_batch_gradient)
        constants = np.concatenate([compiled.constants, [len(rows)], rows.ravel()])
    else:
        blocks = terms.block_functions(term, gradient, dim, rows.shape[1], name)
        constants = np.concatenate([rows.shape, rows.ravel()]).astype(float)
    draft = drafted(name, dim, domain, values, constants, blocks.energy, blocks.gradient)
    draft = replace(draft, terms=FiniteSum(rows, blocks.batch_gradient))
    soundness.rows_finite(draft, search.starts(dim, domain)[:_POINTS], used)
    potential = explored(draft, degree, temperature, max_regions)
    soundness.check(potential, temperature)
    soundness.check_terms(potential, lambda chosen: _of_rows(draft, chosen, isinstance(term, str)), used, temperature)
    warn_of_limits(potential, temperature, max_regions)
    return _with_constant_noise(potential, temperature)


def _table(data: Any, name: str) -> tuple[list[str], np.ndarray]:
    """The names of the columns, if any, and all numbers [n, columns]."""
    expected = f"{name}: data: expected columns of numbers by name, or an array [n, columns]"
    try:
        if hasattr(data, "keys"):
            names = [str(key) for key in data.keys()]  # noqa: SIM118  of a DataFrame
            columns = [np.asarray(data[key], dtype=float) for key in data.keys()]  # noqa: SIM118
            if {column.shape for column in columns} != {columns[0].shape[:1]} if columns else True:
                raise InputError(f"{expected}, all of the same length")
            rows = np.column_stack(columns)
        else:
            rows = np.array(data, dtype=float)
            rows = rows[:, None] if rows.ndim == 1 else rows
            names = [f"column {k + 1}" for k in range(rows.shape[-1])] if rows.ndim == 2 else []
    except (TypeError, ValueError) as error:
        raise InputError(f"{expected}: {error}") from error
    if rows.ndim != 2 or 0 in rows.shape:
        raise InputError(f"{expected}, not the shape {rows.shape}")
    bad = np.argwhere(~np.isfinite(rows))
    if len(bad):
        row, column = bad[0]
        raise InputError(f"{name}: data, row {row + 1}, {names[column]}: {rows[row, column]}: expected a finite number")
    return names, np.ascontiguousarray(rows)


def _check_names(names: list[str], values: Mapping[str, float], name: str) -> None:
    """Raise InputError for a column whose name means something else in the expression."""
    for column in names:
        if _TAKEN.fullmatch(column):
            raise InputError(f"{name}: a column is called {column!r}, which has another meaning in an expression; rename it")
        if column in values:
            raise InputError(f"{name}: {column!r} is both a column of the data and a parameter; rename one of them")


def _of_rows(draft: Potential, chosen: int, expression: bool) -> Potential:
    """The draft with the sum reduced to a single term."""
    assert draft.terms is not None, "finite_sum() has made it a sum"
    row = draft.terms.data[chosen : chosen + 1]
    head = draft.constants[: len(draft.constants) - draft.terms.data.size - (1 if expression else 2)]
    size = [1.0] if expression else [1.0, row.shape[1]]
    return replace(draft, constants=np.concatenate([head, size, row.ravel()]))


def _with_constant_noise(potential: Potential, temperature: float) -> Potential:
    """The potential with the tilts grad V_i - grad U and their covariance, if they are the same at several points."""
    terms = potential.terms
    assert terms is not None, "finite_sum() has made it a sum"
    low, high = potential.extent(temperature).T
    everything = np.arange(terms.n_terms)[:, None]
    tilts, size = np.empty(0), 0.0
    for k, point in enumerate(np.random.default_rng(0).uniform(low, high, (_POINTS, potential.dim))):
        single = potential.batch_gradient(np.tile(point, (terms.n_terms, 1)), everything)
        size = max(size, float(np.abs(single).max()))
        here = single - single.mean(axis=0)
        if k and np.abs(here - tilts).max() > _ROUNDING * size:
            return potential
        tilts = here if not k else tilts
    return replace(potential, terms=replace(terms, covariance=tilts.T @ tilts / len(tilts), tilts=tilts))
