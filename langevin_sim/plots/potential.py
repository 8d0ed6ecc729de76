"""A potential in two dimensions: its energy from above, its regions and minima, and the masses of the regions."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from langevin_sim.errors import InputError, ReferenceUnavailable
from langevin_sim.plots.figure import literal, new_figure, own_style, title_name
from langevin_sim.potentials.grid import energy_grid
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference import boltzmann
from langevin_sim.storage.folder import write_whole

_COLOURS = ("#1f77b4", "#ff7f0e", "#7f7f7f", "#2ca02c", "#9467bd")
_POINTS = 401
_SUFFIXES = (".png", ".pdf", ".svg")


@own_style()
def draw(potential: Potential, temperature: float, path: Path) -> None:
    """Write the picture of a two-dimensional potential, in the format that the path's suffix names."""
    if potential.dim != 2:
        raise InputError(f"a picture of {potential.name} in {potential.dim} dimensions: expected 2")
    if path.suffix not in _SUFFIXES:
        raise InputError(f"{path}: expected a name that ends in {', '.join(_SUFFIXES)}")
    figure = new_figure(10.5, 4.6)
    left, right = figure.subplots(1, 2, width_ratios=[1.25, 1.0])
    _energy(left, potential, temperature)
    _masses(right, potential, temperature)
    write_whole(path, lambda stream: figure.savefig(stream, format=path.suffix[1:], dpi=130))


def _energy(axes: Any, potential: Potential, temperature: float) -> None:
    extent = potential.extent(temperature)
    low, high = extent.T
    points, energy = energy_grid(potential, extent, _POINTS)
    energy, labels = energy.T, potential.label(points).T  # [x_2, x_1], as an image has them
    x1, x2 = points[:, 0, 0], points[0, :, 1]
    least = min(energy.min(), potential.energy(potential.minima).min())
    bounded = potential.domain.kind == "torus"
    ceiling = energy.max() if bounded else min(energy.max(), least + max(8.0 * temperature, 1e-12))
    image = axes.imshow(
        np.minimum(energy, ceiling),
        origin="lower",
        extent=(low[0], high[0], low[1], high[1]),
        aspect=_aspect(high - low),
        cmap="viridis",
    )
    if np.unique(energy).size > 20:
        axes.contour(x1, x2, energy, levels=np.linspace(least, ceiling, 12)[1:-1], colors="white", linewidths=0.4, alpha=0.6)
    for k, region in enumerate(potential.regions):
        inside = (labels == k).astype(float)
        if 0 < inside.mean() < 1 and k < len(potential.regions) - 1:  # the last region is the rest
            axes.contour(x1, x2, inside, levels=[0.5], colors=[_COLOURS[k % len(_COLOURS)]], linewidths=1.6, linestyles="--")
        axes.annotate(
            literal(region.name),
            region.start[:2],
            textcoords="offset points",
            xytext=(6, 6),
            fontsize=9,
            color="white",
            bbox={"boxstyle": "round,pad=0.2", "facecolor": _COLOURS[k % len(_COLOURS)], "edgecolor": "none", "alpha": 0.9},
        )
    axes.plot(*potential.minima.T, "x", color="#d62728", markersize=7, markeredgewidth=2, label="minima", zorder=3)
    cut = "" if ceiling >= energy.max() else f", cut at {ceiling:.3g}"
    colourbar = axes.figure.colorbar(image, ax=axes, label=f"U{cut}")
    colourbar.ax.tick_params(labelsize=8)
    domain = potential.domain
    where = "$R^2$" if domain.kind == "space" else f"the {domain.kind} $[{domain.low:g}, {domain.high:g}]^2$"
    axes.set(
        xlabel="$x_1$", ylabel="$x_2$", title=f"{title_name(potential.name)} on {where.replace('reflecting', 'reflecting box')}"
    )
    axes.legend(loc="upper right", fontsize=8)


def _aspect(widths: np.ndarray) -> str:
    """Equal scales, unless the panel would become a strip."""
    return "equal" if widths.max() < 1.6 * widths.min() else "auto"


def _masses(axes: Any, potential: Potential, temperature: float) -> None:
    """Draw masses against temperature, or a note if there is no law."""
    temperatures = temperature * np.geomspace(0.1, 10.0, 41)
    try:
        flat = replace(potential, symmetry="")  # in two dimensions a tensor grid is quicker
        laws = [boltzmann(flat, float(t)) for t in temperatures]
        here = boltzmann(potential, temperature)
    except ReferenceUnavailable as reason:
        axes.text(0.5, 0.5, literal(reason), ha="center", va="center", fontsize=9, wrap=True, transform=axes.transAxes)
        axes.set_axis_off()
        return
    for k, region in enumerate(potential.regions):
        colour = _COLOURS[k % len(_COLOURS)]
        axes.plot(temperatures, [law.masses[region.name] for law in laws], color=colour, linewidth=1.6)
        axes.plot(
            temperature,
            here.masses[region.name],
            "o",
            color=colour,
            label=f"{literal(region.name)}: {here.masses[region.name]:.4f}",
        )
    axes.axvline(temperature, color="black", linewidth=0.7, alpha=0.5)
    axes.set_xscale("log")
    axes.set_ylim(-0.03, 1.03)
    axes.set(xlabel="temperature T", ylabel="mass of the region", title="Boltzmann law against temperature")
    axes.grid(alpha=0.3)
    axes.legend(loc="best", fontsize=9, title=f"at T = {temperature:g}, by {here.method}", title_fontsize=9)
