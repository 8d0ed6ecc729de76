"""Translate Python's syntax tree into a tree of the expression language, by a whitelist of Python's nodes. Nothing is evaluated.

sum      = product (("+" | "-") product)*
product  = unary (("*" | "/") unary)*
unary    = ("+" | "-")* power
power    = atom [("^" | "**") unary]
atom     = number | name | name "(" sum ("," sum)* ")" | "(" sum ")"
"""

import ast
import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from langevin_sim.expression import nodes, syntax
from langevin_sim.expression.nodes import FUNCTIONS, REDUCTIONS, RESERVED, Node

_COORDINATE = re.compile(r"x[0-9]+")
_MOST_COORDINATES = 1_000_000
_MOST_DIGITS = 30


def parse(text: str) -> Node:
    """The tree of an expression; a one-line InputError if the text is not one."""
    source = syntax.read(text)
    return nodes.checked_size(_Reader(source).read(source.root))


def parameter_names(text: str) -> list[str]:
    """The names of the parameters of an expression, in the order in which they occur."""
    return names_in(parse(text))


def names_in(root: Node) -> list[str]:
    """The names of the parameters in a tree, in the order in which they occur."""
    return list(dict.fromkeys(node.name for node in root.walk() if node.kind == "parameter"))


def least_dim(root: Node) -> int:
    """The highest number of a coordinate in a tree, at least 1."""
    return max([1, *(node.index + 1 for node in root.walk() if node.kind == "coordinate")])


class _Reader:
    def __init__(self, source: syntax.Source) -> None:
        self.source = source
        self.depth = 0  # of nested powers
        self.inside = ""  # the reduction that is being read
        self.bare = 0  # how often x has occurred so far

    def read(self, node: ast.expr) -> Node:
        match node:
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                return self.sum(node)
            case ast.BinOp(op=ast.Mult() | ast.Div()):
                return self.product(node)
            case ast.BinOp(op=ast.Pow()):
                return self.power(node)
            case ast.UnaryOp(op=ast.UAdd() | ast.USub()):
                return self.signed(node)
            case ast.Constant():
                return self.number(node)
            case ast.Name():
                return self.name(node)
            case ast.Call(func=ast.Name(), keywords=[]):
                return self.call(node)
        raise self.source.refusal(node, "commas are only allowed between the arguments of a function")

    def chain(self, node: ast.BinOp, *kinds: type[ast.operator]) -> list[ast.BinOp]:
        """The operations of a - b + c, or of a * b / c, the first one first; brackets are not opened."""
        found = [node]
        while isinstance(left := node.left, ast.BinOp) and isinstance(left.op, kinds) and left.col_offset == node.col_offset:
            found.append(node := left)
        return found[::-1]

    def sum(self, node: ast.BinOp) -> Node:
        operations = self.chain(node, ast.Add, ast.Sub)
        terms = [self.read(operations[0].left)]
        for operation in operations:
            term = self.read(operation.right)
            terms.append(nodes.negate(term) if isinstance(operation.op, ast.Sub) else term)
        return self.made(node, nodes.add, terms)

    def product(self, node: ast.BinOp) -> Node:
        operations = self.chain(node, ast.Mult, ast.Div)
        factors = [self.read(operations[0].left)]
        for operation in operations:
            factor = self.read(operation.right)
            if isinstance(operation.op, ast.Mult):
                factors.append(factor)
            else:
                factors = [self.made(operation, nodes.divide, self.made(operation, nodes.multiply, factors), factor)]
        return self.made(node, nodes.multiply, factors)

    def power(self, node: ast.BinOp) -> Node:
        base = self.read(node.left)
        self.depth += 1
        if self.depth > syntax.DEEPEST:
            raise self.source.refusal(node, f"powers are nested more than {syntax.DEEPEST} deep")
        exponent = self.read(node.right)
        self.depth -= 1
        return self.made(node, nodes.power, base, exponent)

    def signed(self, node: ast.UnaryOp) -> Node:
        """Merge consecutive signs into one."""
        minus = isinstance(node.op, ast.USub)
        while isinstance(inner := node.operand, ast.UnaryOp) and inner.col_offset == node.col_offset + 1:
            node = inner
            minus ^= isinstance(node.op, ast.USub)
        return nodes.negate(self.read(node.operand)) if minus else self.read(node.operand)

    def number(self, node: ast.Constant) -> Node:
        text = self.source.piece(node)
        mantissa, _, exponent = text.lower().partition("e")
        exact = len(mantissa) <= _MOST_DIGITS and len(exponent) <= 3 and abs(int(exponent or "0")) <= _MOST_DIGITS
        return self.made(node, nodes.number, Fraction(text) if exact else float(text))

    def name(self, node: ast.Name) -> Node:
        name = self.source.piece(node)
        if name == "pi":
            return nodes.number(math.pi)
        if name == "x":
            if not self.inside:
                raise self.source.refusal(
                    node, "only allowed inside sum(..), mean(..), max(..) or min(..); write a single coordinate as x1, x2, .."
                )
            self.bare += 1
            return Node("x")
        if _COORDINATE.fullmatch(name):
            digits = name[1:]
            if digits[0] == "0" or len(digits) > 7 or int(digits) > _MOST_COORDINATES:
                raise self.source.refusal(node, f"coordinates are x1 to x{_MOST_COORDINATES}")
            if self.inside:
                raise self.source.refusal(node, f"numbered coordinates are not allowed inside {self.inside}(..); write x")
            return Node("coordinate", index=int(digits) - 1)
        if name in RESERVED:
            raise self.source.refusal(node, f"this is a function; write {name}(..)")
        return Node("parameter", name=name)

    def call(self, node: ast.Call) -> Node:
        name = self.source.piece(node.func)
        if name not in FUNCTIONS and name not in REDUCTIONS:
            known = ", ".join(dict.fromkeys([*FUNCTIONS, *REDUCTIONS]))
            reason = f"not a function; expected one of {known}, or an operator before the bracket"
            raise self.source.refusal(node.func, reason)
        reduced = name in REDUCTIONS and (name not in FUNCTIONS or len(node.args) == 1)
        bare, inside = self.bare, self.inside
        if reduced and not inside:
            self.inside = name
        arguments = [self.read(argument) for argument in node.args]
        self.inside = inside
        if reduced:
            if inside:
                raise self.source.refusal(node, f"a reduction inside {inside}(..) is not allowed")
            if len(arguments) != 1 or self.bare == bare:
                raise self.source.refusal(node, f"{name} over the coordinates takes one argument, which contains x")
            return Node("reduce", tuple(arguments), name=name)
        count = FUNCTIONS[name]
        if count and len(arguments) != count:
            raise self.source.refusal(node, f"expected {count} argument{'s' if count > 1 else ''}, got {len(arguments)}")
        return self.made(node, nodes.call, name, arguments)

    def made(self, node: ast.expr, make: Callable[..., Node], *arguments: Any) -> Node:
        """The result of ``make``; if arithmetic with constants fails, an error that names the place."""
        try:
            return make(*arguments)
        except ZeroDivisionError:
            reason = "division by zero"
        except OverflowError:
            reason = "this constant exceeds the largest float64"
        except (ArithmeticError, ValueError) as error:
            reason = "not a number" if "domain" in str(error) else str(error)
        raise self.source.refusal(node, reason)
