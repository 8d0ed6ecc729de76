"""Figs. 7 and 8: training accuracy and loss over the plane through three minima, with natural and with random labels."""

from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from langevin_sim.formatting import markdown_table, missing, plus_minus, share, short
from langevin_sim.memo.figure import NetworkFigure
from langevin_sim.memo.network_text import document, notes
from langevin_sim.plots import curves
from langevin_sim.plots.figure import literal, new_figure, own_style, save
from langevin_sim.plots.triangles import triangles

HIGH = 0.99  # a point with a training accuracy above this belongs to the flat region
FIGURES = {"cifar10": "Fig. 7", "mnist": "Fig. 8"}


def text(summary: dict[str, Any]) -> str:
    """figure.md."""
    results, runs = summary["results"], summary["runs"]
    data = list(dict.fromkeys(runs[r["run"]]["data"]["name"] for r in results))
    title = ", ".join(FIGURES.get(name, f"As Figs. 7 and 8, on {name}") for name in data)
    return document(
        f"{title}: the plane through three minima",
        summary,
        "The memo shows the training accuracy of l_1 w_1 + l_2 w_2 + l_3 w_3 for three minima of one training loss: with natural "
        "labels the flat region around the minima is larger than with random ones; on MNIST (Fig. 8) these are large flat "
        "regions and sharp wells.",
        _table(results, runs),
        *(_verdict(natural, random) for natural, random in _pairs(results, runs)),
        _doubts(results, runs),
        _lattice(summary["settings"]),
        f"The flat share is that of the triangle's lattice points with training accuracy above {HIGH}; the flat area is that "
        "share of the triangle's area, in squared units of distance in weight space: the same share of a larger triangle is a "
        "larger flat region. Means and standard errors are over triples, no two of which share a minimum.",
    )


def _lattice(settings: dict[str, Any]) -> str:
    triples = [", ".join(map(str, settings["replicas"][k : k + 3])) for k in range(0, len(settings["replicas"]), 3)]
    more = f"; further triples, evaluated inside their triangles: {'; '.join(triples[1:])}" if triples[1:] else ""
    around = f", and around it up to l_i = -{settings['margin']:g}" if settings["margin"] else ""
    return (
        f"In the picture w_1, w_2 and w_3 are the minima of replicas {triples[0]}{more}. Loss and accuracy are evaluated on a "
        f"lattice of {settings['divisions']} steps along a side of the triangle{around}."
    )


def _table(results: list[dict[str, Any]], runs: list[dict[str, Any]]) -> str:
    headings = [
        "run",
        "images",
        "batch norm",
        "accuracy at w1, w2, w3",
        "loss there",
        "accuracy at the centre",
        "loss there",
        "flat share",
        "flat area",
        "distances w1-w2, w2-w3, w3-w1",
    ]
    rows = [
        [
            runs[r["run"]]["name"],
            f"{r['images']:,}",
            r["batch_norm"],
            ", ".join(share(v["accuracy"]) for v in t["vertices"]),
            ", ".join(short(v["loss"]) for v in t["vertices"]),
            share(t["centre"]["accuracy"]),
            short(t["centre"]["loss"]),
            share(t["share_below"]),
            short(t.get("area")),
            ", ".join(short(d) for d in t["distances"]),
        ]
        for r in results
        for t in _triples(r)
    ]
    return markdown_table(headings, rows)


