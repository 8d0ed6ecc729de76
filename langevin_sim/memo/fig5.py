"""Fig. 5: as dimensions are added, the pyramid vanishes against the degenerate valley; the plateau keeps its share."""

from pathlib import Path
from typing import Any

from langevin_sim.formatting import measured, number
from langevin_sim.memo import wedge
from langevin_sim.memo.ensemble_text import document, masses, passages, region
from langevin_sim.memo.experiment import Experiment
from langevin_sim.memo.figure import EnsembleFigure
from langevin_sim.plots import panels
from langevin_sim.plots.figure import new_figure, own_style, save

DIMS = (2, 3, 4, 5)
AMPLITUDE, DIFFERENCE = 0.131, 0.2  # the authors', for d = 5

_MEMO = (
    "The memo shows histograms of x_1 of Langevin gradient descent on the potential of Fig. 4 in more dimensions, and says that "
    "the distribution concentrates strongly around the degenerate minima as dimensions are added."
)
_CAPTION = (
    "On the memo's caption: it calls W_1 = 2 the degenerate minimum, and says that the density falls there as dimensions "
    "are added. The valley lies along x_1, and its share of the x_1 histogram is the same everywhere; the peak at "
    "x_1 from 2 to 4, which falls with d, is the pyramid, the non-degenerate minimum. The conclusion is right, but the "
    "name of the minimum is wrong."
)


def experiment(literal: bool) -> Experiment:
    """Wedge in 2 to 5 dimensions."""
    arms = [wedge.literal(d, AMPLITUDE, DIFFERENCE) if literal else wedge.converged(d) for d in DIMS]
    return Experiment("fig5", literal, tuple(arms))


def text(summary: dict[str, Any]) -> str:
    """figure.md."""
    results = summary["results"]
    pyramids = [(r["dim"], region(r, "pyramid")) for r in results]
    fall = ", ".join(f"{measured(p['mass'], p['stderr'])} in d = {d} (Boltzmann {p['boltzmann']:.2g})" for d, p in pyramids)
    last = results[-1]
    if summary["mode"] == "converged":
        limit = wedge.valley_limit(last["temperature"])
        beside = ", ".join(f"{_odds(r):.2g} in d = {r['dim']}" for r in results)
        return document(
            "Fig. 5, converged: the pyramid vanishes against the valley as dimensions are added",
            _MEMO,
            summary,
            f"Histograms of x_1 on the wedge at T = {last['temperature']:g}, by MALA, beside Boltzmann's law. The pyramid "
            f"holds {fall}; the valley {measured(region(last, 'valley')['mass'], region(last, 'valley')['stderr'])} in d = "
            f"{last['dim']} (Boltzmann {number(region(last, 'valley')['boltzmann'])}).",
            "What happens as dimensions are added: the pyramid vanishes against the valley (pyramid : valley under Boltzmann's "
            f"law is {beside}). The valley does not take everything: its own mass tends to 2T(1 - e^(-1/T)) / (2T(1 - e^(-1/T)) "
            f"+ 10 e^(-1/T)) = {limit:.3f} at T = {last['temperature']:g}, not to 1, and the plateau keeps the other "
            f"{1.0 - limit:.3f}. Every additional coordinate stretches the valley and the plateau alike.",
            _CAPTION,
            "How it differs from the memo: steps with an acceptance test, many walkers, and a temperature at which "
            "walkers pass often; --literal uses the authors' eta = 1 and single walkers.",
            masses(results),
        )
    return document(
        "Fig. 5, with the authors' settings",
        _MEMO,
        summary,
        f"Wedge, eta = 1, noise A = {last['noise']:.3g} per step, forward differences over {DIFFERENCE:g} divided by it, "
        "start at the apex of the pyramid, every step recorded, no burn-in. The authors' settings are known for d = 5, and are "
        f"used for d = 2 to 4 as well. {last['walkers']:,} replicas of the authors' single walker are pooled; the band holds the "
        "middle 68 % of single replicas.",
        f"The pyramid holds {fall}. Boltzmann's law is at T = A^2/(2 eta) = {last['temperature']:.4g}, which these runs do not "
        "sample: eta = 1 is not small where slopes are 1.",
        _CAPTION,
        passages(results),
        masses(results),
    )


def _odds(result: dict[str, Any]) -> float:
    """Pyramid : valley under Boltzmann's law."""
    return float(region(result, "pyramid")["boltzmann"] / region(result, "valley")["boltzmann"])


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
    if results[0]["group"] == "converged":
        limit = wedge.valley_limit(results[0]["temperature"])
        axes.axhline(limit, color=panels.MEASURED, linestyle=":", linewidth=1.2, label=f"valley, d to infinity: {limit:.3f}")
    least = min((entry["mass"] for r in results for entry in r["regions"] if entry["mass"] > 0), default=1.0)
    axes.set_yscale("log")
    axes.set_ylim(0.03 * least, 2.0)  # a law that is colder than the simulation leaves the picture
    axes.set(xlabel="dimension d", ylabel="mass", xticks=[r["dim"] for r in results])
    axes.set_title("The pyramid vanishes against the valley", fontsize=10)
    axes.grid(alpha=0.3)
    axes.legend(loc="best", fontsize=9)


FIGURE = EnsembleFigure("fig5", experiment, text, draw)
