"""Fig. 1: components of the minibatch gradient at fixed weights, and whether they are Gaussian."""

from pathlib import Path
from typing import Any

import numpy as np

from langevin_sim.formatting import markdown_table, missing, plus_minus, short
from langevin_sim.memo.figure import NetworkFigure
from langevin_sim.memo.network_text import document, notes
from langevin_sim.plots import curves, panels
from langevin_sim.plots.figure import new_figure, own_style, save

LEVEL, HIGHEST = 0.01, 0.15  # ends of the Anderson-Darling test's table; p-values beyond are given as these


def text(summary: dict[str, Any]) -> str:
    """figure.md."""
    results = summary["results"]
    run = summary["runs"][results[0]["run"]]
    replica = summary["settings"].get("replica", 0)
    return document(
        "Fig. 1: components of the minibatch gradient",
        summary,
        "The memo shows histograms of some components of the minibatch gradient at fixed weights late in training. It calls "
        "them approximately Gaussian for minibatches that are neither too small nor too large, and their mean, the gradient of "
        "the full loss, very small.",
        f"Here: {run['name']}, at the weights that replica {replica} found. {_tests(results)}",
        _shapes(results),
        _sizes(results),
        _trend(results),
        _means(results),
        "All components in the figure:",
        _components(results),
    )


def rejected(result: dict[str, Any]) -> tuple[int, int]:
    """The number of components that the Anderson-Darling test rejects at 1 %, and the number tested."""
    tested = [c["anderson_pvalue"] for c in result["components"] if not missing(c["anderson_pvalue"])]
    return sum(p <= LEVEL for p in tested), len(tested)


def _tests(results: list[dict[str, Any]]) -> str:
    counts = [rejected(r) for r in results]
    parts = [f"{k} of {m} components at batch size {r['batch_size']}" for r, (k, m) in zip(results, counts, strict=True) if m]
    if not parts:
        return "No component was tested."
    rejections, tested = (sum(column) for column in zip(*counts, strict=True))
    rejections_text = (
        f"The Anderson-Darling test rejects a Gaussian at 1 % for {', '.join(parts)}; of Gaussian components it rejects 1 in 100."
    )
    if rejections == tested:
        return f"{rejections_text} All of them differ from a Gaussian significantly; the tables show by how much."
    if not rejections:
        return f"{rejections_text} With this many minibatches none of them differs from a Gaussian significantly."
    return f"{rejections_text} The tables show how far from a Gaussian they are."


def _shapes(results: list[dict[str, Any]]) -> str:
    headings = [
        "batch size",
        "minibatches",
        "parameters with a gradient",
        "skewness: 16 %, median, 84 %",
        "excess kurtosis: 16 %, median, 84 %",
        "rejected at 1 %",
    ]
    rows = []
    for r in results:
        k, m = rejected(r)
        rows.append(
            [
                str(r["batch_size"]),
                f"{r['batches']:,}",
                f"{r['live']:,}",
                _three(r["skewness_quantiles"]),
                _three(r["kurtosis_quantiles"]),
                f"{k} of {m}",
            ]
        )
    return markdown_table(headings, rows)


def _three(quantiles: list[float | None] | None) -> str:
    return ", ".join(short(q) for q in quantiles) if quantiles else "-"


def _sizes(results: list[dict[str, Any]]) -> str:
    if len({r["batches"] for r in results}) == 1:
        return ""
    return "A test on more minibatches detects smaller departures; here their numbers differ, so compare the moments."


def _trend(results: list[dict[str, Any]]) -> str:
    least, most = (pick(results, key=lambda r: r["batch_size"]) for pick in (min, max))
    middles = [r["kurtosis_quantiles"] and r["kurtosis_quantiles"][1] for r in (least, most)]
    if least is most or any(missing(value) for value in middles):
        return ""
    first, last = middles
    expected = first * least["batch_size"] / most["batch_size"]
    sizes = f"From batch size {least['batch_size']} to {most['batch_size']}"
    return (
        f"{sizes} the median excess kurtosis goes from {short(first)} to {short(last)}; for a sum of independent terms it "
        f"would fall as 1/b, to {short(expected)}."
    )


def _means(results: list[dict[str, Any]]) -> str:
    headings = [
        "batch size",
        "rms norm of a minibatch's noise",
        "norm of the full gradient",
        "their ratio",
        "largest difference of the mean from the full gradient",
    ]
    rows = []
    for r in results:
        norm, noise = r["full_gradient_norm"], r["noise_norm"]
        part = short(norm / noise) if noise and not missing(noise) and not missing(norm) else "-"
        rows.append([str(r["batch_size"]), short(noise), short(norm), part, short(r["mean_error"])])
    partial = [str(r["batch_size"]) for r in results if not r["whole_epochs"]]
    sampling = (
        "The minibatches form complete epochs, so every image has the same weight."
        if not partial
        else f"At batch size {', '.join(partial)} the minibatches do not form complete epochs, so their mean has a sampling "
        "error."
    )
    return (
        "The mean, which is the full gradient, beside the noise of one minibatch:\n\n"
        f"{markdown_table(headings, rows)}\n\n{sampling} The largest difference is taken over all parameters."
    )


