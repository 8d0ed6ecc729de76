"""Write docs/benchmarks.md and the README's table from the kept results."""

import math
from collections.abc import Iterable
from pathlib import Path
from statistics import NormalDist, median
from typing import Any, NamedTuple

from machine import IDLE
from workload import EVERY, OUR_STEPS, STEPS, WALKERS

from langevin_sim.formatting import markdown_table

CLOSE = 5.0  # ratios below this are listed as close
FALSE_ALARMS = 0.01  # false-alarm rate of one run, over all its masses

Results = dict[str, Any]
Row = dict[str, Any]


class Cost(NamedTuple):
    """Medians over rounds of the peer's cost, of ours, and of their ratio, with the extremes of the ratio."""

    ns: float
    ours: float
    ratio: float
    lowest: float
    highest: float


class Line(NamedTuple):
    """One peer in one dim. threads: with two threads of its own, if it has any. off: its mass minus the exact one, in standard
    errors."""

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
    """A line of the table; on two cores, the faster of the peer's own threads and two processes."""
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
    """The largest allowed deviation of a mass, in standard errors."""
    return NormalDist().inv_cdf(1.0 - FALSE_ALARMS / (2 * len(lines(results))))


def all_right(results: Results) -> bool:
    """Whether every peer sampled the law that it should."""
    return all(abs(line.off) < threshold(results) for line in lines(results))


def table(results: Results) -> str:
    """All results, one row per line."""
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
    """Whether the machine was otherwise idle during the runs on two cores; if not, their results are not quoted."""
    return _others(results)[0] <= IDLE


def _others(results: Results) -> tuple[float, float]:
    """The number of cores used by other processes during the runs on two cores: median and maximum."""
    used = [row["others"] for row in results["rows"] if row["mode"] != "one"]
    return median(used), max(used)


def by_peer(results: Results) -> dict[str, list[Line]]:
    """The lines of each peer; OpenMM's platforms are one peer."""
    found: dict[str, list[Line]] = {}
    for line in lines(results):
        found.setdefault(line.peer.partition(",")[0], []).append(line)
    return found


def headline(results: Results) -> str:
    """The README's table: for each peer the range of its ratios over dims."""
    columns = 2 if quiet(results) else 1
    rows = []
    for peer, found in by_peer(results).items():
        rows.append([peer, *[_span(line.one.ratio for line in found), _span(line.two.ratio for line in found)][:columns]])
    return markdown_table(["times faster than", *["one core", "two cores"][:columns]], rows, right=(1, 2))


def closest(results: Results) -> str:
    """A list of the peers that are close."""
    near = []
    for peer, found in by_peer(results).items():
        one, two = [line.one.ratio for line in found], [line.two.ratio for line in found]
        if min(one + two * quiet(results)) < CLOSE:
            dims = _row(str(line.dim) for line in found)
            on_two = f", {_row(f'{ratio:.1f}' for ratio in two)} on two" if quiet(results) else ""
            near.append(f"- **{peer}**, in d = {dims}: {_row(f'{ratio:.1f}' for ratio in one)} on one core{on_two}.")
    return "\n".join(near or ["- Nowhere."])


def besides(results: Results) -> float:
    """The share of our time on one core in d = 1 that is not spent on steps."""
    ours = [row for row in results["rows"] if "loop" in row and (row["mode"], row["dynamics"], row["dim"]) == ("one", "gdl", 1)]
    return 1.0 - median(row["loop"] for row in ours)


def own_threads(results: Results) -> str:
    """The ratios on two cores of peers with threads of their own."""
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
    told["others"] = "{:.2f} cores (median), {:.2f} (maximum) during the runs on two cores".format(*_others(results))
    told["warning"] = (
        ""
        if quiet(results)
        else (" **The machine was not quiet, so the results on two cores are rough, and are quoted nowhere.**")
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
