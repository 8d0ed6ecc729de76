"""The memo's Fig. 3: x_1 histograms for d = 1 to 5 beside the surface, and the wide well against dimension."""

from pathlib import Path
from typing import Any

import numpy as np

from langevin_sim.memo.fig3 import RERUN
from langevin_sim.plots import panels
from langevin_sim.plots.figure import new_figure, own_style, save

_NAMES = {"cold": "boxes, RWM", "hot": "boxes, RWM", "smooth": "twowell, GDL", "literal": "boxes, GDL, $\\eta$ = 1"}
_WELL_COLOURS = ("#1f77b4", "#ff7f0e", "#7f7f7f")


@own_style()
def draw(folder: Path) -> None:
    """figure.png and figure.pdf from the run folder."""
    summary, arrays = panels.read(folder)
    groups: dict[str, list[dict[str, Any]]] = {}
    for result in summary["results"]:
        groups.setdefault(result["group"], []).append(result)
    rows, columns = len(groups), max(len(results) for results in groups.values())
    figure = new_figure(3.0 * columns + 3.6, 2.6 * rows + 3.4)
    grid = figure.add_gridspec(rows + 1, columns + 1, width_ratios=[1.0] * columns + [1.3], height_ratios=[1.0] * rows + [1.2])
    literal = summary["mode"] == "literal"
    for row, (group, results) in enumerate(groups.items()):
        for column, result in enumerate(results):
            axes = figure.add_subplot(grid[row, column])
            panels.histogram(axes, arrays, result["key"], bins=30 if literal else 120)
            wide, narrow = (entry["mass"] for entry in result["regions"][:2])
            axes.set_title(f"d = {result['dim']}:  wide {wide:.3g}, narrow {narrow:.3g}", fontsize=9)
            axes.set_xlabel("$x_1$")
            if column == 0:
                axes.set_ylabel(f"{_NAMES[group]}, T = {result['temperature']:g}\ndensity of $x_1$")
                axes.set_ylim(0.0, (1.0 + 0.12 * len(axes.get_legend_handles_labels()[0])) * axes.get_ylim()[1])
                axes.legend(loc="upper left", fontsize=7)
        panels.surface(figure.add_subplot(grid[row, columns], projection="3d"), results[0])
    below = grid[rows, :].subgridspec(1, 2 if literal else rows)
    if literal:
        _ratios(figure.add_subplot(below[0, 0]), groups["literal"])
        _shares(figure.add_subplot(below[0, 1]), groups["literal"])
    else:
        for column, (group, results) in enumerate(groups.items()):
            _masses(figure.add_subplot(below[0, column]), results, f"{_NAMES[group]}, T = {results[0]['temperature']:g}")
    save(figure, folder)


def _masses(axes: Any, results: list[dict[str, Any]], title: str) -> None:
    dims = [r["dim"] for r in results]
    for k, colour in zip(range(len(results[0]["regions"])), _WELL_COLOURS, strict=False):
        entries = [r["regions"][k] for r in results]
        errors = [2 * entry["stderr"] for entry in entries]
        axes.errorbar(
            dims,
            [entry["mass"] for entry in entries],
            yerr=errors,
            fmt="o",
            capsize=4,
            markersize=4,
            color=colour,
            label=entries[0]["name"],
        )
        axes.plot(
            dims,
            [entry["boltzmann"] for entry in entries],
            "-",
            color=colour,
            linewidth=1.0,
            label="Boltzmann, exact" if k == 0 else None,
        )
    axes.set(xlabel="dimension d", ylabel="mass", xticks=dims, ylim=(-0.03, 1.03))
    axes.set_title(title, fontsize=10)
    axes.grid(alpha=0.3)
    axes.legend(loc="center right", fontsize=8)


def _ratios(axes: Any, results: list[dict[str, Any]]) -> None:
    shown = [r for r in results if r["ratio"]["mean"]]
    dims = [r["dim"] for r in shown]
    axes.errorbar(
        dims,
        [r["ratio"]["mean"] for r in shown],
        yerr=[2 * r["ratio"]["stderr"] for r in shown],
        fmt="o",
        capsize=4,
        color=panels.MEASURED,
        label="all replicas (2 standard errors)",
    )
    axes.plot([r["dim"] for r in results], [2.0 ** r["dim"] for r in results], "-", color=panels.EXACT, label="Boltzmann, $2^d$")
    own = {r["dim"]: r["ratio"]["chain"] for r in results if r["ratio"]["chain"]}
    if own:
        axes.plot(list(own), list(own.values()), "x", color=panels.OWN, markersize=9, label="the chain's own law")
    late = [r for r in shown if r["ratio"]["second_half"]]
    axes.errorbar(
        [r["dim"] + 0.07 for r in late],
        [r["ratio"]["second_half"] for r in late],
        fmt="o",
        mfc="white",
        capsize=4,
        yerr=[2 * r["ratio"]["second_half_stderr"] for r in late],
        color=panels.MEASURED,
        label="second half of the runs alone",
    )
    axes.plot(list(RERUN), list(RERUN.values()), "+", color=panels.OWN, markersize=9, label="a re-implementation, 100 x as long")
    axes.set_yscale("log")
    powers = [2**k for k in range(8)]
    axes.set_yticks(powers, [str(power) for power in powers])
    axes.minorticks_off()
    axes.set(xlabel="dimension d", ylabel="mass of wide : mass of narrow", xticks=[r["dim"] for r in results])
    axes.set_title("$\\eta$ = 1 does not sample Boltzmann's law", fontsize=10)
    axes.set_ylim(1.5, None)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)


def _shares(axes: Any, results: list[dict[str, Any]]) -> None:
    shown = [r for r in results if r["share"]]
    dims = np.array([r["dim"] for r in shown])
    middle = np.array([r["share"]["p50"] for r in shown])
    around = np.abs(np.array([[r["share"]["p16"], r["share"]["p84"]] for r in shown]).reshape(-1, 2).T - middle)
    axes.errorbar(dims, middle, yerr=around, fmt="s", capsize=5, color=panels.MEASURED, label="single replicas, 16 to 84 %")
    exact = 2.0**dims / (1.0 + 2.0**dims)
    axes.plot(dims, exact, "-", color=panels.EXACT, label="Boltzmann, $2^d/(1+2^d)$")
    for r, height in zip(shown, middle, strict=True):
        passages = f"{r['passages']['mean']:.1f} passages"
        side, align = (-8, "right") if r is shown[-1] else (8, "left")
        axes.annotate(passages, (r["dim"], height), xytext=(side, 5), textcoords="offset points", fontsize=8, ha=align)
    axes.set(xlabel="dimension d", ylabel="wide / (wide + narrow)", xticks=dims, ylim=(None, 1.04))
    axes.set_title("One walker sees few passages between the pits (means)", fontsize=10)
    axes.margins(x=0.12)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right", fontsize=8)
