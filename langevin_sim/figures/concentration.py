"""The memo's Fig. 3 and more: surface, histograms beside the exact law, mass against dimension."""

import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

from langevin_sim import potentials

_COLOURS = {"gd": "#7f7f7f", "gdl": "#1f77b4", "mala": "#2ca02c", "lm": "#9467bd"}
_EXACT = "#d62728"


def draw(folder: Path) -> None:
    """figure.png and figure.pdf from summary.json and histograms.npz of a run folder."""
    summary = json.loads((folder / "summary.json").read_text())
    with np.load(folder / "histograms.npz") as arrays:
        histograms = dict(arrays)
    dims = sorted({result["dim"] for result in summary["results"]})
    shown = dims if len(dims) <= 6 else [dims[k] for k in np.linspace(0, len(dims) - 1, 6).round().astype(int)]
    columns = 3 if len(shown) > 2 else 2
    rows = 1 + -(-len(shown) // columns)
    figure = plt.figure(figsize=(4.2 * columns, 3.1 * rows), layout="constrained")
    grid = figure.add_gridspec(rows, columns)
    _surface(figure.add_subplot(grid[0, 0], projection="3d"), summary)
    _masses(figure.add_subplot(grid[0, 1:]), summary, dims)
    for position, dim in enumerate(shown):
        axes = figure.add_subplot(grid[1 + position // columns, position % columns])
        _histogram(axes, summary, histograms, dim)
    for suffix in ("png", "pdf"):
        # without a date in the PDF the same run gives the same file
        metadata = {"CreationDate": None} if suffix == "pdf" else None
        figure.savefig(folder / f"figure.{suffix}", dpi=130, metadata=metadata)
    plt.close(figure)


def _surface(axes: Any, summary: dict[str, Any]) -> None:
    potential = potentials.get(summary["potential"], 2, **summary["parameters"])
    temperature = max(result["temperature"] for result in summary["results"])
    low, high = potential.extent(temperature).T
    low, high = low * 0.8, high * 0.8
    x1, x2 = np.meshgrid(np.linspace(low[0], high[0], 90), np.linspace(low[1], high[1], 90), indexing="ij")
    energy = potential.energy(np.stack([x1, x2], axis=-1))
    ceiling = max(8.0 * temperature, 1.0)
    axes.plot_surface(x1, x2, np.minimum(energy, ceiling), cmap="viridis", linewidth=0, rcount=90, ccount=90)
    axes.set(xlabel="$x_1$", ylabel="$x_2$", title=f"{potential.name}: U in d = 2 (cut at {ceiling:g})")
    axes.set_zlabel("U")
    axes.set_box_aspect(None, zoom=0.85)
    axes.view_init(elev=38, azim=-65)


def _masses(axes: Any, summary: dict[str, Any], dims: list[int]) -> None:
    name = summary["results"][0]["regions"][0]["name"]
    by_dynamics: dict[str, list[dict[str, Any]]] = {}
    for result in summary["results"]:
        by_dynamics.setdefault(result["dynamics"], []).append(result)
    for label, results in by_dynamics.items():
        axes.errorbar(
            [r["dim"] for r in results],
            [r["regions"][0]["mass"] for r in results],
            yerr=[2 * (r["regions"][0]["stderr"] or 0.0) for r in results],
            fmt="o", capsize=4, markersize=5, color=_COLOURS[label], label=f"{label} (2 standard errors)", zorder=3,
        )  # fmt: skip
    exact = {r["dim"]: r["regions"][0]["boltzmann"] for r in summary["results"] if r["regions"][0]["boltzmann"] is not None}
    if exact:
        axes.plot(list(exact), list(exact.values()), "-", color=_EXACT, linewidth=1.2, label="Boltzmann, exact")
    if "ratio" in summary["parameters"]:
        volumes = np.array([float(summary["parameters"]["ratio"]) ** d for d in dims])
        axes.plot(dims, volumes / (1 + volumes), "x", color="black", label=r"$r^d/(1+r^d)$, the limit T → 0")
    axes.set(xlabel="dimension d", ylabel=f"mass of the {name} region", title="Concentration with dimension")
    if len(dims) <= 12:
        axes.set_xticks(dims)
    axes.margins(x=0.08, y=0.12)
    axes.grid(alpha=0.3)
    axes.legend(loc="best", fontsize=8)


def _histogram(axes: Any, summary: dict[str, Any], histograms: dict[str, np.ndarray], dim: int) -> None:
    lines = []
    for result in summary["results"]:
        if result["dim"] != dim:
            continue
        label = result["dynamics"]
        key = f"d{dim}_{label}"
        edges = histograms[f"{key}_edges"]
        width, middle = np.diff(edges), 0.5 * (edges[1:] + edges[:-1])
        mass, error = histograms[f"{key}_mass"] / width, 2 * histograms[f"{key}_stderr"] / width
        axes.stairs(mass, edges, fill=True, alpha=0.35, color=_COLOURS[label], label=label)
        axes.fill_between(middle, mass - error, mass + error, step="mid", alpha=0.7, color=_COLOURS[label], linewidth=0)
        if f"{key}_boltzmann" in histograms:
            lines.append((middle, histograms[f"{key}_boltzmann"] / width))
    for middle, density in lines[:1]:
        axes.plot(middle, density, color=_EXACT, linewidth=1.2, label="Boltzmann, exact")
    verdicts = ", ".join(r["verdict"] for r in summary["results"] if r["dim"] == dim)
    axes.set(xlabel="$x_1$", ylabel="density", title=f"d = {dim}: {verdicts}")
    axes.set_ylim(0.0, 1.3 * axes.get_ylim()[1])  # room for the legend above the curves
    axes.legend(loc="upper right", fontsize=8, ncols=2)
