"""Write the source of a compiled energy and of its gradient, in the block form of the engine.

Walkers are processed TILE at a time: first, passes over the coordinates compute the reductions into rows of a small scratch
array; then one loop over walkers computes what depends on reductions and numbered coordinates; then one loop per coordinate
computes the gradient. A loop reads and writes few arrays, because LLVM does not vectorise if it would have to test
too many pairs of arrays for overlap; rows of scratch are a fixed distance apart and need no test.
"""

from collections.abc import Iterator

import sympy
from sympy.core.parameters import distribute

from langevin_sim.expression import sums
from langevin_sim.expression.scopes import Scope, accumulated
from langevin_sim.expression.symbolic import COUNT, Formula, Reduction, X

TILE = 256  # number of walkers: the engine's block
_MOST_PAIRS = 8  # number of pairs of arrays that LLVM tests for overlap before a loop
_MOST_ROWS = 6  # number of numbered coordinates that are read without being copied

_HEADER = '''"""{text}"""

import math

import numpy as np

from langevin_sim.expression.functions import (
    cosh,
    if_larger,
    if_smaller,
    larger,
    log_add_exp,
    real_power,
    share,
    sinh,
    smaller,
    step,
    tan,
    tanh,
)
from langevin_sim.vectormath import compiled, cos, exp, fma, log, sin
'''
_EMPTY = {"sum": "0.0", "max": "-math.inf", "min": "math.inf"}
_JOIN = {"max": "larger", "min": "smaller"}


def source(text: str, formula: Formula) -> str:
    """The source of a module with energy(X, E, p) and gradient(X, G, p).

    For a formula with columns, it has term_energy(X, E, p, D) and term_gradient(X, G, p, D) of one term for each walker,
    where D [columns, n] holds each walker's numbers; energy, gradient and batch_gradient are then those of the sum (sums.py).
    """
    with distribute(False):
        parts = [_HEADER.format(text=text), _Energy(formula).code(), _Gradient(formula).code()]
    if formula.columns:
        parts.append(sums.source(len(formula.parameters), len(formula.columns)))
    return "\n\n".join(parts)


