"""Numbers as text, and tables in Markdown, for texts, pages and the terminal."""

import math
from collections.abc import Collection, Iterable, Sequence


def missing(value: float | None) -> bool:
    """Whether a number is missing: None or nan."""
    return value is None or math.isnan(value)


def number(value: float | None, digits: int = 4) -> str:
    """A number with this many decimals, '-' if it is missing."""
    return "-" if value is None else f"{value:.{digits}f}"


def decimals(stderr: float | None) -> int:
    """How many decimals show two digits of an error."""
    return min(max(1 - math.floor(math.log10(stderr)), 1), 7) if stderr else 4


def measured(mean: float | None, stderr: float | None) -> str:
    """'0.66661 ± 0.00023': two digits of the error; '-' if it is missing."""
    if mean is None:
        return "-"
    return number(mean, decimals(stderr)) + ("" if stderr is None else f" ± {number(stderr, decimals(stderr))}")


def plus_minus(mean: float | None, error: float | None) -> str:
    """The same for numbers of any size: '17.92 ± 0.41', '1.2e-09 ± 3e-11'; four digits without an error, '-' if missing."""
    if mean is None or missing(mean):
        return "-"
    if error is None or missing(error) or error == 0:
        return f"{mean:.4g}"
    plain = 1e-3 <= max(abs(mean), error) < 1e5 and error > 1e-7
    return measured(mean, error) if plain else f"{mean:.3g} ± {error:.2g}"


def short(value: float | None, digits: int = 3) -> str:
    """A number with this many significant digits, '-' if it is missing."""
    return "-" if value is None or missing(value) else f"{value:.{digits}g}"


def share(value: float | None) -> str:
    """An accuracy or a fraction with four decimals, '-' if it is missing."""
    return "-" if value is None or missing(value) else f"{value:.4f}"


def spanned(values: Iterable[float | None], form: str) -> str:
    """'20 to 22', or one number if all are equal; '-' if there are none. ``form``: the format of a number, such as '.3g'."""
    known = [value for value in values if value is not None and not missing(value)]
    if not known:
        return "-"
    least, most = format(min(known), form), format(max(known), form)
    return least if least == most else f"{least} to {most}"


def counted(count: int, noun: str) -> str:
    """'1 replica', '3 replicas'."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """'0.4 s', '27 s', '12 min', '3.1 h'."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 600:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[int] = ()) -> str:
    """A table in Markdown, without a final line break; ``right``: the columns that are aligned to the right."""
    rule = ["---:" if column in right else "---" for column in range(len(headings))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [headings, rule, *rows])
