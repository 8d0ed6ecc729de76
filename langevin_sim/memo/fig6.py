"""Fig. 6: SGD and SGDL on a loss that is a sum over data points, a flat valley and a pit."""

from itertools import pairwise
from pathlib import Path
from typing import Any

from langevin_sim import potentials
from langevin_sim.dynamics import SGD, SGDL
from langevin_sim.formatting import markdown_table, measured, number, plus_minus
from langevin_sim.memo.ensemble_text import document, passages, region
from langevin_sim.memo.experiment import Arm, Experiment
from langevin_sim.memo.figure import EnsembleFigure
from langevin_sim.plots import panels
from langevin_sim.plots.figure import new_figure, own_style, save

RUNS, STEPS = 30, 270_000  # the authors'
SETS = 8  # sets of their 30 runs
AMPLITUDE = 0.25
NEAR = (0.5, 0.35, 0.25)  # added noise per step with which the exact law of SGD can be computed
SMALL_STEP, TEMPERATURE = 16.0, 1.5e-3  # depth of the wells: 1/115 = 0.0087

_MEMO = (
    "The memo shows histograms of SGD, and of SGD with noise added (SGDL), on a potential in two dimensions, with a degenerate "
    "minimum and one of the same depth that is not, and says that both prefer the degenerate one, as in Boltzmann's law."
)


def experiment(literal: bool) -> Experiment:
    """The authors' two walks from uniform starts; or SGD with a batch so small that walkers pass, and SGDL with small steps."""
    potential = potentials.rbf()
    if literal:
        chosen = {"sgd": SGD(126.0, batch_size=10), "sgdl": SGDL(136.0, AMPLITUDE**2 / (2 * 136.0), batch_size=15)}
        arms = [
            Arm(
                name,
                name,
                potential,
                dynamics,
                SETS * RUNS,
                STEPS,
                start="uniform",
                look=250,
                sets=RUNS,
                fit=True,
                **_laws(dynamics),
            )
            for name, dynamics in chosen.items()
        ]
    else:
        chosen = {"sgd": SGD(126.0, batch_size=3), "sgdl": SGDL(SMALL_STEP, TEMPERATURE, batch_size=15)}
        arms = [
            Arm(name, name, potential, dynamics, 1024, 120_000, 30_000, 20, look=1000, fit=True, **_laws(dynamics))
            for name, dynamics in chosen.items()
        ]
    return Experiment("fig6", literal, tuple(arms))


def _laws(dynamics: SGDL) -> dict[str, Any]:
    """With added noise, the exact law; without, the exact laws with less and less added noise."""
    return {"chain": True} if dynamics.noise > 0.0 else {"near": NEAR}


def text(summary: dict[str, Any]) -> str:
    """figure.md."""
    return _literal(summary) if summary["mode"] == "literal" else _converged(summary)


def _converged(summary: dict[str, Any]) -> str:
    sgd, sgdl = summary["results"]
    bound = potentials.rbf().stability_bound
    return document(
        "Fig. 6, converged: SGD and SGDL beside Boltzmann's law",
        _MEMO,
        summary,
        f"SGDL, eta = {sgdl['step_size']:g} (GD at the minima is stable below {bound:.0f}), batches of "
        f"{sgdl['batch_size']}, added noise at T = {sgdl['temperature']:g}: {_held(sgdl)}. {_fitted(sgdl)} With small "
        "steps the added noise dominates, and the law is close to Boltzmann's but not equal to it: the batches add noise where "
        f"the wells are. {_exact(sgdl)}",
        f"SGD without added noise, with the authors' eta = {sgd['step_size']:g} and batches of {sgd['batch_size']}: "
        f"{_held(sgd)}. {_fitted(sgd)} Boltzmann's law does not apply to SGD, whose noise depends on x. All data points of the "
        "valley have x_2 = 5.67: on that line none of them pushes a walker across, so SGD stays on the line itself, while "
        "Boltzmann's law fills the valley. On the plateau no term has a slope, so a walker that is thrown there stays. "
        f"{_near(sgd)}",
        "How it differs from the memo: SGD has no limit of small steps at a given temperature, because its noise is part of its "
        "step. With the authors' batches of 10, walkers pass too rarely to forget their start (--literal); the smaller batches "
        "make the noise of SGD large enough. Which well it then prefers depends on eta and b, not only on the volumes of the "
        "wells.",
        f"Stationarity, p-values from walkers that start in all regions: SGD {sgd['stationarity_pvalue']:.2g}, SGDL "
        f"{sgdl['stationarity_pvalue']:.2g}.",
        passages([sgd, sgdl]),
        _table([sgd, sgdl]),
    )


