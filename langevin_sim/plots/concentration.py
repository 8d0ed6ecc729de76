"""The figure of a run: the surface, histograms beside the exact laws, and mass against dimension (as in Fig. 3)."""

from pathlib import Path
from typing import Any

import numpy as np

from langevin_sim import potentials
from langevin_sim.dynamics import parse_domain, traits_of
from langevin_sim.plots.figure import new_figure, own_style, save, title_name
from langevin_sim.potentials.grid import energy_grid
from langevin_sim.potentials.potential import Potential
from langevin_sim.storage.read import read_arrays
from langevin_sim.storage.summary import read_summary

_EXACT = "#d62728"
_POINTS = 90  # points of a surface along each axis
_VISIBLE = 0.01  # fraction of the highest bin by which the chain law's curve must differ from Boltzmann's to be drawn


@own_style()
def draw(folder: Path) -> None:
    """figure.png and figure.pdf from summary.json and histograms.npz of a run folder."""
    summary = read_summary(folder)
    histograms = read_arrays(folder / "histograms.npz")
    dims = sorted({result["dim"] for result in summary["results"]})
    shown = dims if len(dims) <= 6 else [dims[k] for k in np.linspace(0, len(dims) - 1, 6).round().astype(int)]
    columns = 3 if len(shown) > 2 else 2
    rows = 1 + -(-len(shown) // columns)
    figure = new_figure(4.2 * columns, 3.1 * rows)
    grid = figure.add_gridspec(rows, columns)
    _surface(figure.add_subplot(grid[0, 0], projection="3d"), summary)
    _masses(figure.add_subplot(grid[0, 1:]), summary, dims)
    for position, dim in enumerate(shown):
        axes = figure.add_subplot(grid[1 + position // columns, position % columns])
        _histogram(axes, summary, histograms, dim, legend=position == 0)
    save(figure, folder)


def _in_two_dimensions(summary: dict[str, Any], temperature: float) -> Potential | None:
    """The run's potential in d = 2; None if it has no such form."""
    low, high = potentials.dimensions(summary["potential"])
    if summary.get("data") or not low <= 2 <= (high or 2):
        return None
    domain = parse_domain(summary["domain"]) if "domain" in summary else None
    return potentials.get(summary["potential"], 2, domain=domain, temperature=temperature, **summary["parameters"])


def _surface(axes: Any, summary: dict[str, Any]) -> None:
    temperature = max(result["effective_temperature"] or result["temperature"] for result in summary["results"]) or 1.0
    potential = _in_two_dimensions(summary, temperature)
    if potential is None:
        axes.set_axis_off()
        axes.set_title(f"{title_name(summary['potential'])}: no surface, U is not in d = 2")
        return
    shown = 0.8 if potential.domain.kind == "space" else 1.0
    points, energy = energy_grid(potential, shown * potential.extent(temperature), _POINTS)
    least = float(energy.min())
    ceiling = min(least + 8.0 * temperature, float(energy.max()))
    ceiling = ceiling if ceiling > least else least + 1.0
    axes.plot_surface(
        points[..., 0], points[..., 1], np.minimum(energy, ceiling), cmap="viridis", linewidth=0, rcount=_POINTS, ccount=_POINTS
    )
    axes.set(xlabel="$x_1$", ylabel="$x_2$", title=f"{title_name(potential.name)}: U in d = 2 (cut at {ceiling:.3g})")
    axes.set_zlabel("U")
    axes.set_box_aspect(None, zoom=0.8)
    axes.view_init(elev=38, azim=-65)


def _masses(axes: Any, summary: dict[str, Any], dims: list[int]) -> None:
    name = summary["results"][0]["regions"][0]["name"]
    by_dynamics: dict[str, list[dict[str, Any]]] = {}
    for result in summary["results"]:
        by_dynamics.setdefault(result["dynamics"], []).append(result)
    for k, (label, results) in enumerate(by_dynamics.items()):
        colour = traits_of(results[0]).colour
        aside = 0.06 * (k - 0.5 * (len(by_dynamics) - 1))  # draw the points of one dimension side by side
        axes.errorbar(
            [r["dim"] + aside for r in results],
            [r["regions"][0]["mass"] for r in results],
            yerr=[2 * (r["regions"][0]["stderr"] or 0.0) for r in results],
            fmt="o",
            capsize=4,
            markersize=4,
            color=colour,
            label=f"{label} (2 standard errors)",
            zorder=3,
        )
        exact = {r["dim"]: r["regions"][0]["chain"] for r in results if r["regions"][0]["chain"] is not None}
        if exact:
            axes.plot(list(exact), list(exact.values()), "--", color=colour, linewidth=1.2, label=f"chain law of {label}")
    exact = {r["dim"]: r["regions"][0]["boltzmann"] for r in summary["results"] if r["regions"][0]["boltzmann"] is not None}
    if exact:
        axes.plot(list(exact), list(exact.values()), "-", color=_EXACT, linewidth=1.2, label="Boltzmann, exact")
    cold = {r["dim"]: r["regions"][0]["cold"] for r in summary["results"] if r["regions"][0].get("cold") is not None}
    if cold:
        axes.plot(list(cold), list(cold.values()), "x", color="black", label="Boltzmann, the limit T → 0")
    axes.set(xlabel="dimension d", ylabel=f"mass of the {title_name(name)} region", title="Concentration with dimension")
    if len(dims) <= 12:
        axes.set_xticks(dims)
    axes.margins(x=0.08, y=0.12)
    axes.grid(alpha=0.3)
    if len(by_dynamics) > 2:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=7)
    else:
        axes.legend(loc="best", fontsize=8)


def _histogram(axes: Any, summary: dict[str, Any], histograms: dict[str, np.ndarray], dim: int, legend: bool) -> None:
    results = [result for result in summary["results"] if result["dim"] == dim]
    smooth = [result for result in results if result["temperature"] > 0 or result["effective_temperature"]]
    exact_drawn = False
    for result in smooth or results:  # gradient descent ends in points, which cannot be shown beside densities
        label, colour = result["dynamics"], traits_of(result).colour
        key = f"d{dim}_{label}"
        edges = histograms[f"{key}_edges"]
        width, middle = np.diff(edges), 0.5 * (edges[1:] + edges[:-1])
        mass, error = histograms[f"{key}_mass"] / width, 2 * histograms[f"{key}_stderr"] / width
        if len(smooth) > 2:
            axes.stairs(mass, edges, color=colour, label=label)
        else:
            axes.stairs(mass, edges, fill=True, alpha=0.3, color=colour, label=label)
            axes.fill_between(middle, mass - error, mass + error, step="mid", alpha=0.7, color=colour, linewidth=0)
        exact = histograms.get(f"{key}_boltzmann")
        if exact is not None and not exact_drawn:
            axes.plot(middle, exact / width, color=_EXACT, linewidth=1.2, label="Boltzmann, exact", zorder=4)
            exact_drawn = True
        chain = histograms.get(f"{key}_chain")
        if chain is not None and (exact is None or np.abs(chain - exact).max() > _VISIBLE * exact.max()):
            line = "black" if len(smooth) <= 2 else colour
            axes.plot(middle, chain / width, "--", color=line, linewidth=1.0, label=f"chain law of {label}", zorder=5)
    verdicts = ", ".join(dict.fromkeys(result["verdict"] for result in results))
    axes.set(xlabel="$x_1$", ylabel="density", title=f"d = {dim}: {verdicts}")
    if legend or len(smooth) <= 2:
        room = 1.0 + 0.12 * -(-len(axes.get_legend_handles_labels()[0]) // 2)
        axes.set_ylim(0.0, room * axes.get_ylim()[1])  # the legend stands above the curves
        axes.legend(loc="upper right", fontsize=7, ncols=2)
    else:
        axes.set_ylim(bottom=0.0)
