"""Fig. 4: of two minima of equal depth, the degenerate one is more likely (d = 2)."""

from pathlib import Path
from typing import Any

from langevin_sim.formatting import measured, number
from langevin_sim.memo import wedge
from langevin_sim.memo.ensemble_text import claim, document, masses, passages, region
from langevin_sim.memo.experiment import Experiment
from langevin_sim.memo.figure import EnsembleFigure
from langevin_sim.plots import panels
from langevin_sim.plots.figure import new_figure, own_style, save

AMPLITUDE, DIFFERENCE = 0.2, 0.25  # the authors'

_MEMO = (
    "The memo shows a potential in two dimensions, with a degenerate and a non-degenerate minimum of equal depth, and the "
    "histogram of Langevin gradient descent on it, and says that the degenerate minimum is preferred, as in Boltzmann's law."
)


def experiment(literal: bool) -> Experiment:
    """Wedge in two dimensions."""
    arm = wedge.literal(2, AMPLITUDE, DIFFERENCE) if literal else wedge.converged(2)
    return Experiment("fig4", literal, (arm,))


def text(summary: dict[str, Any]) -> str:
    """figure.md."""
    result = summary["results"][0]
    ratio = result["ratio"]
    valley, pyramid = region(result, "valley"), region(result, "pyramid")
    held = (
        f"The valley holds {measured(valley['mass'], valley['stderr'])} (Boltzmann {number(valley['boltzmann'])}), "
        "the pyramid "
        f"{measured(pyramid['mass'], pyramid['stderr'])} (Boltzmann {number(pyramid['boltzmann'])})."
    )
    if summary["mode"] == "converged":
        return document(
            "Fig. 4, converged: the degenerate minimum is more likely",
            _MEMO,
            summary,
            f"The histogram of (x_1, x_2) on the wedge at T = {result['temperature']:g}, by MALA, which samples "
            f"Boltzmann's law exactly at any step, beside that law. {held} {claim(summary['results'])}",
            "How it differs from the memo: the authors used eta = 1, differences over 0.25 and one walker; see --literal. "
            "The valley is more likely because of its volume, whatever its slopes.",
            masses(summary["results"]),
        )
    return document(
        "Fig. 4, with the authors' settings",
        _MEMO,
        summary,
        f"Wedge in d = 2, eta = 1, noise A = {result['noise']:g} per step, forward differences over {DIFFERENCE:g} divided "
        "by it, start at the apex of the pyramid, every step recorded, no burn-in. The number of steps is that of Figs. 3 and 5; "
        f"{result['walkers']:,} replicas of the authors' single walker are pooled; the band holds the middle 68 % of the "
        "histograms of single replicas.",
        f"{held} The valley is more likely, as in the memo, but by a factor of {ratio['mean']:.2f} instead of "
        f"{ratio['boltzmann']:.0f}: Boltzmann's law is at T = A^2/(2 eta) = {result['temperature']:g}, which these runs do not "
        "sample. The slopes are 1, so at eta = 1 one gradient step is as long as the slope, and a walker "
        "jumps around the floor instead of settling there. Forward differences shift the histogram to one side.",
        passages(summary["results"]),
        masses(summary["results"]),
    )


@own_style()
def draw(folder: Path) -> None:
    """figure.png and figure.pdf from the run folder."""
    summary, arrays = panels.read(folder)
    result = summary["results"][0]
    key = result["key"]
    literal = summary["mode"] == "literal"
    figure = new_figure(16.0, 8.0)
    grid = figure.add_gridspec(2, 3, width_ratios=[1.0, 1.0, 1.15])
    ceiling = panels.highest(arrays, key)
    left, middle = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    panels.plane(left, arrays, key, "plane", ceiling)
    shares = ", ".join(f"{entry['name']} {entry['mass']:.3f}" for entry in result["regions"])
    how = f"$\\eta$ = {result['step_size']:g}, A = {result['noise']:.3g}" if literal else f"T = {result['temperature']:g}"
    left.set_title(f"simulated ({result['dynamics'].upper()}, {how})\n{shares}", fontsize=10)
    image = panels.plane(middle, arrays, key, "plane_law", ceiling)
    exact = ", ".join(f"{entry['name']} {entry['boltzmann']:.3f}" for entry in result["regions"])
    middle.set_title(f"Boltzmann at T = {result['temperature']:g}, exact\n{exact}", fontsize=10)
    figure.colorbar(image, ax=[left, middle], label="density of $(x_1, x_2)$", shrink=0.9)
    panels.surface(figure.add_subplot(grid[:, 2], projection="3d"), result)
    first, second = figure.add_subplot(grid[1, 0]), figure.add_subplot(grid[1, 1])
    panels.histogram(first, arrays, key, bins=30 if literal else 120)
    first.set(xlabel="$x_1$", ylabel="density of $x_1$")
    first.set_ylim(0.0, 1.35 * first.get_ylim()[1])
    first.legend(loc="upper right", fontsize=8)
    panels.second_coordinate(second, arrays, key)
    second.legend(loc="lower right", fontsize=8)
    save(figure, folder)


FIGURE = EnsembleFigure("fig4", experiment, text, draw)
