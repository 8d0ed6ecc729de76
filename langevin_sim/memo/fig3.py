"""Fig. 3: of two wells of equal depth, the wider one gains with dimension."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from langevin_sim import potentials
from langevin_sim.dynamics import GDL, RWM
from langevin_sim.formatting import markdown_table, measured, number
from langevin_sim.memo.ensemble_text import claim, document, masses, passages, pick, region
from langevin_sim.memo.experiment import AUTHORS_STEPS, REPLICAS, Arm, Experiment
from langevin_sim.memo.figure import EnsembleFigure
from langevin_sim.plots import panels
from langevin_sim.plots.figure import new_figure, own_style, save

DIMS = (1, 2, 3, 4, 5)
AMPLITUDE = 0.2  # the authors' A = gamma', with eta = 1
COLD, HOT = 0.08, 0.3  # wells hold 99 % at d = 5 when cold, and less than half from d = 3 on when hot
CHAIN_DIMS = (1, 2)  # dimensions in which the chain law with the authors' settings can be computed
PROPOSAL = 9.0  # half the torus: a walker hops from pit to pit in one step, without climbing a barrier
RERUN = {1: 3.8, 2: 8.4, 3: 17.0, 4: 38.0, 5: 89.0}  # wide : narrow in one re-implementation with the authors' settings

_MEMO = (
    "The memo shows histograms of x_1 of Langevin gradient descent for d = 1 to 5, on a potential with two minima of equal "
    "depth, one of them twice as wide in every dimension, and says that it selects the wider one with high probability, which "
    "grows with the number of dimensions."
)

_RATIOS = (
    "d",
    "wide : narrow, pooled",
    "second half alone",
    "chain law",
    "one re-implementation",
    "Boltzmann, any T",
)


def experiment(literal: bool) -> Experiment:
    """Boxes with the authors' difference and eta = 1; or boxes with RWM, cold and hot, and twowell with small steps of GDL."""
    if literal:
        dynamics = GDL(1.0, AMPLITUDE**2 / 2.0)
        arms = [
            Arm(
                f"d{d}",
                "literal",
                potentials.boxes(d),
                dynamics,
                REPLICAS,
                AUTHORS_STEPS,
                start="7",
                look=1000,
                chain=d in CHAIN_DIMS,
            )
            for d in DIMS
        ]
        return Experiment("fig3", True, tuple(arms))
    arms = [
        Arm(f"{group}_d{d}", group, potentials.boxes(d), RWM(PROPOSAL**2 / (2.0 * T), T), 4096, 40_000, 20_000, 20)
        for group, T in (("cold", COLD), ("hot", HOT))
        for d in DIMS
    ]
    smooth = [
        Arm(f"smooth_d{d}", "smooth", potentials.twowell(d), GDL(0.02, 1.0), 4096, 40_000, 10_000, 40, chain=True) for d in DIMS
    ]
    return Experiment("fig3", False, (*arms, *smooth))


def text(summary: dict[str, Any]) -> str:
    """figure.md."""
    return _literal(summary) if summary["mode"] == "literal" else _converged(summary)


def _takeover(dim: int, wide: float) -> float:
    """The temperature above which the plateau is more likely than the wide pit."""
    return 1.0 / (dim * math.log(18.0 / wide))


def _converged(summary: dict[str, Any]) -> str:
    cold, hot, smooth = (pick(summary, group) for group in ("cold", "hot", "smooth"))
    wide = [region(r, "wide") for r in cold]
    hot_wide = [region(r, "wide") for r in hot]
    stationary = min(r["stationarity_pvalue"] for r in [*cold, *hot])
    return document(
        "Fig. 3, converged: the wider of two wells gains with dimension",
        _MEMO,
        summary,
        f"Histograms of x_1 for d = {cold[0]['dim']} to {cold[-1]['dim']}, with exact laws. Boxes at T = "
        f"{cold[0]['temperature']:g}: the wide pit holds {number(wide[0]['mass'])} in d = {cold[0]['dim']} and "
        f"{number(wide[-1]['mass'])} in d = {cold[-1]['dim']} (Boltzmann {number(wide[-1]['boltzmann'])}), wide : narrow "
        f"is {', '.join(measured(r['ratio']['mean'], r['ratio']['stderr']) for r in cold)}, where the volumes say 2, 4, 8, "
        f"16, 32. {claim(cold)}",
        "This does not hold at every temperature: the wells compete with the volume of the plateau, 18^d in d dimensions, which "
        f"takes over when T is above about 1/(d log 4.5), {_takeover(5, 4.0):.3f} for d = 5. At T = "
        f"{hot[0]['temperature']:g} the mass of the wide pit falls with dimension, from {number(hot_wide[0]['mass'])} to "
        f"{number(hot_wide[-1]['mass'])} in d = {hot[-1]['dim']}: more dimensions favour the flatter minimum only at a "
        "sufficiently low temperature. The ratio wide : narrow does not show this.",
        "The smooth form (twowell, GDL with small steps) shows the same without a plateau: wide "
        f"{', '.join(number(region(r, 'wide')['mass']) for r in smooth)}; the chain law at its step gives "
        f"{', '.join(number(region(r, 'wide')['chain']) for r in smooth)}.",
        "How it differs from the memo: boxes have no gradient, so no Langevin step of any size samples Boltzmann's "
        "law there. They are sampled by random-walk Metropolis, which is exact, with proposals of standard deviation "
        f"{PROPOSAL:g}, half the torus: walkers hop from pit to pit without climbing. Walkers start in all regions in "
        f"equal parts; the smallest p-value against stationarity of the ensembles on boxes is {stationary:.2g} (it compares "
        "both halves, and walkers by start). --literal shows what the authors' own dynamics samples.",
        masses([*cold, *hot, *smooth]),
    )