class _Function:
    """The common part of both functions: scratch rows, header and reductions."""

    name = out = ""

    def __init__(self, formula: Formula) -> None:
        self.formula = formula
        numbers = {symbol: repr(value) if value >= 0 else f"({value!r})" for symbol, value in formula.constants.items()}
        names = {symbol: symbol.name for symbol in formula.parameters.values()}
        self.before = Scope({**numbers, **names, COUNT: "inverse_dim"}, prefix="a")
        self.columns: dict[sympy.Symbol, str] = {}
        self.symbols: Iterator[sympy.Symbol] = sympy.numbered_symbols("c")
        self.body: list[str] = []
        self.rows = 0

    def code(self) -> str:
        """The text of the function."""
        self.read_columns()
        self.fill()
        body = "\n".join(self.body)
        head = f"def term_{self.name}(X, {self.out}, p, D):" if self.columns else f"def {self.name}(X, {self.out}, p):"
        lines = ["@compiled", head, "    dim, n = X.shape"]
        if "inverse_dim" in body or any("inverse_dim" in line for line in self.before.lines):
            lines.append("    inverse_dim = 1.0 / dim")
        # read before the loops, inside which p might overlap with an output
        lines += [f"    {symbol} = p[{k}]" for k, symbol in enumerate(self.formula.parameters.values())]
        lines += [f"    {line}" for line in self.before.lines]
        if self.rows:
            lines.append(f"    scratch = np.empty({self.rows * TILE})")
            lines += [f"    s{k} = scratch[{k * TILE} : {(k + 1) * TILE}]" for k in range(self.rows)]
        lines += [f"    for begin in range(0, n, {TILE}):", f"        width = min({TILE}, n - begin)"]
        return "\n".join(lines) + "\n" + body + "\n"

    def fill(self) -> None:
        """Write the body."""
        raise NotImplementedError

    def row(self) -> str:
        """A new row of scratch."""
        self.rows += 1
        return f"s{self.rows - 1}"

    def add(self, depth: int, *lines: str) -> None:
        """Add lines inside the loop over tiles."""
        self.body += ["    " * (2 + depth) + line for line in lines]

    def loop(self, depth: int, *lines: str) -> None:
        """Add a loop over the walkers of the tile."""
        self.add(depth, "for i in range(width):")
        self.add(depth + 1, *lines)

    def slice(self, depth: int, name: str, array: str, index: str) -> None:
        """Add a variable for the part of a row of X or G that belongs to the tile."""
        self.add(depth, f"{name} = {array}[{index}, begin : begin + width]")

    def read_columns(self) -> None:
        """Copy each walker's numbers to scratch, which cannot overlap with an output."""
        for k, symbol in enumerate(self.formula.columns.values()):
            row = self.row()
            self.slice(0, "d", "D", str(k))
            self.loop(0, f"{row}[i] = d[i]")
            self.columns[symbol] = f"{row}[i]"

    def inner(self, reduction: Reduction, prefix: str = "f") -> tuple[Scope, str]:
        """The reduced term at one coordinate; always the same operations, so that the gradient of max finds the exact value."""
        scope = Scope({X: "x[i]", **self.columns}, self.before, prefix=prefix)
        return scope, scope.shared([reduction.inner], self.symbols)[0]

    def reduce(self, needed: list[tuple[Reduction, str]]) -> None:
        """Add one pass over the coordinates for each reduction, which leaves the result in its row."""
        for reduction, row in needed:
            scope = Scope({X: "x[i]", **self.columns}, self.before, prefix="f")
            if reduction.kind == "sum":
                code = accumulated(scope, reduction.inner, f"{row}[i]")
            else:
                scope, value = self.inner(reduction)
                code = f"{_JOIN[reduction.kind]}({row}[i], {value})"
            self.loop(0, f"{row}[i] = {_EMPTY[reduction.kind]}")
            self.add(0, "for j in range(dim):")
            self.slice(1, "x", "X", "j")
            self.loop(1, *scope.lines, f"{row}[i] = {code}")

    def coordinates(self, used: set[sympy.Symbol]) -> dict[sympy.Symbol, str]:
        """The code that reads each numbered coordinate in a loop over walkers."""
        numbered = {index: symbol for index, symbol in self.formula.coordinates.items() if symbol in used}
        names = {}
        for index, symbol in numbered.items():
            self.slice(0, f"x{index + 1}", "X", str(index))
            names[symbol] = f"x{index + 1}[i]"
            if len(numbered) > _MOST_ROWS:
                row = self.row()
                self.loop(0, f"{row}[i] = {names[symbol]}")
                names[symbol] = f"{row}[i]"
        return names


class _Energy(_Function):
    name, out = "energy", "E"

    def fill(self) -> None:
        energy = self.formula.energy
        used = energy.free_symbols
        self.add(0, "e = E[begin : begin + width]")
        needed = [reduction for reduction in self.formula.reductions if reduction.symbol in used]
        rows = ["e" if k == 0 else self.row() for k in range(len(needed))]
        self.reduce(list(zip(needed, rows, strict=True)))
        names = {reduction.symbol: f"{row}[i]" for reduction, row in zip(needed, rows, strict=True)}
        if len(needed) == 1 and energy == needed[0].symbol:
            return
        scope = Scope({**names, **self.coordinates(used), **self.columns}, self.before)
        value = scope.shared([energy], self.symbols)[0]
        self.loop(0, *scope.lines, f"e[i] = {value}")


