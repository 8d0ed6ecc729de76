"""Translate a tree into a SymPy expression, node by node, and differentiate it. Only numbers of the text reach SymPy.

SymPy is given sums, products, integer powers and the functions below, whose derivatives this
program defines itself: min, max and abs have steps as derivatives, never distributions. SymPy simplifies none of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import sympy
from sympy.core.parameters import distribute

from langevin_sim.errors import InputError
from langevin_sim.expression.nodes import Node

_LARGEST_DERIVATIVE = 20_000  # number of operations, each counted as often as it occurs


class Call(sympy.Function):
    """A function that the compiled code calls by the name ``code``.

    chosen: for max and min, the function that chooses between the derivatives of their arguments. It is not a sum of
    both with weights 1 and 0, because the one that is not chosen may be infinite.
    """

    code = ""
    chosen: type["Call"] | None = None


class Exp(Call):
    """e^a."""

    code, nargs = "exp", 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """e^a."""
        return self


class Log(Call):
    """log a."""

    code, nargs = "log", 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """1 / a."""
        return 1 / self.args[0]


class Root(Call):
    """The square root of a."""

    code, nargs = "np.sqrt", 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """1 / (2 sqrt a)."""
        return sympy.Rational(1, 2) / self


class Sin(Call):
    """sin a."""

    code, nargs = "sin", 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """cos a."""
        return Cos(self.args[0])


class Cos(Call):
    """cos a."""

    code, nargs = "cos", 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """-sin a."""
        return -Sin(self.args[0])


class Tan(Call):
    """tan a."""

    code, nargs = "tan", 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """1 + tan^2 a."""
        return 1 + self**2


class Tanh(Call):
    """tanh a."""

    code, nargs = "tanh", 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """1 - tanh^2 a."""
        return 1 - self**2


class Sinh(Call):
    """sinh a."""

    code, nargs = "sinh", 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """cosh a."""
        return Cosh(self.args[0])


class Cosh(Call):
    """cosh a."""

    code, nargs = "cosh", 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """sinh a."""
        return Sinh(self.args[0])


class Step(Call):
    """The sign of a."""

    code, nargs = "step", 1


class Absolute(Call):
    """|a|."""

    code, nargs = "abs", 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """The sign of a, 0 at 0."""
        return Step(self.args[0])


class IfLarger(Call):
    """c where a >= b, otherwise d."""

    code, nargs = "if_larger", 4


class IfSmaller(Call):
    """c where a <= b, otherwise d."""

    code, nargs = "if_smaller", 4


class Larger(Call):
    """The larger of a and b."""

    code, nargs, chosen = "larger", 2, IfLarger


class Smaller(Call):
    """The smaller of a and b."""

    code, nargs, chosen = "smaller", 2, IfSmaller


class Share(Call):
    """e^a / (e^a + e^b)."""

    code, nargs = "share", 2


class LogAddExp(Call):
    """log(e^a + e^b)."""

    code, nargs = "log_add_exp", 2

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """The share of e^a in the sum, or its complement to 1."""
        return Share(*self.args) if argindex == 1 else 1 - Share(*self.args)


class RealPower(Call):
    """a^b where b is not a small integer."""

    code, nargs = "real_power", 2

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """b a^(b-1), or a^b log a."""
        base, exponent = self.args
        return exponent * RealPower(base, exponent - 1) if argindex == 1 else self * Log(base)


_FUNCTIONS: dict[str, Callable[..., sympy.Expr]] = {
    "exp": Exp,
    "log": Log,
    "sqrt": Root,
    "sin": Sin,
    "cos": Cos,
    "tan": Tan,
    "tanh": Tanh,
    "sinh": Sinh,
    "cosh": Cosh,
    "abs": Absolute,
    "logaddexp": LogAddExp,
}
_OF_PAIRS = {"min": Smaller, "max": Larger}


class Derivative:
    """d/ds of expressions; each subexpression is differentiated once."""

    def __init__(self, s: sympy.Symbol) -> None:
        self.known: dict[sympy.Expr, sympy.Expr] = {s: sympy.Integer(1)}

    def of(self, expression: sympy.Expr) -> sympy.Expr:
        """The derivative of an expression."""
        if expression not in self.known:
            self.known[expression] = self._of(expression) if expression.args else sympy.Integer(0)
        return self.known[expression]

    def _of(self, expression: sympy.Expr) -> sympy.Expr:
        args = expression.args
        inner = [self.of(arg) for arg in args]
        if isinstance(expression, sympy.Add):
            return sympy.Add(*inner)
        if isinstance(expression, sympy.Mul):
            return sympy.Add(*[sympy.Mul(*args[:k], d, *args[k + 1 :]) for k, d in enumerate(inner) if d != 0])
        if isinstance(expression, sympy.Pow):
            return sympy.Mul(args[1], sympy.Pow(args[0], args[1] - 1), inner[0])
        if expression.chosen:
            return inner[0] if inner[0] == inner[1] else expression.chosen(*args, *inner)
        return sympy.Add(*[sympy.Mul(expression.fdiff(k + 1), d) for k, d in enumerate(inner) if d != 0])


X = sympy.Symbol("x")
COUNT = sympy.Symbol("inverse_dim")  # 1/d, a variable of the generated code


@dataclass
class Reduction:
    """One sum, max or min over the coordinates; inner: the reduced term; slope: its derivative with respect to x."""

    kind: str
    symbol: sympy.Symbol
    inner: sympy.Expr
    slope: sympy.Expr


@dataclass
class Formula:
    """U in terms of symbols, and its derivatives with respect to them.

    parameters: the symbol of each name. columns: the symbol of each column of data.
    constants: the symbols of numbers that are not short fractions.
    coordinates: the symbol of each numbered coordinate, by index.
    by_reduction, by_coordinate: dU/dR and the direct dU/dx_k, in the order of ``reductions`` and ``coordinates``.
    """

    energy: sympy.Expr
    parameters: dict[str, sympy.Symbol]
    columns: dict[str, sympy.Symbol] = field(default_factory=dict)
    constants: dict[sympy.Symbol, float] = field(default_factory=dict)
    coordinates: dict[int, sympy.Symbol] = field(default_factory=dict)
    reductions: list[Reduction] = field(default_factory=list)
    by_reduction: list[sympy.Expr] = field(default_factory=list)
    by_coordinate: list[sympy.Expr] = field(default_factory=list)


def formula(root: Node, names: Sequence[str], columns: Sequence[str] = ()) -> Formula:
    """The formula of a tree with parameters ``names``; InputError if its derivatives are too long, or not numbers."""
    parameters = {name: sympy.Symbol(f"p{k}") for k, name in enumerate(names)}
    made = Formula(sympy.Integer(0), parameters, {name: sympy.Symbol(f"d{k}") for k, name in enumerate(columns)})
    size = _Size()
    with distribute(False):
        made.energy = size.checked(_Builder(made, size).build(root))
        made.coordinates = dict(sorted(made.coordinates.items()))
        made.by_reduction = [size.checked(Derivative(reduction.symbol).of(made.energy)) for reduction in made.reductions]
        made.by_coordinate = [size.checked(Derivative(symbol).of(made.energy)) for symbol in made.coordinates.values()]
    return made


class _Size:
    """Counts operations, and stops at the limit."""

    def __init__(self) -> None:
        self.count = 0

    def checked(self, expression: sympy.Expr) -> sympy.Expr:
        """The expression; InputError if there are too many operations so far, or if it is not a number."""
        if expression.has(sympy.zoo, sympy.oo, -sympy.oo, sympy.nan, sympy.I):
            raise InputError("expr: divides by zero everywhere")
        for _ in sympy.preorder_traversal(expression):
            self.count += 1
            if self.count > _LARGEST_DERIVATIVE:
                raise InputError(f"expr: the gradient has more than {_LARGEST_DERIVATIVE} operations; write a shorter expression")
        return expression


class _Builder:
    def __init__(self, made: Formula, size: _Size) -> None:
        self.made = made
        self.size = size
        self.numbers: dict[float, sympy.Symbol] = {}
        self.reduced: dict[tuple[str, sympy.Expr], sympy.Symbol] = {}

    def build(self, node: Node) -> sympy.Expr:
        """The expression of one node."""
        if node.kind == "number":
            return self.number(node.value)
        if node.kind == "parameter":
            return self.made.columns.get(node.name) or self.made.parameters[node.name]
        if node.kind == "coordinate":
            return self.made.coordinates.setdefault(node.index, sympy.Symbol(f"x{node.index + 1}"))
        if node.kind == "x":
            return X
        if node.kind == "power":
            return self.power(*node.children)
        parts = [self.build(child) for child in node.children]
        if node.kind == "add":
            return sympy.Add(*parts)
        if node.kind == "multiply":
            return sympy.Mul(*parts)
        if node.kind == "divide":
            return sympy.Mul(parts[0], sympy.Pow(parts[1], -1))
        if node.kind == "negate":
            return sympy.Mul(-1, parts[0])
        if node.kind == "reduce":
            return self.reduction(node.name, parts[0])
        if node.name in _OF_PAIRS:
            result = parts[0]
            for part in parts[1:]:
                result = _OF_PAIRS[node.name](result, part)
            return result
        return _FUNCTIONS[node.name](*parts)

    def number(self, value: Fraction | float) -> sympy.Expr:
        """An exact fraction, or a symbol: SymPy does no arithmetic with float64."""
        if isinstance(value, Fraction):
            return sympy.Rational(value.numerator, value.denominator)
        if value not in self.numbers:
            self.numbers[value] = sympy.Symbol(f"k{len(self.numbers)}")
            self.made.constants[self.numbers[value]] = value
        return self.numbers[value]

    def power(self, base_node: Node, exponent_node: Node) -> sympy.Expr:
        """A repeated multiplication, a root, or exp(exponent log base)."""
        base, value = self.build(base_node), exponent_node.value
        if exponent_node.kind == "number" and value == int(value):
            return sympy.Pow(base, int(value))
        if exponent_node.kind == "number" and 2 * value == int(2 * value):
            return sympy.Mul(sympy.Pow(base, int(value - Fraction(1, 2))), Root(base))
        return RealPower(base, self.build(exponent_node))

    def reduction(self, kind: str, inner: sympy.Expr) -> sympy.Expr:
        """The symbol of a reduction; the same one for the same reduction."""
        factor = COUNT if kind == "mean" else sympy.Integer(1)
        kind = "sum" if kind == "mean" else kind
        if (kind, inner) not in self.reduced:
            symbol = sympy.Symbol(f"r{len(self.reduced)}")
            self.reduced[kind, inner] = symbol
            slope = self.size.checked(Derivative(X).of(self.size.checked(inner)))
            self.made.reductions.append(Reduction(kind, symbol, inner, slope))
        return sympy.Mul(factor, self.reduced[kind, inner])