def _pairs(results: list[dict[str, Any]], runs: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Natural and random results of one data set and model."""

    def setting(r: dict[str, Any]) -> tuple[str, str, str]:
        run = runs[r["run"]]
        return run["data"]["name"], run["spec"]["model"], r["batch_norm"]

    natural, random = ([r for r in results if r["labels"] == kind] for kind in ("natural", "random"))
    return [(a, b) for a in natural for b in random if setting(a) == setting(b)]


def _triples(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The numbers of every triple of minima; older folders have one triple, whose numbers stand in the result itself."""
    found: list[dict[str, Any]] = result.get("triples", [result])
    return found


_LEVEL = 0.95  # of the intervals


def _verdict(natural: dict[str, Any], random: dict[str, Any]) -> str:
    """Shares and areas of natural labels beside those of random ones, and whether both say the same."""
    found = {
        "share of the triangle": _compared(natural, random, "share_below"),
        "area": _compared(natural, random, "area"),
    }
    lines = [f"- Flat {what}: {text}." for what, (_, text) in found.items() if text]
    words = [word for word, text in found.values() if text]
    if len(words) == 2 and words[0] != words[1]:
        lines.append(
            "\nShare and area disagree, because the triangles differ in size: the flat part of a triangle is not the size of "
            "the flat region."
        )
    return "\n".join(lines)


def _compared(natural: dict[str, Any], random: dict[str, Any], key: str) -> tuple[str, str]:
    """'larger', 'smaller' or 'undecided', and the sentence; empty where something is missing."""
    first, second = ([t.get(key, np.nan) for t in _triples(r)] for r in (natural, random))
    if any(missing(value) for value in (*first, *second)):
        return "undecided", ""
    means = [float(np.mean(values)) for values in (first, second)]
    errors = [float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None for values in (first, second)]
    text = f"{plus_minus(means[0], errors[0])} with natural labels, {plus_minus(means[1], errors[1])} with random ones"
    if min(len(first), len(second)) < 2:
        return "undecided", f"{text}, from one triple each, so there is no error"
    if np.ptp([*first, *second]) == 0.0:
        return "undecided", f"{text}: there is no difference"
    interval = stats.ttest_ind(first, second, equal_var=False).confidence_interval(_LEVEL)
    if interval.low > 0:
        return "larger", f"{text}: larger with natural labels, as in the memo"
    if interval.high < 0:
        return "smaller", f"{text}: smaller with natural labels, unlike in the memo"
    return "undecided", (
        f"{text}: undecided, because the {100 * _LEVEL:g} % interval of the difference over triples, {short(interval.low)} to "
        f"{short(interval.high)}, contains 0"
    )


def _doubts(results: list[dict[str, Any]], runs: list[dict[str, Any]]) -> str:
    """A sentence on minima that do not lie in the flat region themselves."""
    low = [
        runs[r["run"]]["name"]
        for r in results
        if any(missing(v["accuracy"]) or v["accuracy"] <= HIGH for t in _triples(r) for v in t["vertices"])
    ]
    if not low:
        return ""
    return f"Not all minima have a training accuracy above {HIGH} themselves ({'; '.join(low)}): their shares mean little."


CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])  # an equilateral triangle, for w1, w2, w3
_FLOOR = 1e-12  # smallest loss, before its logarithm
_NAMES = ("$w_1$", "$w_2$", "$w_3$")


@own_style()
def draw(folder: Path) -> None:
    """figure.png and figure.pdf from the run folder: one row per run, one colour scale for all."""
    summary, arrays = curves.read(folder)
    results = summary["results"]
    accuracies = [arrays[f"{r['run']}_accuracy"] for r in results]
    losses = [_logarithm(arrays[f"{r['run']}_loss"]) for r in results]
    accuracy_levels, loss_levels = _levels(accuracies, 1.0), _levels(losses)
    figure = new_figure(15.5, 4.4 * len(results) + 0.6)
    grid = figure.add_gridspec(len(results), 3, width_ratios=[1.15, 1.0, 1.0])
    left, right = [], []
    for row, result in enumerate(results):
        points = arrays[f"{result['run']}_barycentric"] @ CORNERS
        run = summary["runs"][result["run"]]
        _surface(
            figure.add_subplot(grid[row, 0], projection="3d"), points, accuracies[row], accuracy_levels, literal(run["name"])
        )
        left.append(figure.add_subplot(grid[row, 1]))
        flat = _contours(left[-1], points, accuracies[row], accuracy_levels, "viridis")
        _edge(left[-1], points, accuracies[row])
        part = share(result["share_below"])
        left[-1].set_title(f"training accuracy; above {HIGH} (dashed): {part} of the triangle", fontsize=9)
        right.append(figure.add_subplot(grid[row, 2]))
        deep = _contours(right[-1], points, losses[row], loss_levels, "magma")
        right[-1].set_title("training loss", fontsize=9)
        sides = ", ".join(short(d) for d in result["distances"])
        for axes in (left[-1], right[-1]):
            axes.set_xlabel(f"sides $w_1w_2$, $w_2w_3$, $w_3w_1$: {sides}", fontsize=8)
    for panes, image, label in ((left, flat, "training accuracy"), (right, deep, "log$_{10}$ of the training loss")):
        figure.colorbar(image, ax=panes, label=label, shrink=0.8, ticks=curves.ticks(6))
    images = " or ".join(f"{n:,}" for n in dict.fromkeys(r["images"] for r in results))
    title = f"The plane through three minima, each point evaluated on {images} training images"
    curves.heading(figure, title, notes([summary["runs"][r["run"]] for r in results]))
    save(figure, folder)