def _literal(summary: dict[str, Any]) -> str:
    results = pick(summary, "literal")
    rows = []
    for r in results:
        ratio = r["ratio"]
        pooled = measured(ratio["mean"], ratio["stderr"])
        second_half = measured(ratio["second_half"], ratio["second_half_stderr"])
        chain = measured(ratio["chain"], ratio["chain_error"])
        rows.append([str(r["dim"]), pooled, second_half, chain, f"{RERUN[r['dim']]:g}", str(2 ** r["dim"])])
    last = results[-1]
    plateaus, wides = (", ".join(f"{region(r, name)['mass']:.3g}" for r in results) for name in ("plateau", "wide"))
    return document(
        "Fig. 3, with the authors' settings",
        _MEMO,
        summary,
        f"Boxes, eta = 1, noise A = {last['noise']:g} per step, g_j = U(x + 0.25 e_j) - U(x - 0.25 e_j), start 7*1, every "
        f"step recorded, no burn-in, 30 bins. The authors ran one walker; here {last['walkers']:,} replicas of it are "
        "pooled (line); the band holds the middle 68 % of the histograms of single replicas, which count every step too.",
        markdown_table(_RATIOS, rows),
        "A run starts at x_j = 7, one unit from the narrow pit and five from the wide one, and there is no burn-in, so the "
        "pooled ratio depends on the start. That of the second half alone depends less on it. The run of the re-implementation "
        "was a hundred times as long.",
        "Of the two pits, the wide one gains with dimension, as in the memo. But eta = 1 is not small: one step of g "
        "moves a walker by 1, five standard deviations of the noise, and the run does not sample Boltzmann's law at T = "
        f"A^2/(2 eta) = {last['temperature']:g}. The ratios are not 2^d, because the difference over a finite distance is not "
        f"the gradient of U, and the plateau, which has almost no Boltzmann mass at that temperature, holds {plateaus} in the "
        f"dimensions above; the mass of the wide pit is {wides}. The runs are effectively hotter than this temperature, and "
        "increasingly so in more dimensions.",
        passages(results),
        "A single walker passes so rarely that its histogram is one draw from a wide distribution, which the band and the "
        "shares above show. The memo's figure is one such draw in each dimension.",
        masses(results),
    )


_NAMES = {"cold": "boxes, RWM", "hot": "boxes, RWM", "smooth": "twowell, GDL", "literal": "boxes, GDL, $\\eta$ = 1"}
_WELL_COLOURS = ("#1f77b4", "#ff7f0e", "#7f7f7f")


@own_style()
def draw(folder: Path) -> None:
    """figure.png and figure.pdf from the run folder."""
    summary, arrays = panels.read(folder)
    groups: dict[str, list[dict[str, Any]]] = {}
    for result in summary["results"]:
        groups.setdefault(result["group"], []).append(result)
    rows, columns = len(groups), max(len(results) for results in groups.values())
    figure = new_figure(3.0 * columns + 3.6, 2.6 * rows + 3.4)
    grid = figure.add_gridspec(rows + 1, columns + 1, width_ratios=[1.0] * columns + [1.3], height_ratios=[1.0] * rows + [1.2])
    literal = summary["mode"] == "literal"
    for row, (group, results) in enumerate(groups.items()):
        for column, result in enumerate(results):
            axes = figure.add_subplot(grid[row, column])
            panels.histogram(axes, arrays, result["key"], bins=30 if literal else 120)
            wide, narrow = (entry["mass"] for entry in result["regions"][:2])
            axes.set_title(f"d = {result['dim']}:  wide {wide:.3g}, narrow {narrow:.3g}", fontsize=9)
            axes.set_xlabel("$x_1$")
            if column == 0:
                axes.set_ylabel(f"{_NAMES[group]}, T = {result['temperature']:g}\ndensity of $x_1$")
                axes.set_ylim(0.0, (1.0 + 0.12 * len(axes.get_legend_handles_labels()[0])) * axes.get_ylim()[1])
                axes.legend(loc="upper left", fontsize=7)
        panels.surface(figure.add_subplot(grid[row, columns], projection="3d"), results[0])
    below = grid[rows, :].subgridspec(1, 2 if literal else rows)
    if literal:
        _ratios(figure.add_subplot(below[0, 0]), groups["literal"])
        _shares(figure.add_subplot(below[0, 1]), groups["literal"])
    else:
        for column, (group, results) in enumerate(groups.items()):
            _masses(figure.add_subplot(below[0, column]), results, f"{_NAMES[group]}, T = {results[0]['temperature']:g}")
    save(figure, folder)


