"""Fig. 2: SGD beside SGDL, on training and validation images."""

from typing import Any

from langevin_sim.formatting import counted, markdown_table, missing, plus_minus, short
from langevin_sim.memo.deep_document import document

QUANTITIES = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")
LEVEL = 0.01  # of the tests of differences


def words(quantity: str) -> str:
    """'training loss'."""
    return quantity.replace("train_", "training ").replace("_", " ")


def names(summary: dict[str, Any]) -> list[str]:
    """A label for every result: its dynamics, with step and noise where several have the same."""
    results = summary["results"]
    plain = [r["dynamics"] for r in results]
    return [
        name if plain.count(name) == 1 else f"{name}, eta = {r['step_size']:g}, gamma' = {short(r['noise'])}"
        for name, r in zip(plain, results, strict=True)
    ]


def text(summary: dict[str, Any]) -> str:
    """figure.md."""
    results, called = summary["results"], names(summary)
    return document(
        f"Fig. 2: {' beside '.join(called)}",
        summary,
        "The memo shows SGD with added Gaussian noise of constant power (SGDL) behaving in a similar way to SGD on CIFAR-10. Its "
        'caption goes on "SGD has slightly better validation performance than SGD", and so leaves open which of the two is the '
        "better.",
        f"Here, on {summary['runs'][results[0]['run']]['data']['name']}, after the last epoch, mean ± standard deviation over "
        "replicas:",
        _finals(results, called),
        _differences(summary, called),
    )


def _finals(results: list[dict[str, Any]], called: list[str]) -> str:
    headings = ["dynamics", "step size", "T", "gamma' a step", "replicas", *(words(q) for q in QUANTITIES)]
    rows = [
        [
            name,
            short(r["step_size"], 4),
            short(r["temperature"]),
            short(r["noise"]),
            str(r["replicas"]),
            *(plus_minus(r["final"][q]["mean"], r["final"][q]["sd"]) for q in QUANTITIES),
        ]
        for name, r in zip(called, results, strict=True)
    ]
    return markdown_table(headings, rows)


def _differences(summary: dict[str, Any], called: list[str]) -> str:
    entries = summary["differences"]
    if not entries or len(called) < 2:
        return ""
    pair = f"{called[1]} minus {called[0]}"
    rows = [[words(e["quantity"]), plus_minus(e["mean"], e["stderr"]), short(e["pvalue"], 2)] for e in entries]
    shown = markdown_table([f"{pair}, paired by replica", "mean ± standard error", "p"], rows)
    replicas = min(r["replicas"] for r in summary["results"][:2])
    tested = [e for e in entries if not missing(e["pvalue"])]
    if not tested:
        return f"{shown}\n\n{counted(replicas, 'replica')} each: whether these differences are more than chance is not known."
    apart = [words(e["quantity"]) for e in tested if e["pvalue"] < LEVEL]
    alike = [words(e["quantity"]) for e in tested if e["pvalue"] >= LEVEL]
    said = [f"Told apart at 1 % by {counted(replicas, 'pair')}: {', '.join(apart) or 'nothing'}."]
    if alike:
        said.append(f"Not told apart: {', '.join(alike)}; the errors say how small a difference could have been seen.")
    return f"{shown}\n\n{' '.join(said)}{_better(tested, called)}"


def _better(tested: list[dict[str, Any]], called: list[str]) -> str:
    """Which has the better validation accuracy, if the test tells."""
    found = next((e for e in tested if e["quantity"] == "validation_accuracy"), None)
    if found is None:
        return ""
    if found["pvalue"] >= LEVEL:
        return " Neither has the better validation accuracy, as far as these replicas tell."
    return f" The better validation accuracy is that of {called[1] if found['mean'] > 0 else called[0]}."


def rows(summary: dict[str, Any]) -> list[list[str]]:
    """A line for every quantity, for a terminal: one column a training."""
    cells = [["after the last epoch", *names(summary)]]
    for quantity in QUANTITIES:
        finals = [result["final"][quantity] for result in summary["results"]]
        cells.append([words(quantity), *(plus_minus(final["mean"], final["sd"]) for final in finals)])
    return cells
