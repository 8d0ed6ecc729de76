"""What a tree tells about the energy: whether it is a sum over groups of coordinates, and its degree."""

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from langevin_sim.expression import nodes
from langevin_sim.expression.nodes import Node

# the binding strength of an operation, and the least binding strength of its first operand and of the others
_BINDING = {"add": (1, (2, 2)), "multiply": (2, (3, 3)), "divide": (2, (2, 3)), "negate": (3, (4, 4)), "power": (4, (5, 3))}
_SIGN = {"add": " + ", "multiply": "*", "divide": "/", "power": "^"}


def separated(root: Node, dim: int) -> list[tuple[tuple[int, ...], Node]]:
    """[(coordinates, tree)]: U = sum of the trees, each on its own coordinates, numbered from 0 within them.

    Additive terms that share a coordinate, directly or through other terms, are in one tree. A sum over
    coordinates couples nothing: each tree has its share of it. The trees are in the order of their first coordinates; if U
    cannot be separated, there is one tree on all coordinates.
    """
    terms = list(_terms(root, nodes.number(Fraction(1)), dim))
    parent = list(range(dim))

    def first(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    coupled: list[list[int]] = [[] if _separable(core) else sorted(_coordinates(core, dim)) for _, core in terms]
    for coordinates in coupled:
        for index in coordinates[1:]:
            low, high = sorted((first(coordinates[0]), first(index)))
            parent[high] = low
    groups: dict[int, list[int]] = {}
    for index in range(dim):
        groups.setdefault(first(index), []).append(index)
    if len(groups) == 1:
        return [(tuple(range(dim)), root)]
    shares: dict[int, list[Node]] = {begin: [] for begin in groups}
    for (weight, core), coordinates in zip(terms, coupled, strict=True):
        if _separable(core):
            for share in shares.values():
                share.append(nodes.multiply([weight, core]))
        else:  # a constant belongs to the first coordinate
            begin = first(coordinates[0]) if coordinates else 0
            place = {index: k for k, index in enumerate(groups[begin])}
            shares[begin].append(nodes.multiply([weight, _renumbered(core, place)]))
    return [(tuple(members), nodes.add(shares[begin] or [nodes.number(Fraction(0))])) for begin, members in groups.items()]


def degree(node: Node) -> float:
    """The degree of a polynomial in the coordinates; infinite if the tree is not one."""
    if node.kind in ("number", "parameter"):
        return 0
    if node.kind in ("coordinate", "x"):
        return 1
    return _degree([degree(child) for child in node.children], node)


def _degree(inner: list[float], node: Node) -> float:
    """That of an operation on polynomials of the degrees ``inner``."""
    if not any(inner):
        return 0
    if node.kind in ("add", "negate"):
        return max(inner)
    if node.kind == "multiply":
        return sum(inner)
    if node.kind == "divide":
        return inner[0] if inner[1] == 0 else math.inf
    if node.kind == "power":
        exponent = node.children[1]
        return inner[0] * int(exponent.value) if exponent.kind == "number" and _natural(exponent.value) else math.inf
    return inner[0] if node.kind == "reduce" and node.name in ("sum", "mean") else math.inf


def given(root: Node, dim: int) -> int | None:
    """A coordinate with which everything but a quadratic form in all others is fixed; None where there is none.

    U = c(s) + b(s).y + y.A(s) y / 2 with s that coordinate and y the others, as in a funnel or a bent Gaussian.
    """
    named = {part.index for part in root.walk() if part.kind == "coordinate"}
    return next((index for index in sorted(named) if index < dim and _degree_given(root, index) == 2), None)


def _degree_given(node: Node, index: int) -> float:
    """The degree of a polynomial in all coordinates but one, whatever the tree is in that one."""
    if node.kind in ("number", "parameter"):
        return 0
    if node.kind in ("coordinate", "x"):
        return 0 if node.kind == "coordinate" and node.index == index else 1
    return _degree([_degree_given(child, index) for child in node.children], node)


def text(node: Node, binding: int = 0) -> str:
    """The tree written as an expression; reading it gives the same tree."""
    if node.kind == "number":
        written = "pi" if node.value == math.pi else str(node.value)
        return f"({written})" if (binding > 2 and "/" in written) or (binding > 3 and written.startswith("-")) else written
    if node.kind in ("parameter", "x"):
        return node.name or "x"
    if node.kind == "coordinate":
        return f"x{node.index + 1}"
    if node.kind in ("call", "reduce"):
        return f"{node.name}({', '.join(map(text, node.children))})"
    own, inner = _BINDING[node.kind]
    parts = [text(child, inner[min(k, 1)]) for k, child in enumerate(node.children)]
    written = "-" + parts[0] if node.kind == "negate" else _SIGN[node.kind].join(parts).replace(" + -", " - ")
    return f"({written})" if own < binding else written


def _terms(node: Node, weight: Node, dim: int) -> Iterator[tuple[Node, Node]]:
    """(weight, term): the additive terms of weight * node; weights contain no coordinates."""
    if node.kind == "add":
        for child in node.children:
            yield from _terms(child, weight, dim)
    elif node.kind == "negate":
        yield from _terms(node.children[0], nodes.negate(weight), dim)
    elif node.kind == "divide" and not _coordinates(node.children[1], dim):
        yield from _terms(node.children[0], nodes.divide(weight, node.children[1]), dim)
    elif node.kind == "multiply" and len(factors := [c for c in node.children if _coordinates(c, dim)]) == 1:
        others = [child for child in node.children if child is not factors[0]]
        yield from _terms(factors[0], nodes.multiply([weight, *others]), dim)
    elif node.kind == "reduce" and node.name == "mean":
        yield nodes.divide(weight, nodes.number(Fraction(dim))), replace(node, name="sum")
    else:
        yield weight, node


def _separable(term: Node) -> bool:
    return term.kind == "reduce" and term.name == "sum"


def _coordinates(node: Node, dim: int) -> set[int]:
    """The indices of the coordinates that a tree depends on."""
    found: set[int] = set()
    for part in node.walk():
        if part.kind == "reduce":
            return set(range(dim))
        if part.kind == "coordinate":
            found.add(part.index)
    return found


def _renumbered(node: Node, place: dict[int, int]) -> Node:
    if node.kind == "coordinate":
        return replace(node, index=place[node.index])
    return replace(node, children=tuple(_renumbered(child, place) for child in node.children)) if node.children else node


def _natural(value: nodes.Number) -> bool:
    return value >= 0 and value == int(value)