class _Gradient(_Function):
    name, out = "gradient", "G"

    def fill(self) -> None:
        formula = self.formula
        self.sums: dict[sympy.Expr, sympy.Expr] = {}  # factor of dU/dx_j that depends on x_j: its weight
        ties: list[tuple[Reduction, sympy.Expr]] = []
        for reduction, weight in zip(formula.reductions, formula.by_reduction, strict=True):
            if weight == 0 or reduction.slope == 0:
                continue
            if reduction.kind == "sum":
                self.split(reduction.slope, weight)
            else:
                ties.append((reduction, weight))
        weights = [*self.sums.values(), *[weight for _, weight in ties]]
        direct = {index: d for (index, _), d in zip(formula.coordinates.items(), formula.by_coordinate, strict=True) if d != 0}
        outputs = [*weights, *direct.values()]
        names, read = self.walkers(outputs, [reduction for reduction, _ in ties], bool(weights), list(direct))
        if weights:
            self.every_coordinate(list(self.sums), ties, names[: len(weights)], read)
        self.numbered(dict(zip(direct, names[len(weights) :], strict=True)), bool(weights))

    def split(self, slope: sympy.Expr, weight: sympy.Expr) -> None:
        """Move factors without x to the weight, which is computed once for all coordinates."""
        factors = sympy.Mul.make_args(slope)
        rest = sympy.Mul(*[factor for factor in factors if factor.has(X)])
        outer = sympy.Mul(*[factor for factor in factors if not factor.has(X)])
        self.sums[rest] = sympy.Add(self.sums.get(rest, sympy.Integer(0)), sympy.Mul(outer, weight))

    def walkers(
        self, outputs: list[sympy.Expr], tied: list[Reduction], weighted: bool, direct: list[int]
    ) -> tuple[list[str], dict[sympy.Symbol, str]]:
        """Add the loop over walkers; return the code that reads each output, and each reduction."""
        inside = {*[r.symbol for r in self.formula.reductions], *self.formula.coordinates.values()}
        used = set().union(*[output.free_symbols for output in outputs]) & inside
        needed = [r for r in self.formula.reductions if r.symbol in used or r in tied]
        rows = {reduction.symbol: self.row() for reduction in needed}
        self.reduce([(reduction, rows[reduction.symbol]) for reduction in needed])
        read = {symbol: f"{row}[i]" for symbol, row in rows.items()}
        scope = Scope({**read, **self.coordinates(used), **self.columns}, self.before)
        values = scope.shared(outputs, self.symbols)
        # an output that equals an input is copied, because the row of the input may be overwritten before it is read
        values = [scope.write(value) if value in scope.names.values() else value for value in values]
        free = [row for symbol, row in rows.items() if symbol not in {r.symbol for r in tied}]
        pairs = len(used) * len(direct) + len(direct) * (len(direct) - 1) // 2
        in_place = not weighted and pairs <= _MOST_PAIRS  # the outputs are rows of G
        names, stores = [], []
        for k, (output, value) in enumerate(zip(outputs, values, strict=True)):
            if scope.is_outside(output):
                names.append(value)
                continue
            if in_place:
                self.slice(0, f"g{direct[k] + 1}", "G", str(direct[k]))
                names.append(f"g{direct[k] + 1}[i]")
            else:
                names.append(f"{free.pop() if free else self.row()}[i]")
            stores.append(f"{names[-1]} = {value}")
        if stores:
            self.loop(0, *scope.lines, *stores)
        return names, read

    def every_coordinate(
        self, sums: list[sympy.Expr], ties: list[tuple[Reduction, sympy.Expr]], names: list[str], read: dict[sympy.Symbol, str]
    ) -> None:
        """Add the loop that writes the gradient of each coordinate."""
        scope = Scope({X: "x[i]", **self.columns}, self.before)
        slopes = scope.shared([*sums, *[reduction.slope for reduction, _ in ties]], self.symbols)
        lines, total = scope.lines, ""
        for name, slope in zip(names[: len(sums)], slopes, strict=False):
            product = name if slope == "1.0" else f"{name} * {slope}"
            total = product if not total else (f"{total} + {name}" if slope == "1.0" else f"fma({name}, {slope}, {total})")
        for k, (reduction, _) in enumerate(ties):
            found, value = self.inner(reduction, f"f{k}_")
            lines += found.lines
            term = f"({names[len(sums) + k]} * {slopes[len(sums) + k]} if {value} == {read[reduction.symbol]} else 0.0)"
            total = f"{total} + {term}" if total else term
        self.add(0, "for j in range(dim):")
        self.slice(1, "x", "X", "j")
        self.slice(1, "g", "G", "j")
        self.loop(1, *lines, f"g[i] = {total}")

    def numbered(self, names: dict[int, str], begun: bool) -> None:
        """Add the contributions of numbered coordinates to their own rows; if nothing was written yet, write all rows."""
        last = max(names, default=-1)
        for index in range(last + 1):
            name = names.get(index, "0.0")
            if name == f"g{index + 1}[i]" or (begun and index not in names):
                continue
            self.slice(0, "g", "G", str(index))
            self.loop(0, f"g[i] {'+=' if begun else '='} {name}")
        if not begun:
            self.add(0, f"for j in range({last + 1}, dim):")
            self.slice(1, "g", "G", "j")
            self.loop(1, "g[i] = 0.0")