def _components(results: list[dict[str, Any]]) -> str:
    headings = ["batch size", "component", "mean", "full gradient", "sd", "skewness", "excess kurtosis", "p, Anderson-Darling"]
    rows = [
        [
            str(r["batch_size"]),
            f"`{c['parameter']}`",
            plus_minus(c["mean"], c["stderr"]),
            short(c["full_gradient"]),
            short(c["sd"]),
            plus_minus(c["skewness"], c["skewness_stderr"]),
            plus_minus(c["kurtosis"], c["kurtosis_stderr"]),
            _pvalue(c["anderson_pvalue"]),
        ]
        for r in results
        for c in r["components"]
    ]
    return markdown_table(headings, rows)


def _pvalue(value: float | None) -> str:
    """'≤ 0.01' and '≥ 0.15' at the ends of the table."""
    if value is None or missing(value) or LEVEL < value < HIGHEST:
        return short(value, 2)
    return f"≤ {LEVEL:g}" if value <= LEVEL else f"≥ {HIGHEST:g}"


_COLUMNS, _MOST = 6, 12
_REACH = 4.5  # standard deviations to either side of the mean


@own_style()
def draw(folder: Path) -> None:
    """figure.png and figure.pdf from the run folder: a row for every batch size, two where there are many components."""
    summary, arrays = curves.read(folder)
    results = summary["results"]
    run = summary["runs"][results[0]["run"]]
    shown = min(len(results[0]["components"]), _MOST)
    columns = min(shown, _COLUMNS)
    lines = -(-shown // columns)
    figure = new_figure(max(2.6 * columns, 5.4) + 0.4, 2.3 * lines * len(results) + 1.3)
    grid = figure.subplots(lines * len(results), columns, squeeze=False)
    for k, result in enumerate(results):
        samples = arrays[f"b{result['batch_size']}_samples"]
        for place in range(lines * columns):
            axes = grid[lines * k + place // columns, place % columns]
            if place >= shown:
                axes.set_axis_off()
                continue
            _histogram(axes, samples[:, place], result["components"][place])
            if place % columns == 0:
                axes.set_ylabel(f"batch size {result['batch_size']}\n{result['batches']:,} minibatches\ndensity", fontsize=8)
    of = "" if shown == len(results[0]["components"]) else f", {shown} of {len(results[0]['components'])} components"
    curves.heading(figure, f"Components of the minibatch gradient: {run['name']}{of}", notes([run]))
    curves.legend(
        figure,
        [
            curves.patch("minibatches", color=panels.MEASURED, alpha=0.45),
            curves.mark("Gaussian of the same mean and deviation", color=panels.EXACT),
            curves.mark("full gradient", linestyle="--"),
        ],
    )
    save(figure, folder)


def _histogram(axes: Any, sample: np.ndarray, component: dict[str, Any]) -> None:
    mean, sd = float(sample.mean()), float(sample.std())
    axes.set_title(
        f"{component['parameter']}\nskewness {short(component['skewness'], 2)}, excess kurtosis "
        f"{short(component['kurtosis'], 2)}",
        fontsize=7,
    )
    axes.set_xlabel("component (loss/weight)", fontsize=7)
    axes.tick_params(labelsize=7)
    if sd == 0:
        axes.text(0.5, 0.5, f"always {mean:.3g}", ha="center", va="center", fontsize=8, transform=axes.transAxes)
        axes.set(xticks=[], yticks=[])
        return
    half = _REACH * sd
    edges = np.linspace(mean - half, mean + half, 2 * int(np.clip(np.sqrt(len(sample)), 12, 32)) + 1)
    counts, _ = np.histogram(sample, edges)
    axes.stairs(counts / len(sample) / np.diff(edges), edges, fill=True, color=panels.MEASURED, alpha=0.45)
    x = np.linspace(edges[0], edges[-1], 201)
    axes.plot(x, np.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi)), color=panels.EXACT, linewidth=1.2)
    axes.axvline(component["full_gradient"], color="black", linestyle="--", linewidth=1.0)
    outside = len(sample) - int(counts.sum())
    if outside:
        axes.set_title(f"{axes.get_title()}\n{outside} beyond {_REACH:g} sd", fontsize=7)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(bottom=0.0)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(curves.ticks(3))
        axis.get_major_formatter().set_powerlimits((-2, 4))
        axis.get_offset_text().set_fontsize(7)


FIGURE = NetworkFigure("fig1", "noise", trainings=lambda scale: [scale.training(scale.mnist, labels="natural")])