def _literal(summary: dict[str, Any]) -> str:
    sgd, sgdl = summary["results"]
    return document(
        "Fig. 6, with the authors' settings",
        _MEMO,
        summary,
        f"SGD: eta = {sgd['step_size']:g}, batches of {sgd['batch_size']} of 115, no added noise. SGDL: eta = "
        f"{sgdl['step_size']:g}, batches of {sgdl['batch_size']}, A = {sgdl['noise']:.3g}. g is the mean over the batch; "
        f"every step recorded, no burn-in, uniform starts. The authors pooled {RUNS} runs{_sets(sgd)}.",
        f"SGD: {_held(sgd)}. {_alone(sgd)} Its histogram shows in which basins walkers started and how many have left the "
        "pit so far, not what SGD prefers in the end. "
        f"{_near(sgd)}",
        f"SGDL: {_held(sgdl)}. {_alone(sgdl)} {_exact(sgdl)}",
        f"Stationarity, p-values: SGD {sgd['stationarity_pvalue']:.2g}, SGDL {sgdl['stationarity_pvalue']:.2g}. Spread "
        f"over sets of {RUNS} runs, the valley's share: SGD {_spread(sgd)}; SGDL {_spread(sgdl)}.",
        "Boltzmann's law does not apply here: the gradient noise depends on x, and walkers do not pass often enough to reach "
        f"a stationary law. For comparison, the figure shows Boltzmann's law with their mean energy. SGD: {_fitted(sgd)} SGDL: "
        f"{_fitted(sgdl)} (The pit is deeper by less than one per cent: near T = 0 Boltzmann's law is in the pit.)",
        passages([sgd, sgdl]),
        _table([sgd, sgdl]),
    )


def _exact(result: dict[str, Any]) -> str:
    """The masses of the exact law, and how far the walkers and the fitted Boltzmann law are from it."""
    exact = result.get("exact")
    if exact is None:
        return ""
    masses = {entry["name"]: entry["chain"] for entry in result["regions"]}
    held = ", ".join(f"{name} {number(mass)}" for name, mass in masses.items())
    found = (
        f"The exact chain law has {held}; the walkers' histogram of (x_1, x_2) differs from it by {exact['tv_measured']:.3f} in "
        "total variation, including sampling noise"
    )
    if result["fitted"] is None:
        return f"{found}."
    name = max(masses, key=lambda key: abs(result["fitted"]["masses"][key] - masses[key]))
    return (
        f"{found}. Boltzmann's law at the fitted temperature differs by {exact['tv_fitted']:.3f}: its {name} has "
        f"{number(result['fitted']['masses'][name])} instead of {number(masses[name])}."
    )


def _near(result: dict[str, Any]) -> str:
    """The laws with less and less added noise."""
    near = result.get("near")
    if not near:
        return ""
    amplitudes = ", ".join(f"{law['noise']:g}" for law in near)
    held = "; ".join(", ".join(f"{name} {number(mass)}" for name, mass in law["masses"].items()) for law in near)
    valley = [law["masses"]["valley"] for law in near]
    moved = ", ".join(f"{after - before:+.3f}" for before, after in pairwise(valley))
    return (
        f"Without added noise its law has no density, so none is computed. With added noise of A = {amplitudes} per step, "
        f"the exact laws have {held}: the valley's mass changes by {moved} from one to the next. Smaller amplitudes would need "
        "too many Fourier coefficients, and these three do not determine the limit."
    )


def _held(result: dict[str, Any]) -> str:
    valley, pit = region(result, "valley"), region(result, "pit")
    return f"valley {measured(valley['mass'], valley['stderr'])}, pit {measured(pit['mass'], pit['stderr'])}"


def _alone(result: dict[str, Any]) -> str:
    seen = result["passages"]
    return (
        f"{100 * result['one_well_only']:.1f} % of the walkers are never seen in the other well; "
        f"there are {seen['mean']:.3f} passages per walker."
    )


def _fitted(result: dict[str, Any]) -> str:
    if result["fitted"] is None:
        return "No Boltzmann law has its mean energy."
    held = result["fitted"]["masses"]
    return (
        f"The Boltzmann law with its mean energy (T = {result['fitted']['temperature']:.3g}) has valley "
        f"{number(held['valley'])}, pit {number(held['pit'])}."
    )


def _sets(result: dict[str, Any]) -> str:
    return f"; here are {result['sets']['count']} sets of them" if "sets" in result else ""


