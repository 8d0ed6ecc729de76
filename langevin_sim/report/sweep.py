"""The page of a sweep: the results at every point, with links to the pages of the points."""

import shlex
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from langevin_sim.report.page import NAME, Block, Commands, Items, Links, Page, Paragraph, Section, Table
from langevin_sim.report.parts import footer, local, notes, picture, provenance, shell_name
from langevin_sim.storage.summary import read_summary

_MOST = 500  # maximum number of points in the list; sweep.csv has all


def page(folder: Path, manifest: dict[str, Any]) -> Page:
    """The page: counts first, then the figure, the points, the settings and the command that continues it."""
    summary = read_summary(folder)
    rows, axes = summary["results"], summary["axes"]
    what = summary["settings"].get("potential") or summary["settings"].get("data")
    title = f"Sweep of {local(str(what))} over {', '.join(axes)}"
    points: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        points.setdefault(row["point"], []).append(row)
    failed = [
        (name, local(str(rows_of_point[0]["error"])))
        for name, rows_of_point in points.items()
        if rows_of_point[0]["status"] != "COMPLETED"
    ]
    grid = [f"{name}: {_short(values)}" for name, values in axes.items()]
    came: list[Block] = [Paragraph(_counts(summary["points"]), "lead"), *_verdicts(rows)]
    if failed:
        came.append(Items(failed, "warnings"))
    shared = {key: value for key, value in summary["settings"].items() if value not in (None, {}) and key not in axes}
    settings = [[name, _setting(value)] for name, value in shared.items()]
    shown = list(points)[:_MOST]
    links = [(name, f"points/{quote(name)}/{NAME}") for name in shown if points[name][0]["status"] == "COMPLETED"]
    rest = [Paragraph(f"{len(points) - _MOST} more are in sweep.csv.")] if len(points) > _MOST else []
    one = shlex.quote(f"{folder.resolve().name}/points/{shown[0]}")
    commands = Commands(
        [
            (
                "Run the missing points, or redraw the figure (run from the parent folder):",
                f"langevin-sim sweep {shell_name(folder)}",
            ),
            ("Repeat one point and compare the bits:", f"langevin-sim rerun {one}"),
        ]
    )
    sections = [
        Section("Results", came),
        Section("The figure", [picture(folder, f"{title}. Its numbers are in sweep.csv and in the table on this page.")]),
        Section("The points", [_table(summary["of"], axes, points, shown), *rest, Links(links)]),
        Section("Settings", [Items(grid), Table("All points share:", [], settings), provenance(manifest), commands]),
        Section("Warnings and notes", notes(manifest)),
    ]
    return Page(title, f"{len(points)} points, seed {summary['seed']}", sections, footer(folder, manifest))


def _counts(points: dict[str, int]) -> str:
    counts = ", ".join(f"{count:,} {status.lower()}" for status, count in points.items())
    return f"{sum(points.values()):,} points: {counts}."


def _verdicts(rows: list[dict[str, Any]]) -> list[Block]:
    """Number of ensembles with each verdict: rows are per region, but an ensemble has one verdict."""
    ensembles = {(row["point"], row["dynamics"]): row["verdict"] for row in rows if row.get("verdict")}
    words = Counter(ensembles.values())
    counts = ", ".join(f"{count:,} {word}" for word, count in words.most_common())
    return [Paragraph(f"Verdicts: {counts}.")] if counts else []


def _table(of: str, axes: dict[str, Any], points: dict[str, list[dict[str, Any]]], shown: list[str]) -> Table:
    """One line for every dynamics of a point, with the mass of its first region; or for every replica of a training."""
    if of == "train":
        columns = [*axes, "replica", "epochs", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy"]
        lines = [[row[name] for name in columns] for point in shown for row in points[point]]
        return Table("Replicas at the end of their training:", [name.replace("_", " ") for name in columns], _texts(lines))
    names = ("dynamics", "region", "mass", "stderr", "boltzmann", "chain", "verdict")
    firsts = [row for name in shown for row in {row["dynamics"]: row for row in reversed(points[name])}.values()]
    lines = [[row[name] for name in (*axes, *names)] for row in firsts]
    headings = [*axes, "dynamics", "region", "mass", "error", "Boltzmann", "chain", "verdict"]
    return Table("Simulated and exact masses:", headings, _texts(lines))


def _texts(lines: list[list[Any]]) -> list[list[str]]:
    return [["-" if cell is None else f"{cell:.5g}" if isinstance(cell, float) else str(cell) for cell in line] for line in lines]


def _setting(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else local(str(value))


def _short(values: list[Any]) -> str:
    return ", ".join(map(str, values)) if len(values) <= 12 else f"{values[0]} to {values[-1]}, {len(values)} values"
