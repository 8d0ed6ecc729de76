"""Fig. 2: SGD beside SGDL, on training and validation images."""

from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from langevin_sim.dynamics import KINDS
from langevin_sim.errors import InputError
from langevin_sim.formatting import counted, markdown_table, missing, plus_minus, short
from langevin_sim.memo.figure import NetworkFigure
from langevin_sim.memo.network_text import document, notes
from langevin_sim.plots import curves
from langevin_sim.plots.figure import literal, new_figure, own_style, save
from langevin_sim.storage.read import read_arrays, read_json

QUANTITIES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
_COLUMNS = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")  # in the order of tables
LEVEL = 0.01  # of the tests of differences


def compare(folders: list[Path]) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, np.ndarray]]:
    """(results, differences of the second from the first, arrays) of trainings with equal numbers of replicas.

    Replica k of every training has the same initial weights and the same minibatches, so differences
    are taken replica by replica. A replica that has stopped keeps its last values.
    """
    results: list[dict[str, Any]] = []
    arrays: dict[str, np.ndarray] = {}
    last: list[dict[str, np.ndarray]] = []
    for number, folder in enumerate(folders):
        run = read_json(folder / "summary.json")["runs"][0]
        epochs, series = _by_replica(read_arrays(folder / "arrays.npz"))
        arrays |= {f"{number}_epoch": epochs} | {f"{number}_{name}": series[name] for name in QUANTITIES}
        final = {name: series[name][:, -1] for name in QUANTITIES}
        last.append(final)
        spec = run["spec"]
        noisy = KINDS[spec["dynamics"]].noisy
        results.append(
            {
                "run": number,
                "dynamics": spec["dynamics"],
                "step_size": spec["step_size"],
                "temperature": spec["temperature"] if noisy else 0.0,
                "noise": (2.0 * spec["step_size"] * spec["temperature"]) ** 0.5 if noisy else 0.0,
                "replicas": spec["replicas"],
                "final": {name: {"mean": float(values.mean()), "sd": _sd(values)} for name, values in final.items()},
            }
        )
    return results, [_difference(name, last) for name in QUANTITIES] if len(folders) > 1 else [], arrays