def _masses(axes: Any, results: list[dict[str, Any]], title: str) -> None:
    dims = [r["dim"] for r in results]
    for k, colour in zip(range(len(results[0]["regions"])), _WELL_COLOURS, strict=False):
        entries = [r["regions"][k] for r in results]
        errors = [2 * entry["stderr"] for entry in entries]
        axes.errorbar(
            dims,
            [entry["mass"] for entry in entries],
            yerr=errors,
            fmt="o",
            capsize=4,
            markersize=4,
            color=colour,
            label=entries[0]["name"],
        )
        axes.plot(
            dims,
            [entry["boltzmann"] for entry in entries],
            "-",
            color=colour,
            linewidth=1.0,
            label="Boltzmann, exact" if k == 0 else None,
        )
    axes.set(xlabel="dimension d", ylabel="mass", xticks=dims, ylim=(-0.03, 1.03))
    axes.set_title(title, fontsize=10)
    axes.grid(alpha=0.3)
    axes.legend(loc="center right", fontsize=8)


def _ratios(axes: Any, results: list[dict[str, Any]]) -> None:
    shown = [r for r in results if r["ratio"]["mean"]]
    dims = [r["dim"] for r in shown]
    axes.errorbar(
        dims,
        [r["ratio"]["mean"] for r in shown],
        yerr=[2 * r["ratio"]["stderr"] for r in shown],
        fmt="o",
        capsize=4,
        color=panels.MEASURED,
        label="all replicas (2 standard errors)",
    )
    axes.plot([r["dim"] for r in results], [2.0 ** r["dim"] for r in results], "-", color=panels.EXACT, label="Boltzmann, $2^d$")
    chain = {r["dim"]: r["ratio"]["chain"] for r in results if r["ratio"]["chain"]}
    if chain:
        axes.plot(list(chain), list(chain.values()), "x", color=panels.CHAIN, markersize=9, label="chain law")
    late = [r for r in shown if r["ratio"]["second_half"]]
    axes.errorbar(
        [r["dim"] + 0.07 for r in late],
        [r["ratio"]["second_half"] for r in late],
        fmt="o",
        mfc="white",
        capsize=4,
        yerr=[2 * r["ratio"]["second_half_stderr"] for r in late],
        color=panels.MEASURED,
        label="second half of the runs alone",
    )
    axes.plot(
        list(RERUN), list(RERUN.values()), "+", color=panels.CHAIN, markersize=9, label="a re-implementation, 100 x as long"
    )
    axes.set_yscale("log")
    powers = [2**k for k in range(8)]
    axes.set_yticks(powers, [str(power) for power in powers])
    axes.minorticks_off()
    axes.set(xlabel="dimension d", ylabel="mass of wide : mass of narrow", xticks=[r["dim"] for r in results])
    axes.set_title("$\\eta$ = 1 does not sample Boltzmann's law", fontsize=10)
    axes.set_ylim(1.5, None)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)


def _shares(axes: Any, results: list[dict[str, Any]]) -> None:
    shown = [r for r in results if r["share"]]
    dims = np.array([r["dim"] for r in shown])
    middle = np.array([r["share"]["p50"] for r in shown])
    around = np.abs(np.array([[r["share"]["p16"], r["share"]["p84"]] for r in shown]).reshape(-1, 2).T - middle)
    axes.errorbar(dims, middle, yerr=around, fmt="s", capsize=5, color=panels.MEASURED, label="single replicas, 16 to 84 %")
    exact = 2.0**dims / (1.0 + 2.0**dims)
    axes.plot(dims, exact, "-", color=panels.EXACT, label="Boltzmann, $2^d/(1+2^d)$")
    for r, height in zip(shown, middle, strict=True):
        passages = f"{r['passages']['mean']:.1f} passages"
        side, align = (-8, "right") if r is shown[-1] else (8, "left")
        axes.annotate(passages, (r["dim"], height), xytext=(side, 5), textcoords="offset points", fontsize=8, ha=align)
    axes.set(xlabel="dimension d", ylabel="wide / (wide + narrow)", xticks=dims, ylim=(None, 1.04))
    axes.set_title("One walker sees few passages between the pits (means)", fontsize=10)
    axes.margins(x=0.12)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right", fontsize=8)


FIGURE = EnsembleFigure("fig3", experiment, text, draw)
