"""How wrong is each theory of SGD? Compares each theory with the exact laws of four finite sums, over steps and batch sizes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm

from langevin_sim import potentials
from langevin_sim.dynamics import SGD, SGDL
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.formatting import markdown_table, short
from langevin_sim.memo.figure import LawFigure
from langevin_sim.plots.figure import new_figure, own_style, save
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference import chain_law
from langevin_sim.reference.theories import (
    Cells,
    boltzmann_cells,
    cells,
    diffusion,
    modified_equation_cells,
    ornstein_uhlenbeck_cells,
    total_variation,
)
from langevin_sim.storage.read import read_json

GOOD = 0.01  # a theory is called good up to this total variation
THEORIES = {
    "boltzmann": "Boltzmann",
    "ornstein-uhlenbeck": "Ornstein-Uhlenbeck",
    "modified-1": "modified equation, order 1",
    "modified-2": "modified equation, order 2",
}
_LINE, _PLANE = 4000, 128  # number of cells along an axis, in one dimension and in two
_DEVIATIONS = 9.0  # the cells extend this many standard deviations of the exact law on either side
_DARK = 0.5  # lightness below which a cell has white numbers

System = tuple[Potential, SGDL]


@dataclass(frozen=True)
class Setting:
    """A finite sum and its dynamics; make(step size, batch size): both of them; described: what all its points share."""

    name: str
    described: str
    make: Callable[[float, int], System]
    steps: tuple[float, ...]
    batches: tuple[int, ...]


def _tilts(eta: float, batch: int) -> System:
    dynamics = SGD(eta, batch_size=batch)
    variance = 2.0 / (eta * dynamics.variance_factor(100))
    return potentials.tilted(potentials.twowell(1), np.array([[variance]]), terms=100), dynamics


SETTINGS = (
    Setting(
        "tilts",
        "SGD on twowell in one dimension with 100 tilts, whose covariance makes T_eff = 1 at every step and batch size",
        _tilts,
        (0.005, 0.01, 0.02, 0.05, 0.1, 0.2),
        (1, 3, 10, 30, 90),
    ),
    Setting(
        "regression",
        "SGDL on regression in one dimension, 50 rows, T = 0.02",
        lambda eta, batch: (potentials.regression(1), SGDL(eta, 0.02, batch_size=batch)),
        (0.01, 0.03, 0.1, 0.3, 0.6),
        (1, 3, 10, 25, 45),
    ),
    Setting(
        "multiplicative noise",
        "SGDL on multiplicative, 100 parabolas with one minimum, T = 0.5",
        lambda eta, batch: (potentials.multiplicative(), SGDL(eta, 0.5, batch_size=batch)),
        (0.01, 0.03, 0.1, 0.2, 0.4),
        (1, 3, 10, 30, 90),
    ),
    Setting(
        "rbf",
        "SGDL on rbf, 115 terms in two dimensions, T = 0.003",
        lambda eta, batch: (potentials.rbf(), SGDL(eta, 0.003, batch_size=batch)),
        (30.0, 60.0, 120.0),
        (3, 10, 30),
    ),
)


def compute(progress: Callable[[str, int, int], None], settings: tuple[Setting, ...] = SETTINGS) -> list[dict[str, Any]]:
    """The entries of ``results``, one for each setting, step size and batch size."""
    points = [(setting, eta, batch) for setting in settings for eta in setting.steps for batch in setting.batches]
    results = []
    for k, (setting, eta, batch) in enumerate(points):
        progress(f"{setting.name}, eta = {eta:g}, b = {batch}", k, len(points))
        potential, dynamics = setting.make(eta, batch)
        entry: dict[str, Any] = {"setting": setting.name, "potential": potential.name, "step_size": eta, "batch_size": batch}
        try:
            results.append(entry | _compared(potential, dynamics))
        except ReferenceUnavailable as error:
            results.append(entry | {"theories": None, "reason": str(error)})
    return results


def _compared(potential: Potential, dynamics: SGDL) -> dict[str, Any]:
    law = chain_law(potential, dynamics)
    if potential.dim == 1:
        mean, deviation = law.moments.mean[0], float(np.sqrt(law.moments.second[0] - law.moments.mean[0] ** 2))
        where = cells([mean - _DEVIATIONS * deviation], [mean + _DEVIATIONS * deviation], _LINE)
        exact = law.marginal(0, where.edges[0])
    else:
        where = cells([potential.domain.low] * 2, [potential.domain.high] * 2, _PLANE)
        exact = law.plane(*where.edges)
    noise = np.trace(diffusion(potential, dynamics, where.middles), axis1=1, axis2=2) / potential.dim
    temperature = float(np.average(noise, weights=np.maximum(exact.ravel(), 0.0)))
    theories: dict[str, Callable[[], np.ndarray]] = {
        "boltzmann": lambda: boltzmann_cells(potential, temperature, where),
        "ornstein-uhlenbeck": lambda: ornstein_uhlenbeck_cells(potential, dynamics, temperature, where),
        "modified-1": lambda: modified_equation_cells(potential, dynamics, where, 1),
        "modified-2": lambda: modified_equation_cells(potential, dynamics, where, 2),
    }
    found: dict[str, Any] = {}
    for name, theory in theories.items():
        try:
            law_of_theory = theory()
        except ReferenceUnavailable as error:
            found[name] = {"tv": None, "mass": None, "reason": str(error)}
            continue
        masses = _masses(potential, where, law_of_theory) - _masses(potential, where, exact)
        found[name] = {"tv": total_variation(law_of_theory, exact), "mass": float(np.abs(masses).max())}
    return {
        "temperature": temperature,
        "relaxation_steps": law.relaxation_steps,
        "law_error": max(law.errors.values()),
        "method": law.method,
        "theories": found,
    }


def _masses(potential: Potential, where: Cells, probabilities: np.ndarray) -> np.ndarray:
    return np.bincount(potential.label(where.middles), probabilities.ravel(), minlength=len(potential.regions))


def text(summary: dict[str, Any]) -> str:
    """figure.md."""
    results = summary["results"]
    known = [entry for entry in results if entry["theories"]]
    parts = [
        "# How wrong is each theory of SGD?",
        f"`{summary['command']}`: exact laws only, nothing is simulated; {summary['seconds']:.0f} s.",
        "The memo argues from Boltzmann's law, as if the noise of a batch were isotropic, Gaussian and the same everywhere. "
        "Here the stationary law of the chain, with the batches that are actually drawn, is known exactly, and three theories "
        "are compared with it: Boltzmann's law at T_eff, the mean of T + (eta/2) tr C_b / d over the exact law, where C_b is "
        "the covariance of the batch noise (the best possible choice, because that mean is not known beforehand); the "
        "Ornstein-Uhlenbeck law of Mandt, Hoffman and Blei (2017) at the minima, with weights from Laplace's method; and the "
        "stochastic modified equation of Li, Tai and E (2019), of first order, dX = -grad U dt + sqrt(2 D(X)) dW, and of "
        "second order, which adds (eta/4) |grad U|^2 to U.",
        "Two distances are given: total variation, (1/2) sum |p - q| over cells, and the largest error of a region's mass. "
        f"A theory is called good if the total variation is at most {GOOD:g}.",
        _overview(summary),
        "What it shows: at small steps, the error of every theory is proportional to eta, and for batches of 10 or more it "
        "depends little on b: what remains is the effect of the finite step, which no theory in continuous time includes. "
        "Batches of one or three add to it. The modified equation takes into account that the noise depends on x, and "
        "Boltzmann's law does not; but with the temperature chosen in hindsight, Boltzmann's law is no further off. The "
        "second-order term corrects the drift but not the noise, so it does not improve the stationary law: on a parabola of "
        "curvature k, the variance is D/k times 1/(1 - eta k/2) exactly, 1 in first order, and 1/(1 + eta k/2) in second "
        "order. On rbf, the valley is almost flat along x_1, which no Gaussian is; for smaller steps, its exact laws take "
        "minutes to compute.",
        f"The largest stated error of a mass in an exact law is {max(entry['law_error'] for entry in known):.1g}; the modified "
        f"equation on rbf is solved by central differences on {_PLANE} by {_PLANE} cells. The U of rbf jumps across x_2 = 0 = 8, "
        "but its forces do not: Boltzmann's law has that jump, and neither the chain nor the equation has it.",
        "## Settings",
        "\n".join(f"- {setting.name}: {setting.described}." for setting in SETTINGS),
        "## All numbers",
        "Total variation, and after the slash the largest error of a mass, both in per cent.",
        markdown_table(
            ("setting", "eta", "b", "T_eff", "relaxation, steps", *THEORIES.values()), [_row(entry) for entry in results]
        ),
    ]
    missing = [entry for entry in results if not entry["theories"]]
    if missing:
        reasons = dict.fromkeys(
            f"{entry['setting']}, eta = {entry['step_size']:g}, b = {entry['batch_size']}: {entry['reason']}" for entry in missing
        )
        parts.append("No exact law: " + "; ".join(reasons) + ".")
    return "\n\n".join(parts) + "\n"


def _row(entry: dict[str, Any]) -> list[str]:
    first = [entry["setting"], f"{entry['step_size']:g}", str(entry["batch_size"])]
    if not entry["theories"]:
        return [*first, *["-"] * (2 + len(THEORIES))]
    found = [entry["theories"][name] for name in THEORIES]
    shown = ["-" if one["tv"] is None else f"{100 * one['tv']:.2f} / {100 * one['mass']:.2f}" for one in found]
    return [*first, short(entry["temperature"]), f"{entry['relaxation_steps']:.0f}", *shown]


def _overview(summary: dict[str, Any]) -> str:
    """For each setting and theory: at how many points it is good, and up to which step size at every batch size."""
    rows = []
    for name in dict.fromkeys(entry["setting"] for entry in summary["results"]):
        mine = [entry for entry in summary["results"] if entry["setting"] == name and entry["theories"]]
        row = [name]
        for theory in THEORIES:
            good = [_good(entry, theory) for entry in mine]
            steps = sorted({entry["step_size"] for entry in mine})
            held = [eta for eta in steps if all(_good(entry, theory) for entry in mine if entry["step_size"] <= eta)]
            row.append(f"{sum(good)} of {len(good)}" + (f"; all up to eta = {held[-1]:g}" if held else ""))
        rows.append(row)
    return markdown_table(("good to 1 % at", *THEORIES.values()), rows)


def _good(entry: dict[str, Any], theory: str) -> bool:
    tv = entry["theories"][theory]["tv"]
    return tv is not None and tv <= GOOD


@own_style()
def draw(folder: Path) -> None:
    """figure.png and figure.pdf: total variation over (eta, b), with one row per setting and one column per theory."""
    summary = read_json(folder / "summary.json")
    names = list(dict.fromkeys(entry["setting"] for entry in summary["results"]))
    figure = new_figure(15.0, 3.1 * len(names))
    axes = figure.subplots(len(names), len(THEORIES), squeeze=False)
    colours = ScalarMappable(LogNorm(1e-3, 1e-1), "RdYlGn_r")
    for row, name in enumerate(names):
        mine = [entry for entry in summary["results"] if entry["setting"] == name]
        steps, batches = (sorted({entry[key] for entry in mine}) for key in ("step_size", "batch_size"))
        for column, (theory, title) in enumerate(THEORIES.items()):
            values = np.full((len(batches), len(steps)), np.nan)
            for entry in mine:
                if entry["theories"] and entry["theories"][theory]["tv"] is not None:
                    at = batches.index(entry["batch_size"]), steps.index(entry["step_size"])
                    values[at] = entry["theories"][theory]["tv"]
            panel = axes[row, column]
            panel.imshow(values, origin="lower", aspect="auto", cmap=colours.cmap, norm=colours.norm)
            for (i, k), value in np.ndenumerate(values):
                known = np.isfinite(value)
                panel.text(
                    k,
                    i,
                    f"{100 * value:.2g}" if known else "-",
                    ha="center",
                    va="center",
                    fontsize=8,
                    color="white" if known and _lightness(colours.to_rgba(value)) < _DARK else "black",
                    weight="bold" if known and value <= GOOD else None,
                )
            panel.set_xticks(range(len(steps)), [f"{eta:g}" for eta in steps], fontsize=8)
            panel.set_yticks(range(len(batches)), [str(batch) for batch in batches], fontsize=8)
            panel.set_title(f"{name}: {title}", fontsize=9)
            if column == 0:
                panel.set_ylabel("batch size b")
            if row == len(names) - 1:
                panel.set_xlabel("step $\\eta$")
    figure.colorbar(
        colours, ax=axes, label="total variation from the exact law (bold: at most 1 %; numbers in per cent)", shrink=0.6
    )
    save(figure, folder)


def _lightness(colour: Iterable[float]) -> float:
    """How bright a colour (red, green, blue, ..) looks, from 0 to 1: its luma by ITU-R BT.601."""
    red, green, blue, *_ = colour
    return 0.299 * red + 0.587 * green + 0.114 * blue


FIGURE = LawFigure("theories", compute, text, draw)
