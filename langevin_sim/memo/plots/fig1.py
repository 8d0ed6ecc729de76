"""The memo's Fig. 1: histograms of components of the minibatch gradient, each with the Gaussian of its mean and deviation."""

from pathlib import Path
from typing import Any

import numpy as np

from langevin_sim.formatting import short
from langevin_sim.memo.deep_document import notes
from langevin_sim.plots import curves, panels
from langevin_sim.plots.figure import new_figure, own_style, save

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
