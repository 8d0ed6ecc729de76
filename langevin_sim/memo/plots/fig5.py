"""The memo's Fig. 5: x_1 histograms on the wedge, d = 5 with d = 2 to 4 beside it, and the surface."""

from pathlib import Path
from typing import Any

from langevin_sim.plots import panels
from langevin_sim.plots.figure import new_figure, own_style, save


@own_style()
def draw(folder: Path) -> None:
    """figure.png and figure.pdf from the run folder."""
    summary, arrays = panels.read(folder)
    results = summary["results"]
    literal = summary["mode"] == "literal"
    figure = new_figure(16.0, 7.6)
    grid = figure.add_gridspec(2, 12)
    spans = (slice(0, 3), slice(3, 6), slice(6, 9), slice(9, 12))
    tallest = 0.0
    drawn = []
    for result, span in zip(results, spans, strict=False):
        axes = figure.add_subplot(grid[0, span])
        panels.histogram(axes, arrays, result["key"], bins=30 if literal else 120)
        pyramid = next(entry for entry in result["regions"] if entry["name"] == "pyramid")
        axes.set_title(f"d = {result['dim']}: pyramid {pyramid['mass']:.2g} (Boltzmann {pyramid['boltzmann']:.2g})", fontsize=10)
        axes.set(xlabel="$x_1$", ylabel="density of $x_1$")
        tallest = max(tallest, axes.get_ylim()[1])
        drawn.append(axes)
    for axes in drawn:
        axes.set_ylim(0.0, 1.1 * tallest)
        axes.axvspan(2.0, 4.0, color="#ff7f0e", alpha=0.12, linewidth=0, label="where the pyramid is")
    drawn[0].legend(loc="upper right", fontsize=8)
    _fall(figure.add_subplot(grid[1, :6]), results)
    panels.surface(figure.add_subplot(grid[1, 6:], projection="3d"), results[0])
    save(figure, folder)


def _fall(axes: Any, results: list[dict[str, Any]]) -> None:
    for k, colour in ((0, panels.MEASURED), (1, "#ff7f0e"), (2, "#7f7f7f")):
        entries = [(r["dim"], r["regions"][k]) for r in results]
        name = entries[0][1]["name"]
        seen = [(d, entry) for d, entry in entries if entry["mass"] > 0]
        errors = [2 * e["stderr"] for _, e in seen]
        dims, heights = [d for d, _ in seen], [e["mass"] for _, e in seen]
        axes.errorbar(dims, heights, yerr=errors, fmt="o", capsize=4, color=colour, label=name)
        axes.plot(
            [d for d, _ in entries],
            [e["boltzmann"] for _, e in entries],
            "-",
            color=colour,
            linewidth=1.0,
            label="Boltzmann, exact" if k == 0 else None,
        )
    least = min((entry["mass"] for r in results for entry in r["regions"] if entry["mass"] > 0), default=1.0)
    axes.set_yscale("log")
    axes.set_ylim(0.03 * least, 2.0)  # a law that is colder than what was simulated leaves the picture
    axes.set(xlabel="dimension d", ylabel="mass", xticks=[r["dim"] for r in results])
    axes.set_title("The pyramid's mass falls with dimension", fontsize=10)
    axes.grid(alpha=0.3)
    axes.legend(loc="best", fontsize=9)