def _logarithm(loss: np.ndarray) -> np.ndarray:
    """log10; nan where the loss is not finite."""
    return np.log10(np.maximum(np.where(np.isfinite(loss), loss, np.nan), _FLOOR))


def _levels(values: list[np.ndarray], top: float | None = None) -> np.ndarray:
    """Contour levels that cover the values of all runs."""
    known = np.concatenate([v[np.isfinite(v)] for v in values] + [np.array([0.0 if top is None else top])][: top is not None])
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    room = max(1e-3 * (high - low), 1e-6)
    return np.linspace(low - room, high + room, 25)


def _surface(axes: Any, points: np.ndarray, values: np.ndarray, levels: np.ndarray, title: str) -> None:
    mesh = triangles(points, values)
    axes.plot_trisurf(mesh, np.nan_to_num(values), cmap="viridis", vmin=levels[0], vmax=levels[-1], linewidth=0.1)
    for name, corner in zip(_NAMES, CORNERS, strict=True):
        height = values[np.argmin(((points - corner) ** 2).sum(axis=1))]
        if np.isfinite(height):
            axes.plot(
                *([c] * 2 for c in corner),
                [height, levels[-1] + 0.08 * (levels[-1] - levels[0])],
                "-",
                color="black",
                linewidth=0.9,
                zorder=10,
            )
            axes.text(*corner, levels[-1] + 0.1 * (levels[-1] - levels[0]), name, fontsize=9, ha="center", zorder=11)
    axes.set(xticks=[], yticks=[], zlim=(levels[0], levels[-1]))
    axes.set_zlabel("training accuracy", fontsize=8)
    axes.tick_params(labelsize=7)
    axes.zaxis.set_major_locator(curves.ticks(5))
    axes.set_title(title, fontsize=10)
    axes.view_init(elev=38, azim=-75)
    axes.set_box_aspect((1.0, 0.87, 0.6), zoom=1.0)


def _contours(axes: Any, points: np.ndarray, values: np.ndarray, levels: np.ndarray, colours: str) -> Any:
    """Draw filled contours and the triangle with its corners."""
    image = axes.tricontourf(triangles(points, values), np.nan_to_num(values), levels=levels, cmap=colours)
    axes.plot(*CORNERS[[0, 1, 2, 0]].T, "-", color="black", linewidth=2.4)
    axes.plot(*CORNERS[[0, 1, 2, 0]].T, "-", color="white", linewidth=1.0)
    axes.plot(*CORNERS.T, "o", color="white", markeredgecolor="black", markersize=4)
    middle = CORNERS.mean(axis=0)
    for name, corner in zip(_NAMES, CORNERS, strict=True):
        axes.annotate(
            name,
            corner,
            xytext=14 * (corner - middle) / np.linalg.norm(corner - middle),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=9,
            bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
        )
    axes.set(aspect="equal", xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.margins(0.06)
    return image


def _edge(axes: Any, points: np.ndarray, values: np.ndarray) -> None:
    """Draw the contour of accuracy 0.99, if there is one."""
    known = values[np.isfinite(values)]
    if known.size and known.min() < HIGH < known.max():
        axes.tricontour(
            triangles(points, values), np.nan_to_num(values), levels=[HIGH], colors="black", linewidths=1.0, linestyles="--"
        )


FIGURE = NetworkFigure("fig7", "plane", trainings=lambda scale: scale.for_planes(scale.cifar))
