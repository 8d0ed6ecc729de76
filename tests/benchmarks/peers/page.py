"""docs/benchmarks.md and the README's table, from the results that are kept."""

import math
from collections.abc import Iterable
from pathlib import Path
from statistics import NormalDist, median
from typing import Any, NamedTuple

from workload import EVERY, OUR_STEPS, STEPS, WALKERS

CLOSE = 5.0  # ratios below are told in words
FALSE_ALARMS = 0.01  # of one run, all of its masses together

Results = dict[str, Any]
Row = dict[str, Any]


class Cost(NamedTuple):
    """Medians over rounds of the peer, of ours beside it, and of their ratio, with the ratio's extremes."""

    ns: float
    ours: float
    ratio: float
    lowest: float
    highest: float


class Line(NamedTuple):
    """One peer in one dim. off: its mass less the exact one, in standard errors, all rounds together."""

    peer: str
    potential: str
    dynamics: str
    dim: int
    one: Cost
    two: Cost
    two_by: str
    off: float


def _cost(rows: list[Row]) -> Cost:
    ratios = [row["ns"] / row["ours"] for row in rows]
    middle = (median(row[name] for row in rows) for name in ("ns", "ours"))
    return Cost(*middle, median(ratios), min(ratios), max(ratios))


def _line(rows: list[Row]) -> Line:
    """On two cores, the better of the peer's own threads and of two processes."""
    costs = {mode: _cost([row for row in rows if row["mode"] == mode]) for mode in {row["mode"] for row in rows}}
    one = costs.pop("one")
    two_by = min(costs, key=lambda mode: costs[mode].ratio)
    error = math.sqrt(sum(row["error"] ** 2 for row in rows))
    off = sum(row["mass"] - row["expected"] for row in rows) / error
    first = rows[0]
    return Line(first["peer"], first["potential"], first["dynamics"], first["dim"], one, costs[two_by], two_by, off)


def lines(results: Results) -> list[Line]:
    """The peers' lines, in the order in which they were run."""
    groups: dict[tuple[str, int], list[Row]] = {}
    for row in results["rows"]:
        if "ours" in row:
            groups.setdefault((row["peer"], row["dim"]), []).append(row)
    return [_line(rows) for rows in groups.values()]


def threshold(results: Results) -> float:
    """How many standard errors a mass may be off."""
    return NormalDist().inv_cdf(1.0 - FALSE_ALARMS / (2 * len(lines(results))))


def all_right(results: Results) -> bool:
    """Whether every peer sampled the law that it should."""
    return all(abs(line.off) < threshold(results) for line in lines(results))


def table(results: Results) -> str:
    """All that was measured, a row a line."""
    head = "| peer | | d | one core, ns | ours | ratio | two cores, ns | by | ours | ratio | mass off by |"
    rows = [head, "| --- | --- | ---: | ---: | ---: | --- | ---: | --- | ---: | --- | ---: |"]
    for line in lines(results):
        cells = [line.peer, f"{line.dynamics.upper()}, {line.potential}", str(line.dim), *_cells(line.one)]
        two = _cells(line.two)
        cells += [two[0], line.two_by, *two[1:], f"{line.off:+.1f}"]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _cells(cost: Cost) -> list[str]:
    return [f"{cost.ns:.2f}", f"{cost.ours:.2f}", f"**{cost.ratio:.1f}** ({cost.lowest:.1f} to {cost.highest:.1f})"]


def _span(ratios: Iterable[float]) -> str:
    """Lowest to highest, rounded."""
    ratios = list(ratios)
    low, high = f"{min(ratios):.1f}", f"{max(ratios):.1f}"
    return low if low == high else f"{low} to {high}"


def headline(results: Results) -> str:
    """The README's table: for each peer the ratios, from the lowest of its dims to the highest."""
    peers: dict[str, list[Line]] = {}
    for line in lines(results):
        peers.setdefault(line.peer.partition(",")[0], []).append(line)
    rows = ["| times faster than | one core | two cores |", "| --- | ---: | ---: |"]
    for peer, found in peers.items():
        rows.append(f"| {peer} | {_span(line.one.ratio for line in found)} | {_span(line.two.ratio for line in found)} |")
    return "\n".join(rows)


def closest(results: Results) -> str:
    """Where a peer is close, in words."""
    found = lines(results)
    near = [(cost.ratio, f"{line.peer} in d = {line.dim} on {cores}")
            for line in found for cost, cores in ((line.one, "one core"), (line.two, "two")) if cost.ratio < CLOSE]  # fmt: skip
    lowest = min(min(line.one.ratio, line.two.ratio) for line in found)
    text = f"The lowest ratio of all is {lowest:.1f}. "
    if near:
        text += f"Below {CLOSE:g} are " + ", ".join(f"{name} ({ratio:.1f})" for ratio, name in sorted(near)) + ". "
    ours = [row for row in results["rows"] if "loop" in row and row["dynamics"] == "gdl" and row["dim"] == 1]
    rest = [1.0 - median(row["loop"] for row in ours if row["mode"] == mode) for mode in ("one", "threads")]
    return text + (
        f"A step costs the least in d = 1. There {rest[0]:.0%} of our time on one core and {rest[1]:.0%} on two goes to what "
        "`simulate` does besides the steps: tests of convergence mostly, on one thread, and no more of it in a longer run."
    )


def render(results: Results) -> str:
    """The page."""
    told = {key: value for key, value in results.items() if key != "rows"}
    told["versions"] = ", ".join(f"{name} {number}" for name, number in results["versions"].items())
    others = [row["others"] for row in results["rows"] if row["mode"] != "one"]
    told["others"] = f"{median(others):.2f} cores in the median, {max(others):.2f} at most, during the runs on two"
    told["all_right"] = "are" if all_right(results) else "are NOT all"
    return Path(__file__).with_name("page.md").read_text().format(
        **told, table=table(results), closest=closest(results), threshold=threshold(results), walkers=WALKERS, every=EVERY,
        burn_in=STEPS[0], steps=STEPS[1], our_burn_in=OUR_STEPS[0], our_steps=OUR_STEPS[1],
    )  # fmt: skip
