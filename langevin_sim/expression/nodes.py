"""The nodes of an expression's tree; constants are folded when a node is made."""

import math
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce

from langevin_sim.errors import InputError

MOST_NODES = 500
LARGEST_POWER = 64
_EXACT_BITS = 64  # limit for numerator and denominator; longer numbers become float64

FUNCTIONS: dict[str, int] = {
    "exp": 1,
    "log": 1,
    "sqrt": 1,
    "sin": 1,
    "cos": 1,
    "tan": 1,
    "tanh": 1,
    "sinh": 1,
    "cosh": 1,
    "abs": 1,
    "logaddexp": 2,
    "min": 0,
    "max": 0,
}
REDUCTIONS = ("sum", "mean", "max", "min")
RESERVED = {*FUNCTIONS, *REDUCTIONS, "x", "pi"}

Number = Fraction | float


@dataclass(frozen=True)
class Node:
    """One operation. kind: number, parameter, coordinate, x, add, multiply, divide, negate, power, call or reduce.

    value: the value of a number; name: the name of a parameter, function or reduction; index: the index of a coordinate, from 0.
    degree: the product of nested powers.
    """

    kind: str
    children: tuple["Node", ...] = ()
    value: Number = Fraction(0)
    name: str = ""
    index: int = 0
    degree: int = 1

    def walk(self) -> Iterator["Node"]:
        """This node and all below it, in the order of the text."""
        yield self
        for child in self.children:
            yield from child.walk()


def number(value: Number) -> Node:
    """A constant: a fraction if that is short, otherwise a float64. Raises ArithmeticError if it is not finite."""
    if isinstance(value, Fraction) and max(value.numerator.bit_length(), value.denominator.bit_length()) > _EXACT_BITS:
        value = float(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise OverflowError("beyond the largest float64")
        if value.is_integer() and abs(value) < 2.0**53:
            value = Fraction(int(value))
    return Node("number", value=value, degree=0)


def add(terms: list[Node]) -> Node:
    """The sum of the terms; constants are added up."""
    terms = _joined(operator.add, terms)
    return terms[0] if len(terms) == 1 else Node("add", tuple(terms), degree=max(term.degree for term in terms))


def negate(term: Node) -> Node:
    """-term."""
    return number(-term.value) if term.kind == "number" else Node("negate", (term,), degree=term.degree)


def multiply(factors: list[Node]) -> Node:
    """The product of the factors; constants are multiplied."""
    factors = _joined(operator.mul, factors)
    return factors[0] if len(factors) == 1 else Node("multiply", tuple(factors), degree=sum(factor.degree for factor in factors))


def divide(above: Node, below: Node) -> Node:
    """above / below."""
    if below.kind == "number" and below.value == 0:
        raise ZeroDivisionError("division by zero")
    if _constant([above, below]):
        return number(above.value / below.value)
    return Node("divide", (above, below), degree=above.degree + below.degree)


def power(base: Node, exponent: Node) -> Node:
    """base ^ exponent."""
    degree = base.degree
    if exponent.kind == "number":
        size = abs(float(exponent.value))
        if size > LARGEST_POWER:
            raise ArithmeticError(f"exponents are limited to {LARGEST_POWER}")
        degree = math.ceil(size) * base.degree
        if degree > max(LARGEST_POWER, base.degree):
            raise ArithmeticError(f"nested powers have degree {degree}; the limit is {LARGEST_POWER}")
        if base.kind == "number":
            return number(_constant_power(base.value, exponent.value))
    return Node("power", (base, exponent), degree=degree)


def call(name: str, arguments: list[Node]) -> Node:
    """A function of its arguments."""
    if _constant(arguments):
        return number(_CONSTANT[name](_values(arguments)))
    return Node("call", tuple(arguments), name=name)


def _joined(join: Callable[[Number, Number], Number], nodes: list[Node]) -> list[Node]:
    constants = [node for node in nodes if node.kind == "number"]
    if len(constants) < 2:
        return nodes
    return [number(reduce(join, _values(constants))), *[node for node in nodes if node.kind != "number"]]


def _values(nodes: list[Node]) -> list[Number]:
    return [node.value for node in nodes]


def _constant(nodes: list[Node]) -> bool:
    return all(node.kind == "number" for node in nodes)


def _constant_power(base: Number, exponent: Number) -> Number:
    if base == 0 and exponent < 0:
        raise ZeroDivisionError("division by zero")
    if exponent == int(exponent):
        return base ** int(exponent)
    if base < 0:
        raise ValueError("fractional power of a negative number")
    return float(base) ** float(exponent)


def _of_one(function: Callable[[float], float]) -> Callable[[list[Number]], Number]:
    return lambda values: function(float(values[0]))


def _logaddexp(values: list[Number]) -> Number:
    a, b = float(values[0]), float(values[1])
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))


_CONSTANT: dict[str, Callable[[list[Number]], Number]] = {
    **{name: _of_one(getattr(math, name)) for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "tanh", "sinh", "cosh")},
    "abs": lambda values: max(values[0], -values[0]),
    "min": lambda values: min(values),
    "max": lambda values: max(values),
    "logaddexp": _logaddexp,
}


def checked_size(root: Node) -> Node:
    """The tree; InputError if it is too large."""
    count = sum(1 for _ in root.walk())
    if count > MOST_NODES:
        raise InputError(f"expr: {count} operations, numbers and names; the limit is {MOST_NODES}")
    return root
