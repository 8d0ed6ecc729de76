"""Fig. 1: components of the minibatch gradient at fixed weights, and whether they are Gaussian."""

from typing import Any

from langevin_sim.formatting import markdown_table, missing, plus_minus, short
from langevin_sim.memo.deep_document import document

LEVEL, HIGHEST = 0.01, 0.15  # where the table of the Anderson-Darling test ends: p-values beyond are given as these


def text(summary: dict[str, Any]) -> str:
    """figure.md."""
    results = summary["results"]
    run = summary["runs"][results[0]["run"]]
    replica = summary["settings"].get("replica", 0)
    return document(
        "Fig. 1: components of the minibatch gradient",
        summary,
        "The memo shows histograms of some components of the minibatch gradient at fixed weights late in training. It calls "
        "them approximately Gaussian for minibatches that are neither too small nor too large, and their mean, the gradient of "
        "the full loss, very small.",
        f"Here: {run['name']}, at the weights that replica {replica} found. {_tests(results)}",
        _shapes(results),
        _sizes(results),
        _trend(results),
        _means(results),
        "Every component that is drawn:",
        _components(results),
    )


def rejected(result: dict[str, Any]) -> tuple[int, int]:
    """How many components the Anderson-Darling test rejects at 1 %, and how many it was made for."""
    tested = [c["anderson_pvalue"] for c in result["components"] if not missing(c["anderson_pvalue"])]
    return sum(p <= LEVEL for p in tested), len(tested)


def _tests(results: list[dict[str, Any]]) -> str:
    counts = [rejected(r) for r in results]
    parts = [f"{k} of {m} components at batch size {r['batch_size']}" for r, (k, m) in zip(results, counts, strict=True) if m]
    if not parts:
        return "No component was tested."
    rejections, tested = (sum(column) for column in zip(*counts, strict=True))
    said = (
        f"The Anderson-Darling test rejects a Gaussian at 1 % for {', '.join(parts)}; of Gaussian components it rejects 1 in 100."
    )
    if rejections == tested:
        return f"{said} All of them are told from a Gaussian; how far from it they are is in the tables."
    if not rejections:
        return f"{said} None of them is told from a Gaussian by so many minibatches."
    return f"{said} How far from a Gaussian they are is in the tables."


def _shapes(results: list[dict[str, Any]]) -> str:
    headings = [
        "batch size",
        "minibatches",
        "parameters with a gradient",
        "skewness: 16 %, median, 84 % of them",
        "excess kurtosis: 16 %, median, 84 %",
        "rejected at 1 %",
    ]
    rows = []
    for r in results:
        k, m = rejected(r)
        rows.append(
            [
                str(r["batch_size"]),
                f"{r['batches']:,}",
                f"{r['live']:,}",
                _three(r["skewness_quantiles"]),
                _three(r["kurtosis_quantiles"]),
                f"{k} of {m}",
            ]
        )
    return markdown_table(headings, rows)


def _three(quantiles: list[float | None] | None) -> str:
    return ", ".join(short(q) for q in quantiles) if quantiles else "-"


def _sizes(results: list[dict[str, Any]]) -> str:
    if len({r["batches"] for r in results}) == 1:
        return ""
    return "A test on more minibatches sees smaller departures: the numbers of minibatches differ, so compare the moments."


def _trend(results: list[dict[str, Any]]) -> str:
    least, most = (pick(results, key=lambda r: r["batch_size"]) for pick in (min, max))
    middles = [r["kurtosis_quantiles"] and r["kurtosis_quantiles"][1] for r in (least, most)]
    if least is most or any(missing(value) for value in middles):
        return ""
    first, last = middles
    expected = first * least["batch_size"] / most["batch_size"]
    sizes = f"From batch size {least['batch_size']} to {most['batch_size']}"
    return (
        f"{sizes} the median excess kurtosis goes from {short(first)} to {short(last)}; for a sum of independent terms it "
        f"goes as 1/b, to {short(expected)}."
    )


def _means(results: list[dict[str, Any]]) -> str:
    headings = [
        "batch size",
        "rms norm of a minibatch's noise",
        "norm of the full gradient",
        "their ratio",
        "mean off the full gradient by at most",
    ]
    rows = []
    for r in results:
        norm, noise = r["full_gradient_norm"], r["noise_norm"]
        part = short(norm / noise) if noise and not missing(noise) and not missing(norm) else "-"
        rows.append([str(r["batch_size"]), short(noise), short(norm), part, short(r["mean_error"])])
    partial = [str(r["batch_size"]) for r in results if not r["whole_epochs"]]
    made = (
        "The minibatches make up whole epochs, so that every image counts alike."
        if not partial
        else f"At batch size {', '.join(partial)} the minibatches make up no whole epochs, so that their mean has a sampling "
        "error."
    )
    return (
        "How small the mean is, the full gradient, shows beside the noise of one minibatch:\n\n"
        f"{markdown_table(headings, rows)}\n\n{made} Off: the largest difference over all parameters."
    )


def _components(results: list[dict[str, Any]]) -> str:
    headings = ["batch size", "component", "mean", "full gradient", "sd", "skewness", "excess kurtosis", "p, Anderson-Darling"]
    rows = [
        [
            str(r["batch_size"]),
            f"`{c['parameter']}`",
            plus_minus(c["mean"], c["stderr"]),
            short(c["full_gradient"]),
            short(c["sd"]),
            plus_minus(c["skewness"], c["skewness_stderr"]),
            plus_minus(c["kurtosis"], c["kurtosis_stderr"]),
            _pvalue(c["anderson_pvalue"]),
        ]
        for r in results
        for c in r["components"]
    ]
    return markdown_table(headings, rows)


def _pvalue(value: float | None) -> str:
    """'≤ 0.01' and '≥ 0.15' at the ends of the table."""
    if value is None or missing(value) or LEVEL < value < HIGHEST:
        return short(value, 2)
    return f"≤ {LEVEL:g}" if value <= LEVEL else f"≥ {HIGHEST:g}"
