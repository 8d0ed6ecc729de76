"""Fig. 3: of two wells of one depth, the wider one is the likelier the more dimensions there are."""

import math
from typing import Any

from langevin_sim import potentials
from langevin_sim.dynamics import GDL, RWM
from langevin_sim.formatting import measured, number
from langevin_sim.memo.experiment import AUTHORS_STEPS, REPLICAS, Arm, Experiment
from langevin_sim.memo.text import claim, document, masses, passages, pick, region

DIMS = (1, 2, 3, 4, 5)
AMPLITUDE = 0.2  # the authors' A = gamma', with eta = 1
COLD, HOT = 0.08, 0.3  # wells hold 99 % at d = 5 when cold, and less than half from d = 3 on when hot
PROPOSAL = 9.0  # half the torus: a walker hops from pit to pit in one step, and no barrier is climbed
RERUN = {1: 3.8, 2: 8.4, 3: 17.0, 4: 38.0, 5: 89.0}  # wide : narrow in one re-implementation with the authors' settings

_MEMO = (
    "The memo shows histograms of x_1 of Langevin gradient descent for d = 1 to 5, on a potential with two minima of one depth, "
    "one of them twice as wide in every dimension, and says that it selects the wider one with high probability, the more so the "
    "more dimensions there are."
)


def experiment(literal: bool) -> Experiment:
    """Boxes with the authors' difference and eta = 1; or boxes with RWM, cold and hot, and twowell with small steps of GDL."""
    if literal:
        dynamics = GDL(1.0, AMPLITUDE**2 / 2.0)
        arms = [
            Arm(f"d{d}", "literal", potentials.boxes(d), dynamics, REPLICAS, AUTHORS_STEPS, start="7", look=1000, chain=d == 1)
            for d in DIMS  # the chain's own law is within reach for d = 1
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
    """The temperature above which the plateau is likelier than the wide pit."""
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
        f"Histograms of x_1 for d = {cold[0]['dim']} to {cold[-1]['dim']} beside exact laws. Boxes at T = "
        f"{cold[0]['temperature']:g}: the wide pit holds {number(wide[0]['mass'])} in d = {cold[0]['dim']} and "
        f"{number(wide[-1]['mass'])} in d = {cold[-1]['dim']} (Boltzmann {number(wide[-1]['boltzmann'])}), wide : narrow "
        f"is {', '.join(measured(r['ratio']['mean'], r['ratio']['stderr']) for r in cold)}, where the volumes say 2, 4, 8, "
        f"16, 32. {claim(cold)}",
        "Not at every temperature: what stands against the wells in d dimensions is the plateau's volume, 18^d, and it "
        f"takes over once T is above about 1/(d log 4.5), {_takeover(5, 4.0):.3f} for d = 5. At T = "
        f"{hot[0]['temperature']:g} the wide pit's mass falls with dimension, from {number(hot_wide[0]['mass'])} to "
        f"{number(hot_wide[-1]['mass'])} in d = {hot[-1]['dim']}: more dimensions favour the flatter minimum only where it "
        "is cold enough. The ratio wide : narrow does not know of this.",
        "The smooth form (twowell, GDL with small steps) says the same without a plateau: wide "
        f"{', '.join(number(region(r, 'wide')['mass']) for r in smooth)}; the chain's own law at its step says "
        f"{', '.join(number(region(r, 'wide')['chain']) for r in smooth)}.",
        "How it differs from the memo: boxes have no gradient, so that no Langevin step of any size samples Boltzmann's "
        "law there. They are sampled by random-walk Metropolis, which is exact, with proposals of standard deviation "
        f"{PROPOSAL:g}, half the torus: walkers hop from pit to pit, and climb nothing. Walkers start in all regions in "
        f"equal parts; the smallest p-value against stationarity of the boxes' ensembles is {stationary:.2g} (it counts "
        "halves against each other, and walkers by start). What the authors' own dynamics samples is shown by --literal.",
        masses([*cold, *hot, *smooth]),
    )


def _literal(summary: dict[str, Any]) -> str:
    results = pick(summary, "literal")
    rows = [
        "| d | wide : narrow, pooled | second half alone | the chain's own law | one re-implementation | Boltzmann, any T |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for r in results:
        ratio = r["ratio"]
        own = measured(ratio["chain"], ratio["chain_error"])
        late = measured(ratio["second_half"], ratio["second_half_stderr"])
        rows.append(
            f"| {r['dim']} | {measured(ratio['mean'], ratio['stderr'])} | {late} | {own} | "
            f"{RERUN[r['dim']]:g} | {2 ** r['dim']} |"
        )
    last = results[-1]
    plateaus, wides = (", ".join(f"{region(r, name)['mass']:.3g}" for r in results) for name in ("plateau", "wide"))
    return document(
        "Fig. 3, with the authors' settings",
        _MEMO,
        summary,
        f"Boxes, eta = 1, noise A = {last['noise']:g} a step, g_j = U(x + 0.25 e_j) - U(x - 0.25 e_j), start 7*1, every "
        f"step recorded, no burn-in, 30 bins. The authors ran one walker; here are {last['walkers']:,} replicas of it, "
        "pooled (line), with the band that holds the middle 68 % of single replicas.",
        "\n".join(rows),
        "A run starts at x_j = 7, one unit from the narrow pit and five from the wide one, and there is no burn-in: the "
        "pooled ratio remembers the start. The second half alone remembers less of it. The re-implementation's run was a "
        "hundred times as long.",
        "Of the two pits the wide one gains with dimension, as the memo has it. But eta = 1 is not small: one step of g "
        "moves a walker by 1, five standard deviations of the noise, and the run does not sample Boltzmann's law at T = "
        f"A^2/(2 eta) = {last['temperature']:g}. The ratios are not 2^d, for the difference over a finite distance is no "
        f"gradient of U, and the plateau, where Boltzmann at that temperature leaves nothing, holds {plateaus} in the "
        f"dimensions above; the wide pit's own mass is {wides}. The runs are hotter than they look, and more so the more "
        "dimensions there are.",
        passages(results),
        "A single walker passes so seldom that its histogram is one draw from a wide spread: the band, and the shares "
        "above. The memo's figure is one such draw in each dimension.",
        masses(results),
    )
