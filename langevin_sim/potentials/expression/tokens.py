"""From text to tokens."""

import re
from dataclasses import dataclass

from langevin_sim.errors import InputError

LONGEST = 2000
MOST_TOKENS = 1000
DEEPEST = 50

_NUMBER = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ATTRIBUTE = re.compile(r"\.\s*[A-Za-z_][A-Za-z0-9_]*")
_OPERATORS = ("**", "+", "-", "*", "/", "^", "(", ")", ",")
_REFUSED = {
    ":=": "assignments are not allowed",
    "==": "comparisons are not allowed",
    "<=": "comparisons are not allowed",
    ">=": "comparisons are not allowed",
    "!=": "comparisons are not allowed",
    "<": "comparisons are not allowed",
    ">": "comparisons are not allowed",
    "=": "assignments and keyword arguments are not allowed",
    "//": "expected one /",
    "%": "the operators are + - * / ^",
    "@": "the operators are + - * / ^",
    "[": "subscripts and lists are not allowed",
    "]": "subscripts and lists are not allowed",
    "{": "braces are not allowed",
    "}": "braces are not allowed",
    "'": "strings are not allowed",
    '"': "strings are not allowed",
    "`": "strings are not allowed",
    ":": "colons are not allowed",
    ";": "one expression only",
    "&": "logical operators are not allowed",
    "|": "logical operators are not allowed",
    "~": "logical operators are not allowed",
    "!": "logical operators are not allowed",
    ".": "attributes are not allowed",
    "\\": "backslashes are not allowed",
    "#": "comments are not allowed",
    "\n": "one line only",
    "\r": "one line only",
}
_SHOWN = 40  # characters of an offending piece


@dataclass(frozen=True)
class Token:
    """kind: number, name, an operator, or "end"; at: where it begins in the text, from 0."""

    kind: str
    text: str
    at: int


def refusal(piece: str, reason: str, at: int) -> InputError:
    """The error for a piece of an expression that begins at ``at``: one line, ASCII only."""
    shown = piece if len(piece) <= _SHOWN else piece[: _SHOWN - 2] + ".."
    return InputError(f"expr: {shown!a}: {reason} (character {at + 1})")


def tokens(text: str) -> list[Token]:
    """The tokens of the text, the last one of kind "end"; InputError for anything that is not of the grammar."""
    if not isinstance(text, str):
        raise InputError(f"expr: a {type(text).__name__}: expected a text such as 'sum((x^2-1)^2)'")
    if len(text) > LONGEST:
        raise InputError(f"expr: {len(text)} characters: limited to {LONGEST}")
    if not text.strip():
        raise InputError("expr: empty: expected an energy such as sum((x^2-1)^2)")
    found: list[Token] = []
    at = depth = 0
    while at < len(text):
        if text[at] == " ":
            at += 1
            continue
        token = _token(text, at, found)
        at = token.at + len(token.text)
        found.append(token)
        depth += {"(": 1, ")": -1}.get(token.kind, 0)
        if depth > DEEPEST:
            raise refusal(text[token.at :], f"brackets more than {DEEPEST} deep", token.at)
        if len(found) > MOST_TOKENS:
            raise refusal(text[token.at :], f"more than {MOST_TOKENS} numbers, names and operators", token.at)
    return [*found, Token("end", "", len(text))]


def _token(text: str, at: int, before: list[Token]) -> Token:
    character = text[at]
    if not character.isascii():
        raise refusal(character, "only ASCII characters are allowed", at)
    if match := _NUMBER.match(text, at):
        _check_number_ends(text, match)
        return Token("number", match.group(), at)
    if match := _NAME.match(text, at):
        _check_name(text, match)
        return Token("name", match.group(), at)
    if match := _ATTRIBUTE.match(text, at):
        begin = before[-1].at if before else at
        end = re.compile(r"[A-Za-z0-9_.]*").match(text, match.end())
        raise refusal(text[begin : end.end() if end else match.end()], "attributes are not allowed", begin)
    for operator in _REFUSED:
        if text.startswith(operator, at):
            raise refusal(operator, _REFUSED[operator], at)
    for operator in _OPERATORS:
        if text.startswith(operator, at):
            return Token(operator, operator, at)
    raise refusal(character, "not a character of expressions", at)


def _check_number_ends(text: str, match: re.Match[str]) -> None:
    rest = re.compile(r"[A-Za-z0-9_.]*").match(text, match.end())
    if rest is None or not rest.group():
        return
    piece, tail = match.group() + rest.group(), rest.group()
    if tail[0] == "_":
        reason = "underscores in numbers are not allowed"
    elif tail in ("j", "J"):
        reason = "complex numbers are not allowed"
    elif "." in tail:
        reason = "attributes are not allowed" if re.search(r"\.[A-Za-z_]", "." + tail) else "not a number"
    elif match.group().endswith(".") and tail[0].isalpha():
        reason = "attributes are not allowed"
    else:
        reason = f"expected an operator between {match.group()} and {tail}"
    raise refusal(piece, reason, match.start())


def _check_name(text: str, match: re.Match[str]) -> None:
    name = match.group()
    dotted = re.compile(r"(?:\s*\.\s*[A-Za-z_][A-Za-z0-9_]*)+").match(text, match.end())
    if dotted:
        raise refusal(name + dotted.group(), "attributes are not allowed", match.start())
    if text[match.end() : match.end() + 1] in ("'", '"'):
        raise refusal(name + text[match.end()], "strings are not allowed", match.start())
    if "__" in name or name.startswith("_"):
        raise refusal(name, "names begin with a letter and have no double underscore", match.start())