def _by_replica(held: dict[str, np.ndarray]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Evaluated epochs [E], and each quantity [replicas, E]."""
    looked = ~np.isnan(held["train_loss"])
    epochs = np.unique(held["epoch"][looked])
    replicas = np.unique(held["replica"])
    series = {name: np.empty((len(replicas), len(epochs))) for name in QUANTITIES}
    for row, replica in enumerate(replicas):
        mine = looked & (held["replica"] == replica)
        place = np.searchsorted(held["epoch"][mine], epochs, side="right") - 1
        for name in QUANTITIES:
            series[name][row] = held[name][mine][place]
    return epochs, series


def _difference(name: str, last: list[dict[str, np.ndarray]]) -> dict[str, Any]:
    first, second = last[0][name], last[1][name]
    if len(first) != len(second):
        raise InputError(f"{len(first)} and {len(second)} replicas cannot be compared in pairs: expected equal numbers")
    difference = second - first
    if len(difference) < 2:
        return {"quantity": name, "mean": float(difference.mean()), "stderr": None, "pvalue": None}
    stderr = float(difference.std(ddof=1) / len(difference) ** 0.5)
    pvalue = float(stats.ttest_1samp(difference, 0.0).pvalue) if stderr > 0 else (1.0 if difference[0] == 0 else 0.0)
    return {"quantity": name, "mean": float(difference.mean()), "stderr": stderr, "pvalue": pvalue}


def _sd(values: np.ndarray) -> float | None:
    return float(values.std(ddof=1)) if len(values) > 1 else None


def words(quantity: str) -> str:
    """'training loss'."""
    return quantity.replace("train_", "training ").replace("_", " ")


def names(summary: dict[str, Any]) -> list[str]:
    """A label for every result: its dynamics, with step and noise if several have the same."""
    results = summary["results"]
    plain = [r["dynamics"] for r in results]
    return [
        name if plain.count(name) == 1 else f"{name}, eta = {r['step_size']:g}, gamma' = {short(r['noise'])}"
        for name, r in zip(plain, results, strict=True)
    ]


def text(summary: dict[str, Any]) -> str:
    """figure.md."""
    results, labels = summary["results"], names(summary)
    return document(
        f"Fig. 2: {' beside '.join(labels)}",
        summary,
        "The memo shows SGD with added Gaussian noise of constant power (SGDL) behaving in a similar way to SGD on CIFAR-10. Its "
        'caption goes on "SGD has slightly better validation performance than SGD", and so leaves open which of the two is the '
        "better.",
        f"Here, on {summary['runs'][results[0]['run']]['data']['name']}, after the last epoch, mean ± standard deviation over "
        "replicas:",
        _finals(results, labels),
        _differences(summary, labels),
    )


def _finals(results: list[dict[str, Any]], labels: list[str]) -> str:
    headings = ["dynamics", "step size", "T", "gamma' per step", "replicas", *(words(q) for q in _COLUMNS)]
    rows = [
        [
            name,
            short(r["step_size"], 4),
            short(r["temperature"]),
            short(r["noise"]),
            str(r["replicas"]),
            *(plus_minus(r["final"][q]["mean"], r["final"][q]["sd"]) for q in _COLUMNS),
        ]
        for name, r in zip(labels, results, strict=True)
    ]
    return markdown_table(headings, rows)


def _differences(summary: dict[str, Any], labels: list[str]) -> str:
    entries = summary["differences"]
    if not entries or len(labels) < 2:
        return ""
    pair = f"{labels[1]} minus {labels[0]}"
    rows = [[words(e["quantity"]), plus_minus(e["mean"], e["stderr"]), short(e["pvalue"], 2)] for e in entries]
    shown = markdown_table([f"{pair}, paired by replica", "mean ± standard error", "p"], rows)
    replicas = min(r["replicas"] for r in summary["results"][:2])
    tested = [e for e in entries if not missing(e["pvalue"])]
    if not tested:
        return f"{shown}\n\n{counted(replicas, 'replica')} each: too few to tell whether the differences are due to chance."
    apart = [words(e["quantity"]) for e in tested if e["pvalue"] < LEVEL]
    alike = [words(e["quantity"]) for e in tested if e["pvalue"] >= LEVEL]
    sentences = [f"Significantly different at 1 % over {counted(replicas, 'pair')}: {', '.join(apart) or 'nothing'}."]
    if alike:
        sentences.append(
            f"Not significantly different: {', '.join(alike)}; the errors show how small a difference could have been detected."
        )
    return f"{shown}\n\n{' '.join(sentences)}{_better(tested, labels)}"


def _better(tested: list[dict[str, Any]], labels: list[str]) -> str:
    """Which training has the better validation accuracy, if the test decides."""
    found = next((e for e in tested if e["quantity"] == "validation_accuracy"), None)
    if found is None:
        return ""
    if found["pvalue"] >= LEVEL:
        return " These replicas do not show which has the better validation accuracy."
    return f" The better validation accuracy belongs to {labels[1] if found['mean'] > 0 else labels[0]}."


def rows(summary: dict[str, Any]) -> list[list[str]]:
    """One line per quantity and one column per training, for a terminal."""
    cells = [["after the last epoch", *names(summary)]]
    for quantity in _COLUMNS:
        finals = [result["final"][quantity] for result in summary["results"]]
        cells.append([words(quantity), *(plus_minus(final["mean"], final["sd"]) for final in finals)])
    return cells


_PARTS = {"train": "training", "validation": "validation"}


@own_style()
def draw(folder: Path) -> None:
    """figure.png and figure.pdf from the run folder."""
    summary, arrays = curves.read(folder)
    results = summary["results"]
    labels = names(summary)
    figure = new_figure(11.0, 7.6)
    grid = figure.subplots(2, 2)
    for row, quantity in enumerate(("loss", "accuracy")):
        for column, (part, name) in enumerate(_PARTS.items()):
            axes = grid[row, column]
            for k, result in enumerate(results):
                heights = arrays[f"{result['run']}_{part}_{quantity}"]
                _curve(axes, arrays[f"{result['run']}_epoch"], heights, _colour(k), quantity)
            curves.finish(axes, quantity, f"{name} {quantity}")
    runs = [summary["runs"][r["run"]] for r in results]
    replicas = max(r["replicas"] for r in results)
    spread = f"; mean ± standard deviation of {replicas} replicas, within their range" if replicas > 1 else "; one replica"
    title = " beside ".join(labels) if len(labels) < 4 else f"{len(labels)} dynamics"
    curves.heading(figure, title + spread, notes(runs))
    curves.legend(figure, [curves.mark(literal(name), color=_colour(k)) for k, name in enumerate(labels)], 3)
    save(figure, folder)


def _colour(k: int) -> str:
    return curves.COLOURS[k % len(curves.COLOURS)]


def _curve(axes: Any, epochs: np.ndarray, heights: np.ndarray, colour: str, quantity: str) -> None:
    """The mean over replicas that have a value, with a band of one standard deviation, within their range."""
    known = np.isfinite(heights) & ((heights > 0) | (quantity != "loss"))
    seen = known.any(axis=0)
    columns = [heights[known[:, e], e] for e in np.flatnonzero(seen)]
    if not columns:
        return
    mean, low, high = (np.array([function(column) for column in columns]) for function in (np.mean, _low, _high))
    axes.plot(epochs[seen], mean, color=colour, linewidth=1.4, marker="." if len(mean) <= 30 else None)
    axes.fill_between(epochs[seen], low, high, color=colour, alpha=0.2, linewidth=0)


def _spread(column: np.ndarray) -> float:
    return float(column.std(ddof=1)) if len(column) > 1 else 0.0


def _low(column: np.ndarray) -> float:
    return max(float(column.mean()) - _spread(column), float(column.min()))


def _high(column: np.ndarray) -> float:
    return min(float(column.mean()) + _spread(column), float(column.max()))


FIGURE = NetworkFigure(
    "fig2",
    "compare",
    trainings=lambda scale: [scale.training(scale.cifar, **scale.compared, dynamics=name) for name in ("sgd", "sgdl")],
)
