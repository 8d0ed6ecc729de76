"""Recognise an energy that is a soft minimum of quadratics, U = rest - tau log sum_k exp(e_k), from its text."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from langevin_sim.expression.nodes import FUNCTIONS, Node

_MOST = 4_000_000  # limit on the numbers in all forms together

_OF_NUMBERS: dict[str, Callable[..., float]] = {name: getattr(math, name) for name in FUNCTIONS if hasattr(math, name)} | {
    "abs": abs
}


class Form(NamedTuple):
    """constant + slope . x + x^T curvature x, for x [dim]."""

    constant: float
    slope: np.ndarray
    curvature: np.ndarray

    def plus(self, other: "Form") -> "Form":
        """The sum of two forms."""
        return Form(self.constant + other.constant, self.slope + other.slope, self.curvature + other.curvature)

    def times(self, factor: float) -> "Form":
        """A multiple."""
        return Form(factor * self.constant, factor * self.slope, factor * self.curvature)


class _NotQuadratic(Exception):
    """The tree is not a quadratic form."""


def components(root: Node, dim: int, values: Mapping[str, float]) -> list[Form] | None:
    """The exponents e_k, k = 1, 2, .., if U has one logarithm of a sum of exponentials of quadratics; otherwise None."""
    found: list[list[Form]] = []
    for term in _terms(root):
        if term.kind == "call" and term.name in ("log", "logaddexp"):
            try:
                found.append(list(_exponents(term, _Reader(dim, values))))
            except (_NotQuadratic, ArithmeticError, ValueError):
                return None
    if len(found) != 1 or len(found[0]) < 2 or len(found[0]) * (1 + dim + dim * dim) > _MOST:
        return None
    return found[0]


def _terms(node: Node) -> Iterator[Node]:
    """The terms that are added up, without their weights."""
    if node.kind in ("add", "negate", "multiply", "divide"):
        for child in node.children:
            yield from _terms(child)
    else:
        yield node


def _exponents(node: Node, read: "_Reader") -> Iterator[Form]:
    """The e_k of log(sum_k exp(e_k)), where exp(e_k) may have weights and factors."""
    if node.kind == "call" and node.name == "logaddexp":
        for child in node.children:
            inner = child.kind == "call" and child.name in ("log", "logaddexp")
            yield from _exponents(child, read) if inner else [read.form(child)]
    else:
        yield from _logarithms(node.children[0], 0.0, read)


def _logarithms(node: Node, shift: float, read: "_Reader") -> Iterator[Form]:
    """The exponents of a sum of exponentials that is multiplied by e^shift."""
    if node.kind == "add":
        for child in node.children:
            yield from _logarithms(child, shift, read)
        return
    if node.kind == "divide":
        yield from _logarithms(node.children[0], shift - math.log(read.number(node.children[1])), read)
        return
    total = read.flat(shift)
    for factor in node.children if node.kind == "multiply" else [node]:
        if factor.kind == "call" and factor.name == "exp":
            total = total.plus(read.form(factor.children[0]))
        elif factor.kind == "add" and node.kind == "multiply":
            others = [child for child in node.children if child is not factor]
            yield from _logarithms(factor, shift + sum(math.log(read.number(other)) for other in others), read)
            return
        else:
            total = total.plus(read.flat(math.log(read.number(factor))))
    yield total


class _Reader:
    """Reads trees as quadratic forms of x [dim], with values for the parameters; raises _NotQuadratic for other trees."""

    def __init__(self, dim: int, values: Mapping[str, float]) -> None:
        self.dim, self.values = dim, values

    def flat(self, constant: float) -> Form:
        """A constant form."""
        return Form(constant, np.zeros(self.dim), np.zeros((self.dim, self.dim)))

    def number(self, node: Node) -> float:
        """The value of a tree without coordinates."""
        form = self.form(node)
        if form.slope.any() or form.curvature.any():
            raise _NotQuadratic
        return form.constant

    def form(self, node: Node) -> Form:
        """The quadratic form that a tree stands for."""
        if node.kind == "number":
            return self.flat(float(node.value))
        if node.kind == "parameter":
            return self.flat(self.values[node.name])
        if node.kind == "coordinate":
            return Form(0.0, np.eye(self.dim)[node.index], np.zeros((self.dim, self.dim)))
        if node.kind == "add":
            total = self.flat(0.0)
            for child in node.children:
                total = total.plus(self.form(child))
            return total
        if node.kind == "negate":
            return self.form(node.children[0]).times(-1.0)
        if node.kind == "multiply":
            total = self.flat(1.0)
            for child in node.children:
                total = self._product(total, self.form(child))
            return total
        if node.kind == "divide":
            return self.form(node.children[0]).times(1.0 / self.number(node.children[1]))
        if node.kind == "power":
            return self._power(self.form(node.children[0]), self.number(node.children[1]))
        if node.kind == "reduce" and node.name in ("sum", "mean"):
            return self._sum(node)
        if node.kind == "call" and node.name in _OF_NUMBERS:
            return self.flat(float(_OF_NUMBERS[node.name](*(self.number(child) for child in node.children))))
        raise _NotQuadratic

    def _product(self, one: Form, other: Form) -> Form:
        bends, bends_too = one.curvature.any(), other.curvature.any()
        if (bends and (bends_too or other.slope.any())) or (bends_too and one.slope.any()):
            raise _NotQuadratic
        across = np.outer(one.slope, other.slope)
        return Form(
            one.constant * other.constant,
            one.constant * other.slope + other.constant * one.slope,
            one.constant * other.curvature + other.constant * one.curvature + 0.5 * (across + across.T),
        )

    def _power(self, base: Form, exponent: float) -> Form:
        if not (base.slope.any() or base.curvature.any()):
            return self.flat(base.constant**exponent)
        if exponent not in (1.0, 2.0):
            raise _NotQuadratic
        return base if exponent == 1.0 else self._product(base, base)

    def _sum(self, node: Node) -> Form:
        """The sum, or mean, over all coordinates of a form in x alone."""
        own = _OfOne(1, self.values).form(node.children[0])
        share = 1.0 if node.name == "sum" else 1.0 / self.dim
        one = np.full(self.dim, own.slope[0])
        return Form(self.dim * own.constant, one, own.curvature[0, 0] * np.eye(self.dim)).times(share)


class _OfOne(_Reader):
    """Reads trees in x, the coordinate over which a sum runs."""

    def form(self, node: Node) -> Form:
        """The form in x [1]."""
        if node.kind == "x":
            return Form(0.0, np.ones(1), np.zeros((1, 1)))
        if node.kind in ("coordinate", "reduce"):
            raise _NotQuadratic
        return super().form(node)
