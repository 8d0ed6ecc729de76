"""An energy of one line, such as "sum((x^2-1)^2) + a*x1", compiled into the engine's block form.

x1, x2, .. are coordinates; sum, mean, max and min of one argument that contains x run over all coordinates.
Other names are parameters. Python's parser reads the text, of which a small part of its grammar is allowed; it is never executed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from langevin_sim.errors import InputError, UnknownNameError
from langevin_sim.expression import structure
from langevin_sim.expression.components import Form, components
from langevin_sim.expression.grammar import least_dim, names_in, parameter_names, parse

__all__ = ["Expression", "Form", "compile_expression", "parameter_names", "separated"]


@dataclass(frozen=True, eq=False)
class Expression:
    """An energy and its gradient, compiled.

    parameters: in the order of ``constants`` (and of ``names``), float64[n], which block_energy(X, E, p) and
    block_gradient(X, G, p) take as p (more may follow there); see engine/block.py for X, E and G.
    least_dim: the highest number of a coordinate in the text, at least 1. names: of the parameters in the text.
    degree: of a polynomial; infinite for what is not one.
    columns: of the names in the text, those that stand for a number of each term of a finite sum, in the order of the
    columns of data. Where there are any, block_energy and block_gradient are the mean over all terms, and take the number of
    terms and all their numbers behind the parameters; block_batch_gradient is that of FiniteSum.
    components: the exponents of a soft minimum of quadratics (components.py), else None.
    """

    text: str
    dim: int
    parameters: dict[str, float]
    constants: np.ndarray
    block_energy: Any
    block_gradient: Any
    least_dim: int
    names: tuple[str, ...]
    degree: float
    columns: tuple[str, ...] = ()
    block_batch_gradient: Any = None
    components: list[Form] | None = None


def compile_expression(text: str, dim: int, parameters: Mapping[str, float], columns: Sequence[str] = ()) -> Expression:
    """The expression in dim dimensions, with values for all of its parameters; columns: names that stand for a term's numbers.

    Other values, or another dimension, are the same code. Raises InputError, of one line, for what is not an
    expression, for a coordinate beyond dim, for a parameter without a value, and without SymPy.
    """
    root = parse(text)
    used, least = names_in(root), least_dim(root)
    own = [name for name in columns if name in used]
    names = [name for name in used if name not in own]
    if dim < least:
        raise InputError(
            f"expr: x{least}: expected a dimension of at least {least}, got {dim}"
            if dim >= 1
            else f"expr: dimension {dim}: expected an integer of at least 1"
        )
    for name in parameters:
        if name not in names:
            raise UnknownNameError("parameter of the expression", name, names)
    values: dict[str, float] = {}
    for name in names:
        if name not in parameters:
            here = f"; the columns of the data are {', '.join(columns)}" if columns else ""
            raise InputError(f"expr: {name!r}: a parameter without a value{here}")
        values[name] = float(parameters[name])
        if not math.isfinite(values[name]):
            raise InputError(f"expr: {name} = {values[name]}: expected a finite number")
    try:
        from langevin_sim.expression import generate, symbolic
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("sympy", "mpmath"):
            raise
        raise InputError("expr: expressions need SymPy: pip install 'langevin-sim[expr]'") from None
    from langevin_sim.expression import store

    try:
        source = generate.source(text, symbolic.formula(root, names, own))
    except RecursionError:
        raise InputError("expr: nested too deeply for its gradient") from None
    module = store.load(source)
    return Expression(
        text,
        dim,
        values,
        np.array(list(values.values())),
        module.energy,
        module.gradient,
        least,
        tuple(names),
        structure.degree(root),
        tuple(own),
        getattr(module, "batch_gradient", None),
        None if own else components(root, dim, values),
    )


def separated(text: str, dim: int) -> list[tuple[tuple[int, ...], str, list[str]]]:
    """[(coordinates, expression, its parameters)]: U as a sum over groups of coordinates, numbered from 1 within each.

    Empty where U couples all coordinates.
    """
    terms = structure.separated(parse(text), dim)
    if len(terms) == 1:
        return []
    try:
        return [(coordinates, structure.text(tree), parameter_names(structure.text(tree))) for coordinates, tree in terms]
    except InputError:  # longer than an expression may be, with all weights multiplied out
        return []
