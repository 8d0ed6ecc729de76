"""Figs. 7 and 8: training accuracy and loss over the plane through three minima, natural labels against random ones."""

from typing import Any

from langevin_sim.formatting import markdown_table, missing, share, short
from langevin_sim.memo.deep_document import document

HIGH = 0.99  # accuracy above which a point counts as part of the flat region
FIGURES = {"cifar10": "Fig. 7", "mnist": "Fig. 8"}


def text(summary: dict[str, Any]) -> str:
    """figure.md."""
    results, runs = summary["results"], summary["runs"]
    data = list(dict.fromkeys(runs[r["run"]]["data"]["name"] for r in results))
    title = ", ".join(FIGURES.get(name, f"As Figs. 7 and 8, on {name}") for name in data)
    return document(
        f"{title}: the plane through three minima",
        summary,
        "The memo shows the training accuracy of l_1 w_1 + l_2 w_2 + l_3 w_3 for three minima of one training loss: with natural "
        "labels a larger flat region around the minima than with random ones; on MNIST (Fig. 8) big flat regions against sharp "
        "wells.",
        _table(results, runs),
        *(_verdict(natural, random) for natural, random in _pairs(results, runs)),
        _doubts(results, runs),
        _lattice(summary["settings"]),
        f"The flat share is that of the triangle's lattice points with training accuracy above {HIGH}. The same share of "
        "a larger triangle is a larger flat region; the sides are in the table. Each row has one triple of minima, so that no "
        "share has an error.",
    )


def _lattice(settings: dict[str, Any]) -> str:
    first, second, third = settings["replicas"]
    around = f", as far around it as l_i = -{settings['margin']:g}" if settings["margin"] else ""
    return (
        f"w_1, w_2 and w_3 are the minima of replicas {first}, {second} and {third}. Loss and accuracy are evaluated on a "
        f"lattice of {settings['divisions']} steps along a side of the triangle{around}."
    )


def _table(results: list[dict[str, Any]], runs: list[dict[str, Any]]) -> str:
    headings = [
        "run",
        "images",
        "batch norm",
        "accuracy at w1, w2, w3",
        "loss there",
        "accuracy at the centre",
        "loss there",
        "flat share",
        "distances w1-w2, w2-w3, w3-w1",
    ]
    rows = [
        [
            runs[r["run"]]["name"],
            f"{r['images']:,}",
            r["batch_norm"],
            ", ".join(share(v["accuracy"]) for v in r["vertices"]),
            ", ".join(short(v["loss"]) for v in r["vertices"]),
            share(r["centre"]["accuracy"]),
            short(r["centre"]["loss"]),
            share(r["share_below"]),
            ", ".join(short(d) for d in r["distances"]),
        ]
        for r in results
    ]
    return markdown_table(headings, rows)


def _pairs(results: list[dict[str, Any]], runs: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Natural and random results of one data set and model."""

    def setting(r: dict[str, Any]) -> tuple[str, str, str]:
        run = runs[r["run"]]
        return run["data"]["name"], run["spec"]["model"], r["batch_norm"]

    natural, random = ([r for r in results if r["labels"] == kind] for kind in ("natural", "random"))
    return [(a, b) for a in natural for b in random if setting(a) == setting(b)]


def _verdict(natural: dict[str, Any], random: dict[str, Any]) -> str:
    first, second = natural["share_below"], random["share_below"]
    if missing(first) or missing(second):
        return ""
    numbers = f"Here the flat share of the triangle is {share(first)} with natural labels and {share(second)} with random ones"
    if first == second:
        return f"{numbers}: no difference is seen."
    return f"{numbers}: with natural labels it is {'larger, as in the memo' if first > second else 'smaller, against the memo'}."


def _doubts(results: list[dict[str, Any]], runs: list[dict[str, Any]]) -> str:
    """Minima that are not within the flat region themselves."""
    low = [runs[r["run"]]["name"] for r in results if any(missing(v["accuracy"]) or v["accuracy"] <= HIGH for v in r["vertices"])]
    if not low:
        return ""
    return f"Not all minima have a training accuracy above {HIGH} themselves ({'; '.join(low)}): their shares say little."
