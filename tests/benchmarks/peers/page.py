"""docs/benchmarks.md and the README's table, from the results that are kept."""

import math
from collections.abc import Iterable
from pathlib import Path
from statistics import NormalDist, median
from typing import Any, NamedTuple

from machine import IDLE
from workload import EVERY, OUR_STEPS, STEPS, WALKERS

from langevin_sim.formatting import markdown_table

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
    """One peer in one dim. threads: two of its own, if it has them. off: its mass less the exact one, in standard errors."""

    peer: str
    potential: str
    dynamics: str
    dim: int
    one: Cost
    two: Cost
    two_by: str
    threads: Cost | None
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
    names = (rows[0][name] for name in ("peer", "potential", "dynamics", "dim"))
    return Line(*names, one, costs[two_by], two_by, costs.get("threads"), off)


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
    headings = [
        "peer",
        "dynamics, U",
        "d",
        "one core, ns",
        "ours",
        "ratio",
        "two cores, ns",
        "by",
        "ours",
        "ratio",
        "mass off by",
    ]
    rows = []
    for line in lines(results):
        cells = [line.peer, f"{line.dynamics.upper()}, {line.potential}", str(line.dim), *_cells(line.one)]
        two = _cells(line.two)
        cells += [two[0], line.two_by, *two[1:], f"{line.off:+.1f}"]
        rows.append(cells)
    return markdown_table(headings, rows, right=(2, 3, 4, 6, 8, 10))


def _cells(cost: Cost) -> list[str]:
    return [f"{cost.ns:.2f}", f"{cost.ours:.2f}", f"**{cost.ratio:.1f}** ({cost.lowest:.1f} to {cost.highest:.1f})"]


def _span(ratios: Iterable[float]) -> str:
    """Lowest to highest, rounded."""
    ratios = list(ratios)
    low, high = f"{min(ratios):.1f}", f"{max(ratios):.1f}"
    return low if low == high else f"{low} to {high}"


def quiet(results: Results) -> bool:
    """Whether others left the machine alone while something ran on two cores: else those figures are not quoted."""
    return _others(results)[0] <= IDLE


def _others(results: Results) -> tuple[float, float]:
    """Cores that others used during the runs on two cores: median and most."""
    used = [row["others"] for row in results["rows"] if row["mode"] != "one"]
    return median(used), max(used)


def by_peer(results: Results) -> dict[str, list[Line]]:
    """Each peer's lines, OpenMM's platforms together."""
    found: dict[str, list[Line]] = {}
    for line in lines(results):
        found.setdefault(line.peer.partition(",")[0], []).append(line)
    return found


def headline(results: Results) -> str:
    """The README's table: for each peer the ratios, from the lowest of its dims to the highest."""
    columns = 2 if quiet(results) else 1
    rows = []
    for peer, found in by_peer(results).items():
        rows.append([peer, *[_span(line.one.ratio for line in found), _span(line.two.ratio for line in found)][:columns]])
    return markdown_table(["times faster than", *["one core", "two cores"][:columns]], rows, right=(1, 2))


def closest(results: Results) -> str:
    """Where a peer is close, in words."""
    near = []
    for peer, found in by_peer(results).items():
        one, two = [line.one.ratio for line in found], [line.two.ratio for line in found]
        if min(one + two * quiet(results)) < CLOSE:
            dims = _row(str(line.dim) for line in found)
            on_two = f", {_row(f'{ratio:.1f}' for ratio in two)} on two" if quiet(results) else ""
            near.append(f"- **{peer}**, in d = {dims}: {_row(f'{ratio:.1f}' for ratio in one)} on one core{on_two}.")
    return "\n".join(near or ["- Nowhere."])


def besides(results: Results) -> float:
    """The share of our time on one core in d = 1 that no step takes."""
    ours = [row for row in results["rows"] if "loop" in row and (row["mode"], row["dynamics"], row["dim"]) == ("one", "gdl", 1)]
    return 1.0 - median(row["loop"] for row in ours)


def own_threads(results: Results) -> str:
    """What the peers reach on two cores with threads of their own."""
    spans = {peer: [line.threads.ratio for line in found if line.threads] for peer, found in by_peer(results).items()}
    return ", ".join(f"{peer} {_span(ratios)}" for peer, ratios in spans.items() if ratios)


def _row(items: Iterable[str]) -> str:
    """1, 2 and 5."""
    *first, last = items
    return f"{', '.join(first)} and {last}" if first else last


def render(results: Results) -> str:
    """The page."""
    told = {key: value for key, value in results.items() if key != "rows"}
    told["versions"] = ", ".join(f"{name} {number}" for name, number in results["versions"].items())
    told["others"] = "{:.2f} cores in the median, {:.2f} at most, during the runs on two".format(*_others(results))
    told["warning"] = (
        ""
        if quiet(results)
        else (" **The machine was not quiet: what stands here of two cores is rough, and is quoted nowhere.**")
    )
    told["all_right"] = "are" if all_right(results) else "are NOT all"
    told |= {"table": table(results), "closest": closest(results)}
    told |= {"own_threads": own_threads(results), "besides": besides(results)}
    return (
        Path(__file__)
        .with_name("page.md")
        .read_text()
        .format(
            **told,
            threshold=threshold(results),
            close=CLOSE,
            walkers=WALKERS,
            every=EVERY,
            burn_in=STEPS[0],
            steps=STEPS[1],
            our_burn_in=OUR_STEPS[0],
            our_steps=OUR_STEPS[1],
        )
    )
