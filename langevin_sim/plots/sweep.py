"""Draw a column of a sweep against one axis, as lines beside the exact laws, or against two, as a heat map."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator

from langevin_sim.analysis.verdict import SOUND
from langevin_sim.errors import InputError, UnknownNameError
from langevin_sim.plots import curves
from langevin_sim.plots.figure import literal, new_figure, own_style, save
from langevin_sim.settings.grid import Axis, Sweep

_MOST_LINES, _MOST_PANELS = 10, 12
_ERRORS = {"mass": "stderr", "extrapolated": "extrapolated_stderr", "energy": "energy_stderr"}
_LAWS = {"mass": ("boltzmann", "chain"), "extrapolated": ("boltzmann", None), "energy": ("energy_boltzmann", "energy_chain")}
_LABELS = {
    "mass": "mass of {region}",
    "extrapolated": "mass of {region}, at step 0",
    "energy": "mean energy U",
    "seconds": "time (s)",
    "step_size": "step size $\\eta$",
    "temperature": "temperature T",
    "dim": "dimension d",
    "batch_size": "batch size",
    "relaxation_steps": "relaxation time (steps)",
    "effective_temperature": "temperature $T + T_{eff}$",
    "updates_per_second": "coordinate updates per second",
    "rhat": "nested $\\hat{R}$",
    "acceptance": "acceptance rate",
    "noise": "noise $\\gamma'$",
    "tv_boltzmann": "TV distance to Boltzmann",
    "tv_chain": "TV distance to the chain law",
}


class View(NamedTuple):
    """What to draw. against: one axis, or two for a heat map; region: whose mass, by default the first."""

    column: str | None = None
    against: list[str] | None = None
    region: str | None = None


@own_style()
def draw(folder: Path, sweep: Sweep, rows: list[dict[str, Any]], view: View | None = None) -> None:
    """figure.png and figure.pdf; InputError if the sweep has no such numbers."""
    shown = _shown(sweep, rows, view or View())
    groups = shown.groups[:_MOST_PANELS]
    width = min(3, len(groups))
    height = -(-len(groups) // width)
    figure = new_figure(max(6.4, 4.2 * width), 0.9 + 3.6 * height)
    grid = figure.subplots(height, width, squeeze=False)
    for axes in grid.flat[len(groups) :]:
        axes.set_axis_off()
    if len(shown.against) == 2:
        _maps(figure, grid, groups, shown)
    else:
        for axes, (title, members) in zip(grid.flat, groups, strict=False):
            _lines(axes, members, shown, sweep.kind)
            axes.set(xlabel=_name(shown.against[0].name), ylabel=shown.label)
            axes.set_title(title, fontsize=10)
            axes.grid(alpha=0.3)
        curves.legend(figure, _entries(shown), 5)
    left_out = len(shown.groups) - len(groups)
    note = f"; {left_out} more panels are left out" if left_out else ""
    what = sweep.base.get("potential") or sweep.base.get("data") or ""
    figure.suptitle(f"{literal(str(what)[:60])}: {shown.label}{note}", fontsize=11)
    save(figure, folder)


class _Shown(NamedTuple):
    """What is drawn: a column against axes, one line per value of ``lines``, one panel per group of rows."""

    column: str
    label: str
    against: list[Axis]
    lines: Axis | None
    rows: list[dict[str, Any]]
    groups: list[tuple[str, list[dict[str, Any]]]]


def _shown(sweep: Sweep, rows: list[dict[str, Any]], view: View) -> _Shown:
    """The other axes become lines, then panels; so do several dynamics of a point."""
    column = view.column or ("mass" if sweep.kind == "run" else "validation_loss")
    moving = [one for one in sweep.axes if len(one.values) > 1] or sweep.axes[:1]
    against = [one for name in view.against for one in sweep.axes if one.name == name] if view.against else moving[:1]
    rows = [row for row in rows if row["status"] == "COMPLETED"]
    regions = list(dict.fromkeys(row.get("region") for row in rows))
    region = view.region or regions[0]
    if region not in regions:
        raise UnknownNameError("region", str(region), [str(name) for name in regions])
    rows = [row for row in rows if row.get("region") == region and row.get(column) is not None]
    if not rows:
        raise InputError(f"--plot {column}: no run of the sweep has a number for it; choose another column of sweep.csv")
    others = [one for one in moving if one not in against]
    if sweep.kind == "run" and not any(one.name == "dynamics" for one in sweep.axes):
        others.append(Axis("dynamics", list(dict.fromkeys(row["dynamics"] for row in rows))))
    others = [one for one in others if len(one.values) > 1]
    lines = None if len(against) == 2 else next((one for one in others if len(one.values) <= _MOST_LINES), None)
    label = _LABELS.get(column, column.replace("_", " ")).replace("{region}", literal(region))
    return _Shown(column, label, against, lines, rows, _groups(rows, [one for one in others if one is not lines]))


def _groups(rows: list[dict[str, Any]], paneled: list[Axis]) -> list[tuple[str, list[dict[str, Any]]]]:
    """(title, rows) of every panel."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        title = ", ".join(_value(one, row[one.name]) for one in paneled)
        groups.setdefault(title, []).append(row)
    return list(groups.items())


