"""Panels of the memo's figures: the surface, a histogram, a plane."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.ticker import MaxNLocator

from langevin_sim import potentials
from langevin_sim.plots.figure import title_name
from langevin_sim.potentials.grid import energy_grid
from langevin_sim.storage.read import read_arrays
from langevin_sim.storage.summary import read_summary

MEASURED, EXACT, CHAIN = "#1f77b4", "#d62728", "black"
_POINTS = 121  # of a surface along each axis
_FAINTEST = 1e-4  # fraction of the densest bin of a plane at which its colours begin


def read(folder: Path, name: str = "histograms.npz") -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """summary.json and the arrays of a run folder."""
    return read_summary(folder), read_arrays(folder / name)


def surface(axes: Any, result: dict[str, Any], zoom: float = 0.85) -> None:
    """The potential of a result in two dimensions."""
    potential = potentials.get(result["potential"], 2, **result["parameters"])
    points, energy = energy_grid(potential, potential.extent(result["temperature"] or 1.0), _POINTS)
    ceiling = energy.max() if potential.domain.kind == "torus" else min(energy.max(), 8.0 * result["temperature"])
    axes.plot_surface(
        points[..., 0], points[..., 1], np.minimum(energy, ceiling), cmap="viridis", linewidth=0, rcount=_POINTS, ccount=_POINTS
    )
    cut = "" if ceiling >= energy.max() else f", cut at {ceiling:.3g}"
    axes.set_title(f"U of {title_name(potential.name)}, d = 2{cut}", fontsize=10)
    axes.set_xlabel("$x_1$", labelpad=-4)
    axes.set_ylabel("$x_2$", labelpad=-4)
    small = energy.max() - energy.min() < 0.1  # small numbers are long
    axes.set_zlabel("U", labelpad=5 if small else -2)
    axes.tick_params(labelsize=7, pad=-2)
    axes.tick_params(axis="z", pad=4 if small else -2)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.zaxis.set_major_locator(MaxNLocator(5))
    axes.view_init(elev=42, azim=-65)
    axes.set_box_aspect(None, zoom=zoom)


def histogram(axes: Any, arrays: dict[str, np.ndarray], key: str, exact_label: str = "Boltzmann, exact", bins: int = 120) -> None:
    """x_1 as a density with twice its error, the exact laws in the same bins, and the spread of single replicas if known."""
    join = len(arrays[f"{key}_mass"]) // bins

    def joined(name: str) -> np.ndarray:
        return np.asarray(arrays[f"{key}_{name}"].reshape(bins, join).sum(axis=1) / width)

    edges = arrays[f"{key}_edges"][::join]
    width = np.diff(edges)
    band = arrays.get(f"{key}_band")
    if band is not None and band.shape[1] == bins:
        low, high = band / width
        axes.stairs(high, edges, baseline=low, fill=True, color=MEASURED, alpha=0.3, label="single replicas, 16 to 84 %")
    mass = joined("mass")
    alone = band is None
    axes.stairs(
        mass,
        edges,
        baseline=0.0 if alone else None,
        fill=alone,
        color=MEASURED,
        alpha=0.35 if alone else 1.0,
        linewidth=1.2,
        label="simulated",
    )
    if join == 1:
        error = 2.0 * joined("stderr")
        axes.stairs(mass + error, edges, baseline=mass - error, fill=True, color=MEASURED, alpha=0.8)
    for name, colour, style, label in (
        ("boltzmann", EXACT, "-", exact_label),
        ("fitted", EXACT, "-", exact_label),
        ("chain", CHAIN, "--", "chain law"),
    ):
        if f"{key}_{name}" in arrays:
            axes.stairs(joined(name), edges, baseline=None, color=colour, linestyle=style, linewidth=1.1, label=label)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(bottom=0.0)


def second_coordinate(axes: Any, arrays: dict[str, np.ndarray], key: str, exact_label: str = "Boltzmann, exact") -> None:
    """The density of x_2 in two dimensions, drawn sideways beside a plane."""
    edges = arrays[f"{key}_edges"][::2]  # a torus: the same ends as x_1
    width = np.diff(edges)
    counts = arrays[f"{key}_counts"][1]
    mass = counts[1:-1].reshape(-1, 2).sum(axis=1) / counts.sum()
    axes.stairs(mass / width, edges, orientation="horizontal", fill=True, color=MEASURED, alpha=0.35, label="simulated")
    if f"{key}_plane_law" in arrays:
        exact = arrays[f"{key}_plane_law"].sum(axis=0) / width
        axes.stairs(exact, edges, orientation="horizontal", baseline=None, color=EXACT, linewidth=1.1, label=exact_label)
    if f"{key}_plane_chain" in arrays:
        chain = arrays[f"{key}_plane_chain"].sum(axis=0) / width
        axes.stairs(chain, edges, orientation="horizontal", baseline=None, color=CHAIN, linewidth=1.1, label="chain law, exact")
    axes.set(xlabel="density of $x_2$", ylabel="$x_2$", ylim=(edges[0], edges[-1]), xlim=(0.0, None))


def plane(axes: Any, arrays: dict[str, np.ndarray], key: str, name: str, ceiling: float) -> Any:
    """A histogram of (x_1, x_2), or its law, as a density, its colours logarithmic."""
    values = arrays[f"{key}_{name}"]
    edges = arrays[f"{key}_edges"]
    span = edges[-1] - edges[0]
    density = values / values.sum() / (span / len(values)) ** 2
    norm = LogNorm(_FAINTEST * ceiling, ceiling, clip=True)  # lower values, and 0, have the lowest colour
    shown = np.maximum(density.T, 0.1 * _FAINTEST * ceiling)
    image = axes.imshow(shown, origin="lower", extent=(edges[0], edges[-1]) * 2, cmap="magma", norm=norm)
    axes.set(xlabel="$x_1$", ylabel="$x_2$")
    return image


def highest(arrays: dict[str, np.ndarray], key: str) -> float:
    """The ceiling of a plane's colours: the densest bin of the histogram and of the law."""
    edges = arrays[f"{key}_edges"]
    peaks = []
    for name in ("plane", "plane_law", "plane_chain"):
        if f"{key}_{name}" in arrays:
            values = arrays[f"{key}_{name}"]
            peaks.append(float(values.max() / values.sum() / ((edges[-1] - edges[0]) / len(values)) ** 2))
    return max(peaks)
