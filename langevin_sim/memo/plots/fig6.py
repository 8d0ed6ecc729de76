"""The memo's Fig. 6: histograms of (x_1, x_2) for SGD and SGDL beside the surface."""

from pathlib import Path

from langevin_sim.plots import panels
from langevin_sim.plots.figure import new_figure, own_style, save


@own_style()
def draw(folder: Path) -> None:
    """figure.png and figure.pdf from the run folder."""
    summary, arrays = panels.read(folder)
    results = summary["results"]
    figure = new_figure(17.0, 8.4)
    grid = figure.add_gridspec(2, 4, width_ratios=[1.0, 1.0, 0.8, 1.2])
    for row, result in enumerate(results):
        key = result["key"]
        ceiling = panels.highest(arrays, key)
        left, middle = figure.add_subplot(grid[row, 0]), figure.add_subplot(grid[row, 1])
        image = panels.plane(left, arrays, key, "plane", ceiling)
        shares = ", ".join(f"{entry['name']} {entry['mass']:.3f}" for entry in result["regions"])
        noise = f", A = {result['noise']:.3g}" if result["noise"] else ""
        how = f"{result['dynamics'].upper()}: $\\eta$ = {result['step_size']:g}, b = {result['batch_size']}{noise}"
        left.set_title(f"{how}\n{shares}", fontsize=9)
        fitted = result["fitted"]
        if fitted is None:
            middle.text(0.5, 0.5, "no Boltzmann law\nhas its mean energy", ha="center", va="center", transform=middle.transAxes)
            middle.set_axis_off()
        else:
            panels.plane(middle, arrays, key, "plane_law", ceiling)
            held = ", ".join(f"{name} {mass:.3f}" for name, mass in fitted["masses"].items())
            middle.set_title(f"Boltzmann at its mean energy: T = {fitted['temperature']:.3g}\n{held}", fontsize=9)
        figure.colorbar(image, ax=[left, middle], label="density of $(x_1, x_2)$", shrink=0.9)
        side = figure.add_subplot(grid[row, 2])
        panels.second_coordinate(side, arrays, key, "Boltzmann, fitted T")
        side.legend(loc="upper right", fontsize=7)
    panels.surface(figure.add_subplot(grid[:, 3], projection="3d"), results[0])
    save(figure, folder)
