"""The memo's Table 1 as a picture: flatness radii with natural and random labels, and their ratios."""

from pathlib import Path
from typing import Any

from langevin_sim.formatting import missing
from langevin_sim.memo.network_text import labels, notes
from langevin_sim.memo.table1.published import MEMO, RERUN, comparable, published_ratio
from langevin_sim.plots import curves
from langevin_sim.plots.figure import new_figure, own_style, save

_COLOURS = {"natural": "#1f77b4", "random": "#ff7f0e"}
_HEIGHT = 0.5  # of a row, in inches
_OTHER = "#9467bd"  # some labels replaced
_KEYS = ("data", "model", "quantity", "layers", "direction", "batch_norm")
_WORDS = {
    "all": "all parameters",
    "top": "top layer",
    "fixed": "batch norm fixed",
    "perturbed": "batch norm perturbed",
    "recomputed": "batch norm recomputed",
}
_OTHERS = ((MEMO, "s", "the memo"), (RERUN, "D", "the public re-run"))


@own_style()
def draw(folder: Path) -> None:
    """figure.png and figure.pdf from the run folder: one row per setting."""
    summary, _ = curves.read(folder)
    settings: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for result in summary["results"]:
        settings.setdefault(_key(summary, result), []).append(result)
    order = sorted(settings, key=lambda key: [[k[i] for k in settings].index(key[i]) for i in range(len(_KEYS))])
    ratios = summary.get("ratios") or []
    widths = [1.6, 1.0] if ratios else [1.0]
    figure = new_figure(12.5 if ratios else 9.5, _HEIGHT * len(order) + 2.4)
    panes = figure.subplots(1, len(widths), squeeze=False, sharey=True, width_ratios=widths)
    axes = panes[0, 0]
    for row, key in enumerate(order):
        for result in settings[key]:
            _radius(axes, row, result, labels(summary["runs"][result["run"]]))
        if comparable(settings[key][0]):
            _beside(axes, row, key, {labels(summary["runs"][r["run"]]) for r in settings[key]})
    epsilon = summary["results"][0]["epsilon"]
    axes.set_yticks(range(len(order)), _names(order), fontsize=8)
    axes.set_ylim(len(order) - 0.4, -0.6)
    changed = " or the ".join(dict.fromkeys(r["quantity"] for r in summary["results"]))
    _logarithmic(
        axes,
        f"radius at which the {changed} has changed by {epsilon:g}\n"
        "(raw: distance in weight space; filter: multiple of the weights)",
    )
    axes.set_title("first crossing: mean ± deviation over minima (small dots: single ones)", fontsize=9)
    if ratios:
        _ratios(panes[0, 1], ratios, order, epsilon)
    curves.heading(figure, "Flatness radii", notes(summary["runs"]))
    _legend(figure, summary)
    save(figure, folder)


def _key(summary: dict[str, Any], result: dict[str, Any]) -> tuple[str, ...]:
    run = summary["runs"][result["run"]]
    return (run["data"]["name"], run["spec"]["model"], *(result[key] for key in _KEYS[2:]))


def _names(keys: list[tuple[str, ...]]) -> list[str]:
    """A row's name: data and layers, and any other differences between rows."""
    varied = [i for i, key in enumerate(_KEYS) if key in ("data", "layers", "direction") or len({k[i] for k in keys}) > 1]
    return [", ".join(_WORDS.get(key[i], key[i]) for i in varied) for key in keys]


def _radius(axes: Any, row: int, result: dict[str, Any], kind: str) -> None:
    """Draw mean and spread of the first crossing, every minimum as a small dot, and the sup as a stroke."""
    mean, spread = result["first"]["mean"], result["first"]["spread"]
    if missing(mean):
        return
    height = row + {"natural": -0.14, "random": 0.14}.get(kind, 0.0)
    colour = _COLOURS.get(kind, _OTHER)
    error = None if missing(spread) else [[min(spread, 0.999 * mean)], [spread]]
    radii = [m["first"]["mean"] for m in result["minima"] if not missing(m["first"]["mean"])]
    axes.plot(radii, [height] * len(radii), ".", color=colour, markersize=4, alpha=0.6)
    marker = ">" if result["at_least"] else "o"
    axes.errorbar(mean, height, xerr=error, fmt=marker, color=colour, markersize=6, capsize=3)
    if not missing(result["last"]["mean"]):
        axes.plot(result["last"]["mean"], height, "|", color=colour, markersize=11)


def _beside(axes: Any, row: int, key: tuple[str, ...], kinds: set[str]) -> None:
    """Draw the memo's and the re-run's radii, for the labels in this row."""
    for numbers, marker, _ in _OTHERS:
        for kind, colour in _COLOURS.items():
            found = numbers.get((key[0], key[3], kind))
            if found and kind in kinds:
                axes.errorbar(
                    found[0],
                    row + (-0.3 if kind == "natural" else 0.3),
                    xerr=found[1],
                    fmt=marker,
                    mfc="white",
                    color=colour,
                    markersize=5,
                    capsize=2,
                    linewidth=0.8,
                )


def _ratios(axes: Any, ratios: list[dict[str, Any]], order: list[tuple[str, ...]], epsilon: float) -> None:
    axes.axvline(1.0, color="black", linewidth=0.8)
    for r in ratios:
        key = tuple(r[name] for name in _KEYS)
        if key not in order or missing(r["ratio"]):
            continue
        row = order.index(key)
        known = not missing(r["low"]) and not missing(r["high"])
        error = [[r["ratio"] - r["low"]], [r["high"] - r["ratio"]]] if known else None
        axes.errorbar(r["ratio"], row, xerr=error, fmt="o", color="black", markersize=5, capsize=3)
        if comparable({**r, "epsilon": epsilon}):
            for (numbers, marker, _), height in zip(_OTHERS, (-0.28, 0.28), strict=True):
                other = published_ratio(numbers, r["data"], r["layers"])
                if other:
                    axes.plot(other, row + height, marker, mfc="white", color="black", markersize=5)
    _logarithmic(axes, "radius natural : radius random\n(right of the line, minima of natural labels are flatter)")
    axes.set_title(f"ratio with its {100 * ratios[0]['level']:g} % interval over minima", fontsize=9)


def _logarithmic(axes: Any, label: str) -> None:
    axes.set_xscale("log")
    curves.logarithmic(axes.xaxis)
    axes.set_xlabel(label, fontsize=9)
    axes.grid(alpha=0.3)


def _legend(figure: Any, summary: dict[str, Any]) -> None:
    """One entry per kind of mark; marks with several colours are shown in black."""
    results = summary["results"]
    kinds = dict.fromkeys(labels(summary["runs"][r["run"]]) for r in results)
    entries = [
        curves.mark(f"{kind} labels" if kind in _COLOURS else kind, color=_COLOURS.get(kind, _OTHER), marker="o", linestyle="")
        for kind in kinds
    ]
    entries.append(curves.mark("sup found", marker="|", markersize=11, linestyle=""))
    if any(r["at_least"] for r in results):
        entries.append(curves.mark("a lower bound", marker=">", linestyle=""))
    memos = {key[0] for key in MEMO}
    if any(comparable(r) and summary["runs"][r["run"]]["data"]["name"] in memos for r in results):
        entries += [curves.mark(name, marker=marker, mfc="white", linestyle="") for _, marker, name in _OTHERS]
    curves.legend(figure, entries, 7)
