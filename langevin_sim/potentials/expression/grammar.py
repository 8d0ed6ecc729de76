"""From tokens to a tree. Nothing of the text is ever executed.

sum      = product (("+" | "-") product)*
product  = unary (("*" | "/") unary)*
unary    = ("+" | "-")* power
power    = atom [("^" | "**") unary]
atom     = number | name | name "(" sum ("," sum)* ")" | "(" sum ")"
"""

import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from langevin_sim.errors import InputError
from langevin_sim.potentials.expression import nodes
from langevin_sim.potentials.expression.nodes import FUNCTIONS, REDUCTIONS, RESERVED, Node
from langevin_sim.potentials.expression.tokens import DEEPEST, Token, refusal, tokens

_COORDINATE = re.compile(r"x[0-9]+")
_MOST_COORDINATES = 1_000_000
_MOST_DIGITS = 30


def parse(text: str) -> Node:
    """The tree of an expression; InputError, of one line, for what is not one."""
    return nodes.checked_size(_Parser(text).whole())


def parameter_names(text: str) -> list[str]:
    """The names of the parameters of an expression, in the order in which they occur."""
    return names_in(parse(text))


def names_in(root: Node) -> list[str]:
    """The names of the parameters in a tree, in the order in which they occur."""
    return list(dict.fromkeys(node.name for node in root.walk() if node.kind == "parameter"))


def least_dim(root: Node) -> int:
    """The highest number of a coordinate in a tree, at least 1."""
    return max([1, *(node.index + 1 for node in root.walk() if node.kind == "coordinate")])


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.next = 0
        self.depth = 0
        self.inside = ""  # the reduction that is being read
        self.bare = 0  # how often x has occurred

    @property
    def token(self) -> Token:
        return self.tokens[self.next]

    def take(self, *kinds: str) -> Token | None:
        """The next token if it is of one of the kinds, which is then passed."""
        if self.token.kind not in kinds:
            return None
        self.next += 1
        return self.tokens[self.next - 1]

    def piece(self, begin: int) -> str:
        """The text from ``begin`` to the last token passed."""
        last = self.tokens[self.next - 1]
        return self.text[begin : last.at + len(last.text)]

    def unexpected(self, expected: str) -> InputError:
        token = self.token
        if token.kind == "end":
            return InputError(f"expr: ends where {expected} is expected (character {token.at + 1})")
        return refusal(token.text, f"expected {expected}", token.at)

    def whole(self) -> Node:
        root = self.sum()
        if self.token.kind != "end":
            raise self.unexpected("an operator")
        return root

    def sum(self) -> Node:
        begin = self.token.at
        terms = [self.product()]
        while sign := self.take("+", "-"):
            term = self.product()
            terms.append(nodes.negate(term) if sign.kind == "-" else term)
        return self.made(begin, nodes.add, terms)

    def product(self) -> Node:
        begin = self.token.at
        factors = [self.unary()]
        while sign := self.take("*", "/"):
            factor = self.unary()
            if sign.kind == "*":
                factors.append(factor)
            else:
                factors = [self.made(begin, nodes.divide, self.made(begin, nodes.multiply, factors), factor)]
        return self.made(begin, nodes.multiply, factors)

    def unary(self) -> Node:
        minus = False
        while sign := self.take("+", "-"):
            minus ^= sign.kind == "-"
        power = self.power()
        return nodes.negate(power) if minus else power

    def power(self) -> Node:
        begin = self.token.at
        base = self.atom()
        if not self.take("^", "**"):
            return base
        self.depth += 1
        if self.depth > DEEPEST:
            raise refusal(self.text[begin:], f"powers more than {DEEPEST} deep", begin)
        exponent = self.unary()
        self.depth -= 1
        return self.made(begin, nodes.power, base, exponent)

    def atom(self) -> Node:
        if token := self.take("number"):
            return self.number(token)
        if token := self.take("name"):
            return self.call(token) if self.token.kind == "(" else self.name(token)
        if self.take("("):
            inner = self.sum()
            if not self.take(")"):
                raise self.unexpected("a closing bracket")
            return inner
        raise self.unexpected("a number, a name or a bracket")

    def number(self, token: Token) -> Node:
        mantissa, _, exponent = token.text.lower().partition("e")
        exact = len(mantissa) <= _MOST_DIGITS and len(exponent) <= 3 and abs(int(exponent or "0")) <= _MOST_DIGITS
        return self.made(token.at, nodes.number, Fraction(token.text) if exact else float(token.text))

    def name(self, token: Token) -> Node:
        name = token.text
        if name == "pi":
            return nodes.number(math.pi)
        if name == "x":
            if not self.inside:
                raise refusal("x", "outside of sum(..), mean(..), max(..) or min(..): a coordinate is x1, x2, ..", token.at)
            self.bare += 1
            return Node("x")
        if _COORDINATE.fullmatch(name):
            digits = name[1:]
            if digits[0] == "0" or len(digits) > 7 or int(digits) > _MOST_COORDINATES:
                raise refusal(name, f"coordinates are x1 to x{_MOST_COORDINATES}", token.at)
            if self.inside:
                raise refusal(name, f"a numbered coordinate inside {self.inside}(..), where only x is allowed", token.at)
            return Node("coordinate", index=int(digits) - 1)
        if name in RESERVED:
            raise refusal(name, f"a function: expected {name}(..)", token.at)
        return Node("parameter", name=name)

    def call(self, token: Token) -> Node:
        name = token.text
        if name not in FUNCTIONS and name not in REDUCTIONS:
            known = ", ".join(dict.fromkeys([*FUNCTIONS, *REDUCTIONS]))
            raise refusal(name, f"not a function: expected one of {known}, or an operator before the bracket", token.at)
        reduced = name in REDUCTIONS and (name not in FUNCTIONS or self.arguments_ahead() == 1)
        self.next += 1  # the bracket
        bare, inside = self.bare, self.inside
        if reduced and not inside:
            self.inside = name
        arguments = [self.sum()]
        while self.take(","):
            arguments.append(self.sum())
        if not self.take(")"):
            raise self.unexpected("a comma or a closing bracket")
        self.inside = inside
        piece = self.piece(token.at)
        if reduced:
            if inside:
                raise refusal(piece, f"a reduction inside {inside}(..) is not allowed", token.at)
            if len(arguments) != 1 or self.bare == bare:
                raise refusal(piece, f"{name} over the coordinates takes one argument, with x in it", token.at)
            return Node("reduce", tuple(arguments), name=name)
        count = FUNCTIONS[name]
        if count and len(arguments) != count:
            raise refusal(piece, f"expected {count} argument{'s' if count > 1 else ''}, got {len(arguments)}", token.at)
        return self.made(token.at, nodes.call, name, arguments)

    def arguments_ahead(self) -> int:
        """How many arguments there are in the bracket that opens here."""
        depth, count = 0, 1
        for token in self.tokens[self.next :]:
            depth += {"(": 1, ")": -1}.get(token.kind, 0)
            if depth == 0:
                break
            count += depth == 1 and token.kind == ","
        return count

    def made(self, begin: int, make: Callable[..., Node], *arguments: Any) -> Node:
        """What ``make`` gives; a failure of arithmetic with constants is told with its place."""
        try:
            return make(*arguments)
        except ZeroDivisionError:
            reason = "division by zero"
        except OverflowError:
            reason = "a constant beyond the largest float64"
        except (ArithmeticError, ValueError) as error:
            reason = "not a number" if "domain" in str(error) else str(error)
        raise refusal(self.piece(begin), reason, begin)
