"""Parse text into Python's syntax tree and record the place of each node in the text. Nothing of the text is executed.

One pass cuts the text into numbers, names and signs, and refuses whatever cannot stand in its place. Python's parser only
decides precedence, which is the same in both languages. It sees ** for ^, and a placeholder for every number and name, so that a
parameter may have the name of a keyword (lambda), and numbers can be read as fractions.
"""

import ast
import re
from dataclasses import dataclass
from typing import Any

from langevin_sim.errors import InputError

LONGEST = 2000
MOST_TOKENS = 1000
DEEPEST = 50

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?P<name>[A-Za-z_]\w*)|(?P<sign>\*\*|[-+*/^(),])", re.ASCII
)
_OPERAND = "a number, a name or a bracket"
_STAND_IN = {"number": "1", "name": "a", "^": "**"}
_REFUSED = {
    "=<>!:": "comparisons, assignments and keyword arguments are not allowed",
    "'\"`": "strings are not allowed",
    ".": "attributes are not allowed",
    "[]": "subscripts and lists are not allowed",
    "{}": "braces are not allowed",
    "&|~": "logical operators are not allowed",
    "@%": "the operators are + - * / ^",
    ";": "one expression only",
    "\\": "backslashes are not allowed",
    "#": "comments are not allowed",
    "\r\n": "one line only",
}
_SHOWN = 40  # characters of a refused piece that a message quotes


@dataclass(frozen=True)
class Source:
    """A text and its syntax tree; spans: for each character given to Python, where its token begins and ends in the text."""

    text: str
    root: ast.expr
    spans: list[tuple[int, int]]

    def piece(self, node: Any) -> str:
        """The text of a node."""
        return self.text[self.spans[node.col_offset][0] : self.spans[node.end_col_offset - 1][1]]

    def refusal(self, node: Any, reason: str) -> InputError:
        """The error for a node."""
        return _refusal(self.piece(node), reason, self.spans[node.col_offset][0])


def _refusal(piece: str, reason: str, at: int) -> InputError:
    """The error for a piece of an expression that begins at ``at``: one line, ASCII only."""
    shown = piece if len(piece) <= _SHOWN else piece[: _SHOWN - 2] + ".."
    return InputError(f"expr: {shown!a}: {reason} (character {at + 1})")


def read(text: str) -> Source:
    """The syntax tree of a text; a one-line InputError if it breaks the syntax of the language."""
    if not isinstance(text, str):
        raise InputError(f"expr: got {type(text).__name__}; expected a text such as 'sum((x^2-1)^2)'")
    if len(text) > LONGEST:
        raise InputError(f"expr: {len(text)} characters; the limit is {LONGEST}")
    if not text.strip():
        raise InputError("expr: empty; expected an energy such as sum((x^2-1)^2)")
    python = ""
    spans: list[tuple[int, int]] = []
    operand, before = True, ""  # whether an operand comes next; the token before
    at = depth = count = 0
    while at < len(text):
        if text[at] == " ":
            at += 1
            continue
        token = _token(text, at)
        piece = token[0]
        kind = "number" if token["number"] else "name" if token["name"] else piece
        depth += (piece == "(") - (piece == ")")
        count += 1
        if depth > DEEPEST:
            raise _refusal(text[at:], f"brackets are nested more than {DEEPEST} deep", at)
        if count > MOST_TOKENS:
            raise _refusal(text[at:], f"more than {MOST_TOKENS} numbers, names and operators", at)
        called = piece == "(" and before == "name"
        if operand and kind not in ("number", "name", "(", "+", "-"):
            raise _refusal(piece, f"expected {_OPERAND}", at)
        if not operand and not called and kind in ("number", "name", "("):
            raise _refusal(piece, f"expected an operator between {text[slice(*spans[-1])]} and {piece}", at)
        if depth < 0 or (piece == "," and depth == 0):
            raise _refusal(piece, "expected an operator, because no bracket is open", at)
        if kind == "name" and ("__" in piece or piece.startswith("_")):
            raise _refusal(piece, "a name must begin with a letter and contain no double underscore", at)
        stand_in = _STAND_IN.get(kind, piece)
        python += stand_in
        spans += [token.span()] * len(stand_in)
        operand, before, at = kind not in ("number", "name", ")"), kind, token.end()
    if operand or depth:
        expected = _OPERAND if operand else "a closing bracket"
        raise InputError(f"expr: ends where {expected} is expected (character {len(text) + 1})")
    return Source(text, ast.parse(python, mode="eval").body, spans)


def _token(text: str, at: int) -> re.Match[str]:
    """The number, name or sign that begins at ``at``."""
    token = _TOKEN.match(text, at)
    if token is None:
        character = text[at]
        if not character.isascii():
            raise _refusal(character, "only ASCII characters are allowed", at)
        reasons = (reason for characters, reason in _REFUSED.items() if character in characters)
        raise _refusal(character, next(reasons, "not a character of expressions"), at)
    return token