def _spread(result: dict[str, Any]) -> str:
    if "sets" not in result:
        return "no set is complete"
    sets = result["sets"]
    return f"{sets['least']:.3f} to {sets['most']:.3f} (standard deviation {sets['deviation']:.3f})"


def _table(results: list[dict[str, Any]]) -> str:
    rows = []
    for r in results:
        settings = [r["dynamics"], f"{r['step_size']:g}", str(r["batch_size"]), f"{r['noise']:.3g}"]
        for entry in r["regions"]:
            exact = plus_minus(entry["chain"], entry["chain_error"])
            fitted = None if r["fitted"] is None else r["fitted"]["masses"][entry["name"]]
            rows.append([*settings, entry["name"], measured(entry["mass"], entry["stderr"]), exact, number(fitted)])
    headings = ["dynamics", "eta", "b", "A", "region", "measured", "chain law, exact", "Boltzmann at the fitted T"]
    return markdown_table(headings, rows)


@own_style()
def draw(folder: Path) -> None:
    """figure.png and figure.pdf from the run folder."""
    summary, arrays = panels.read(folder)
    results = summary["results"]
    figure = new_figure(20.5, 9.4)
    grid = figure.add_gridspec(2, 5, width_ratios=[1.0, 1.0, 1.0, 0.8, 1.2])
    for row, result in enumerate(results):
        key = result["key"]
        ceiling = panels.highest(arrays, key)
        left, beside, middle = (figure.add_subplot(grid[row, column]) for column in range(3))
        image = panels.plane(left, arrays, key, "plane", ceiling)
        shares = ", ".join(f"{entry['name']} {entry['mass']:.3f}" for entry in result["regions"])
        noise = f", A = {result['noise']:.3g}" if result["noise"] else ""
        how = f"{result['dynamics'].upper()}: $\\eta$ = {result['step_size']:g}, b = {result['batch_size']}{noise}"
        left.set_title(f"{how}\n{shares}", fontsize=9)
        if f"{key}_plane_chain" in arrays:
            panels.plane(beside, arrays, key, "plane_chain", ceiling)
            held = ", ".join(f"{entry['name']} {entry['chain']:.3f}" for entry in result["regions"])
            beside.set_title(f"chain law, exact\n{held}", fontsize=9)
        else:
            _near_panel(beside, result)
        fitted = result["fitted"]
        if fitted is None:
            middle.text(0.5, 0.5, "no Boltzmann law\nhas its mean energy", ha="center", va="center", transform=middle.transAxes)
            middle.set_axis_off()
        else:
            panels.plane(middle, arrays, key, "plane_law", ceiling)
            held = ", ".join(f"{name} {mass:.3f}" for name, mass in fitted["masses"].items())
            middle.set_title(f"Boltzmann at its mean energy: T = {fitted['temperature']:.3g}\n{held}", fontsize=9)
        figure.colorbar(image, ax=[left, beside, middle], label="density of $(x_1, x_2)$", shrink=0.9)
        side = figure.add_subplot(grid[row, 3])
        panels.second_coordinate(side, arrays, key, "Boltzmann, fitted T")
        side.legend(loc="upper right", fontsize=7)
    panels.surface(figure.add_subplot(grid[:, 4], projection="3d"), results[0])
    save(figure, folder)


def _near_panel(axes: Any, result: dict[str, Any]) -> None:
    """The masses of the exact laws with added noise, beside the measured ones without, which have no density."""
    for k, (entry, colour) in enumerate(zip(result["regions"], ("#1f77b4", "#ff7f0e", "#7f7f7f"), strict=True)):
        name = entry["name"]
        amplitudes = [law["noise"] for law in result["near"]]
        masses, errors = ([law[what][name] for law in result["near"]] for what in ("masses", "errors"))
        axes.errorbar(amplitudes, masses, yerr=errors, fmt="x-", color=colour, linewidth=1.0, label=f"{name}, exact with noise")
        dot = "simulated, without noise" if k == 0 else None
        axes.errorbar([0.0], [entry["mass"]], yerr=[2 * entry["stderr"]], fmt="o", color=colour, capsize=3, label=dot)
    axes.set(xlabel="added noise A per step", ylabel="mass", xlim=(-0.03, None), ylim=(-0.03, 1.03))
    axes.set_title("without added noise the chain law has no density;\nwith noise it has these masses", fontsize=9)
    axes.set_box_aspect(1.0)  # like the planes beside it
    axes.grid(alpha=0.3)
    axes.legend(loc="center right", fontsize=7)


FIGURE = EnsembleFigure("fig6", experiment, text, draw)
