"""Translate SymPy expressions into lines of Python, with fused multiply-adds; each subexpression occurs once."""

from collections.abc import Iterator

import sympy

from langevin_sim.errors import InputError
from langevin_sim.expression.symbolic import Call


def literal(value: sympy.Rational) -> str:
    """A number as Python writes it."""
    try:
        number = int(value.p) / int(value.q)
    except OverflowError:
        number = float("inf")
    if abs(number) == float("inf") or (number == 0.0 and value != 0):
        raise InputError("expr: a power of a constant is outside the range of float64")
    return repr(number) if number >= 0 else f"({number!r})"


class Scope:
    """A place for lines of code: before all loops (no parent), or inside a loop.

    lines: the lines so far. Code that depends on parameters only goes to the parent, so that it runs once for all walkers.
    """

    def __init__(self, names: dict[sympy.Symbol, str], parent: "Scope | None" = None, prefix: str = "t") -> None:
        self.lines: list[str] = []
        self.parent = parent
        self.names = names
        self.prefix = prefix
        self.known: dict[sympy.Expr, str] = {}
        self.outside: dict[sympy.Expr, bool] = {}

    def is_outside(self, expression: sympy.Expr) -> bool:
        """Whether an expression can be computed before the loop, because it has no symbol of this scope."""
        if expression not in self.outside:
            inside = expression in self.names if expression.is_Symbol else not all(map(self.is_outside, expression.args))
            self.outside[expression] = not inside
        return self.outside[expression]

    def write(self, code: str) -> str:
        """Write a new variable with this value; return its name."""
        name = f"{self.prefix}{len(self.lines)}"
        self.lines.append(f"{name} = {code}")
        return name

    def shared(self, expressions: list[sympy.Expr], symbols: Iterator[sympy.Symbol]) -> list[str]:
        """Variables or numbers with the values of the expressions; common subexpressions are computed once."""
        common, reduced = sympy.cse(expressions, symbols=symbols)
        for symbol, definition in common:
            scope = self.parent if self.parent and self.is_outside(definition) else self
            scope.names[symbol] = scope.of(definition)
        return [self.of(expression) for expression in reduced]

    def of(self, expression: sympy.Expr) -> str:
        """A variable or a number with the value of an expression."""
        if expression.is_Rational:
            return literal(expression)
        if self.parent and self.is_outside(expression):
            return self.parent.of(expression)
        if expression.is_Symbol:
            return self.names[expression]
        if expression not in self.known:
            self.known[expression] = self.write(self._code(expression))
        return self.known[expression]

    def _code(self, expression: sympy.Expr) -> str:
        if isinstance(expression, sympy.Add):
            return self._sum(expression)
        if isinstance(expression, sympy.Mul):
            return self._product(expression)
        if isinstance(expression, sympy.Pow):
            return self._power(expression.base, int(expression.exp))
        assert isinstance(expression, Call), expression
        return f"{expression.code}({', '.join([self.of(arg) for arg in expression.args])})"

    def _power(self, base: sympy.Expr, exponent: int) -> str:
        if exponent < 0:
            return f"1.0 / {self.of(base**-exponent)}"
        left, right = self._halves(base, exponent)
        return f"{left} * {right}"

    def _halves(self, base: sympy.Expr, exponent: int) -> tuple[str, str]:
        """Two factors of base^exponent, exponent >= 2."""
        return self.of(base ** (exponent - exponent // 2)), self.of(base ** (exponent // 2))

    def _split(self, expression: sympy.Expr) -> tuple[sympy.Expr, list[sympy.Expr], list[sympy.Expr]]:
        """Split a product into the part known before the loop, the other factors of the numerator, and of the denominator."""
        outer, above, below = [], [], []
        for factor in sympy.Mul.make_args(expression):
            if factor.is_Rational or (self.parent and self.is_outside(factor)):
                outer.append(factor)
            elif factor.is_Pow and int(factor.exp) < 0:
                below.append(factor.base**-factor.exp)
            else:
                above.append(factor)
        return sympy.Mul(*outer), above, below

    def _product(self, expression: sympy.Expr) -> str:
        outer, above, below = self._split(expression)
        factors = [self.of(factor) for factor in above]
        minus = "-" if outer == -1 else ""
        if outer != 1 and not minus:
            factors.insert(0, self.of(outer))
        code = minus + (" * ".join(factors) or "1.0")
        return f"{code} / ({' * '.join([self.of(factor) for factor in below])})" if below else code

    def _sum(self, expression: sympy.Expr) -> str:
        outer = [term for term in expression.args if term.is_Rational or (self.parent and self.is_outside(term))]
        inner = [term for term in expression.args if term not in outer]
        plain: list[tuple[str, str]] = []  # sign, value
        products: list[tuple[str, str]] = []
        for term in inner:
            self.term(term, plain, products)
        if outer:
            plain.insert(0, ("+", self.of(sympy.Add(*outer))))
        plain.sort(key=lambda signed: signed[0] == "-")  # so that the first one has a plus sign
        total = "".join(f" {sign} {value}" for sign, value in plain)
        total = total[3:] if total.startswith(" + ") else total.replace(" ", "", 2)
        for left, right in products:
            total = f"fma({left}, {right}, {total})" if total else f"{left} * {right}"
        return total

    def term(self, term: sympy.Expr, plain: list[tuple[str, str]], products: list[tuple[str, str]]) -> None:
        """Add a term of a sum to ``plain``, or to ``products`` if it is a product of two values."""
        if term.is_Pow and int(term.exp) > 1:
            products.append(self._halves(term.base, int(term.exp)))
            return
        if not term.is_Mul:
            plain.append(("+", self.of(term)))
            return
        outer, above, below = self._split(term)
        sign = "-" if outer == -1 else ""
        if outer not in (1, -1):
            rest = sympy.Mul(*above, *[1 / factor for factor in below])
            products.append((self.of(outer), self.of(rest)))
        elif not below and len(above) > 1:
            products.append((sign + self.of(sympy.Mul(*above[:-1])), self.of(above[-1])))
        elif not below and above[0].is_Pow:
            left, right = self._halves(above[0].base, int(above[0].exp))
            products.append((sign + left, right))
        else:
            plain.append((sign or "+", self.of(sympy.Mul(*above, *[1 / factor for factor in below]))))


def accumulated(scope: Scope, expression: sympy.Expr, total: str) -> str:
    """The code of total + expression."""
    plain: list[tuple[str, str]] = []
    products: list[tuple[str, str]] = []
    if scope.parent and scope.is_outside(expression):
        return f"{total} + {scope.of(expression)}"
    scope.term(expression, plain, products)
    if products:
        return f"fma({products[0][0]}, {products[0][1]}, {total})"
    return f"{total} {plain[0][0]} {plain[0][1]}"
