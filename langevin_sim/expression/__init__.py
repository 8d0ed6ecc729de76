"""An energy of one line, such as "sum((x^2-1)^2) + a*x1", compiled into the engine's block form.

x1, x2, .. are coordinates; sum, mean, max and min of one argument that contains x run over all coordinates.
Other names are parameters. Python's parser reads the text, but only a small part of Python's grammar is allowed, and nothing is
executed.
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
    """A compiled energy and its gradient.

    parameters: their values, in the order of ``names`` and of ``constants``, float64[n]; block_energy(X, E, p) and
    block_gradient(X, G, p) take ``constants`` as p, which may be longer; see engine/block.py for X, E and G.
    least_dim: the highest coordinate number in the text, at least 1. names: the parameters in the text.
    degree: the degree of a polynomial; infinite if the energy is not one.
    columns: the names in the text that stand for a column of data (one number per term of a finite sum), in the order of the
    data. If there are any, block_energy and block_gradient compute the mean over all terms, and p holds the number of
    terms and all their numbers after the parameters; block_batch_gradient is that of FiniteSum.
    components: the exponents of a soft minimum of quadratics (components.py), otherwise None.
    given: a coordinate given which the energy is quadratic in all others (structure.py), otherwise None.
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
    given: int | None = None


def compile_expression(text: str, dim: int, parameters: Mapping[str, float], columns: Sequence[str] = ()) -> Expression:
    """Compile the expression in dim dimensions, with values for all its parameters; columns: names of columns of data.

    Other values or another dimension use the same code. Raises a one-line InputError if the text is not an
    expression, if a coordinate is beyond dim, if a parameter has no value, or if SymPy is not installed.
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
            raise InputError(f"expr: parameter {name!r} has no value{here}")
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
        raise InputError("expr: nested too deeply to be differentiated") from None
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
        None if own or dim < 2 else structure.given(root, dim),
    )


def separated(text: str, dim: int) -> list[tuple[tuple[int, ...], str, list[str]]]:
    """[(coordinates, expression, its parameters)]: U as a sum over groups of coordinates, numbered from 1 within each group.

    Empty if U couples all coordinates.
    """
    terms = structure.separated(parse(text), dim)
    if len(terms) == 1:
        return []
    try:
        return [(coordinates, structure.text(tree), parameter_names(structure.text(tree))) for coordinates, tree in terms]
    except InputError:  # with all weights multiplied out it is too long for an expression
        return []