def _lines(axes: Any, rows: list[dict[str, Any]], shown: _Shown, kind: str) -> None:
    """Points with error bars, one colour per value of ``lines``; Boltzmann's law dashed, the chain law solid."""
    column, lines, against = shown.column, shown.lines, shown.against[0]
    for k, value in enumerate(lines.values if lines else [None]):
        members = [row for row in rows if lines is None or row[lines.name] == value]
        if not members:
            continue
        colour = curves.COLOURS[k % len(curves.COLOURS)]
        where = np.array([_position(against, row) for row in members])
        heights = np.array([float(row[column]) for row in members])
        if kind == "train":  # for replicas: their mean, and its standard error
            places = np.unique(where)
            spread = [heights[where == x] for x in places]
            errors = [part.std(ddof=1) / np.sqrt(part.size) if part.size > 1 else 0.0 for part in spread]
            axes.errorbar(places, [part.mean() for part in spread], errors, fmt="o-", color=colour, ms=4, lw=1.0, capsize=2)
            continue
        spread = [row.get(_ERRORS.get(column, "")) or 0.0 for row in members]
        if column not in _LAWS:
            axes.plot(*zip(*sorted(zip(where, heights, strict=True)), strict=True), color=colour, lw=1.0)
        sound = np.array([row["verdict"] in SOUND for row in members])
        for chosen, face in ((sound, colour), (~sound, "white")):
            axes.errorbar(
                where[chosen],
                heights[chosen],
                np.array(spread)[chosen],
                fmt="o",
                color=colour,
                mfc=face,
                ms=4.5,
                lw=1.0,
                capsize=2,
            )
        for law, style in zip(_LAWS.get(column, ()), ("--", "-"), strict=False):
            known = [(x, row[law]) for x, row in zip(where, members, strict=True) if law and row[law] is not None]
            if known:
                axes.plot(*zip(*sorted(known), strict=True), style, color=colour, lw=1.0)
    if against.numeric:
        values = [float(value) for value in against.values]
        if min(values) > 0 and max(values) > 30 * min(values):
            axes.set_xscale("log")
        elif all(value.is_integer() for value in values):
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    else:
        axes.set_xticks(range(len(against.values)), [literal(value) for value in against.values])


def _maps(figure: Any, grid: Any, groups: list[tuple[str, list[dict[str, Any]]]], shown: _Shown) -> None:
    """Heat maps on one scale; a cell whose point is missing stays empty."""
    against, fields = shown.against, []
    for _, members in groups:
        cells: dict[tuple[int, int], list[float]] = {}
        for row in members:
            cells.setdefault(
                (against[0].values.index(row[against[0].name]), against[1].values.index(row[against[1].name])), []
            ).append(float(row[shown.column]))
        field = np.full((len(against[1].values), len(against[0].values)), np.nan)
        for (i, j), values in cells.items():
            field[j, i] = np.mean(values)
        fields.append(field)
    low, high = (float(f(np.concatenate([field.ravel() for field in fields]))) for f in (np.nanmin, np.nanmax))
    for axes, (title, _), field in zip(grid.flat, groups, fields, strict=False):
        image = axes.imshow(field, origin="lower", aspect="auto", cmap="viridis", vmin=low, vmax=high)
        for axis, one in ((axes.xaxis, against[0]), (axes.yaxis, against[1])):
            ticks = range(0, len(one.values), -(-len(one.values) // 8))
            axis.set_ticks(list(ticks), [literal(one.values[k]) for k in ticks])
        axes.set(xlabel=_name(against[0].name), ylabel=_name(against[1].name))
        axes.set_title(title, fontsize=10)
    figure.colorbar(image, ax=grid, label=shown.label, shrink=0.9)


def _entries(shown: _Shown) -> list[Any]:
    """The legend: colours for the values of ``lines``, styles for the laws that are drawn, open marks."""
    lines, rows, entries = shown.lines, shown.rows, []
    if lines is not None:
        for k, value in enumerate(lines.values):
            if all(row[lines.name] != value for row in rows):
                continue
            colour = curves.COLOURS[k % len(curves.COLOURS)]
            entries.append(curves.mark(_value(lines, value), color=colour, marker="o", linestyle=""))
    for law, text, style in zip(_LAWS.get(shown.column, ()), ("Boltzmann", "chain law"), ("--", "-"), strict=False):
        if law and any(row.get(law) is not None for row in rows):
            entries.append(curves.mark(text, linestyle=style))
    if any(row.get("verdict", "agrees") not in SOUND for row in rows):
        words = list(dict.fromkeys(row["verdict"] for row in rows if row["verdict"] not in SOUND))
        entries.append(curves.mark(" or ".join(words), marker="o", linestyle="", mfc="white"))
    return entries


def _position(against: Axis, row: dict[str, Any]) -> float:
    return float(row[against.name]) if against.numeric else float(against.values.index(row[against.name]))


def _value(one: Axis, value: Any) -> str:
    return literal(value) if one.name == "dynamics" else f"{_name(one.name)} = {literal(value)}"


def _name(axis: str) -> str:
    return _LABELS.get(axis, axis.replace("_", " "))
