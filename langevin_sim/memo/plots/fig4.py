"""The memo's Fig. 4: the histogram of (x_1, x_2) beside the surface, with the exact law."""

from pathlib import Path

from langevin_sim.plots import panels
from langevin_sim.plots.figure import new_figure, own_style, save


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
