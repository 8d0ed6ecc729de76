"""Table 1: flatness radii with natural and with random labels, over all parameters and in the top layer."""

from typing import Any

from langevin_sim.formatting import counted, markdown_table, missing, plus_minus, short, spanned
from langevin_sim.memo.network_text import document, labels
from langevin_sim.memo.table1.published import EPSILON, MEMO, RERUN, RERUN_SOURCE, comparable, published_ratio

LAYERS = {"all": "All parameters", "top": "Top layer"}
WIDTH = 80  # width of a terminal
_SETTING = ("quantity", "batch_norm", "direction", "layers")
_VERDICTS = {"flatter": "natural is flatter", "reversed": "reversed, random is flatter", "undecided": "undecided"}


def text(summary: dict[str, Any]) -> str:
    """figure.md."""
    ratios = summary.get("ratios") or []
    title = "Table 1: flatness radii" if summary["kind"] == "table1" else "Flatness radii"
    return document(
        title,
        summary,
        "The memo says: around a minimum found with natural labels, a step in a random direction must be longer to change the "
        "objective by 0.05 than around one found with random labels, over all parameters and in the top layer alone.",
        *(_verdicts(summary, layers) for layers in LAYERS if any(r["layers"] == layers for r in ratios)),
        _ratios(summary) if ratios else "",
        "## Beside the memo",
        _beside(summary),
        "## Radii",
        _settings(summary),
        _radii(summary),
        _sup(summary),
    )


def verdict(ratio: dict[str, Any], results: list[dict[str, Any]], runs: list[dict[str, Any]]) -> str:
    """'flatter', 'reversed' or 'undecided': whether natural : random is above or below 1, by its interval.

    Mean radii that are lower bounds decide nothing if the true ones could change the verdict.
    """
    if missing(ratio["low"]) or missing(ratio["high"]):
        return "undecided"
    if ratio["low"] > 1 and not _bounded(ratio, "random", results, runs):
        return "flatter"
    if ratio["high"] < 1 and not _bounded(ratio, "natural", results, runs):
        return "reversed"
    return "undecided"


def rows(summary: dict[str, Any]) -> list[list[str]]:
    """A table for a terminal, at most 80 columns with two spaces between: headings, then one row per result."""
    runs = summary["runs"]
    several = len({run["spec"]["model"] for run in runs}) > 1
    cells = [["data", "labels", "of", "batch norm", "along", "layers", "radius", "sup"]]
    for r in summary["results"]:
        run = runs[r["run"]]
        name = run["data"]["name"] + (f" {run['spec']['model']}" if several else "")
        cells.append(
            [
                name,
                labels(run).replace(" label", ""),
                *(r[key] for key in _SETTING),
                _radius(r, "first"),
                short(r["last"]["mean"], 4),
            ]
        )
    room = WIDTH - sum(2 + max(len(row[column]) for row in cells) for column in range(1, len(cells[0])))
    return [[row[0] if len(row[0]) <= room else row[0][: room - 1] + "…", *row[1:]] for row in cells]


def _bounded(ratio: dict[str, Any], kind: str, results: list[dict[str, Any]], runs: list[dict[str, Any]]) -> bool:
    """Whether a radius on this side of a ratio lies beyond the search."""
    return any(
        r["at_least"] > 0
        and labels(runs[r["run"]]) == kind
        and runs[r["run"]]["data"]["name"] == ratio["data"]
        and runs[r["run"]]["spec"]["model"] == ratio["model"]
        and all(r[key] == ratio[key] for key in _SETTING)
        for r in results
    )


def _radius(result: dict[str, Any], name: str) -> str:
    """'17.92 ± 0.41' for the first crossing or the last, '≥ ..' if that of a direction lies beyond the search."""
    radius = plus_minus(result[name]["mean"], result[name]["spread"])
    return f"≥ {radius}" if result["at_least"] and radius != "-" else radius


def _verdicts(summary: dict[str, Any], layers: str) -> str:
    """The verdicts for all parameters, or for the top layer; those that compare with the memo's in full.

    Settings that were measured at the same minima are not independent, so they count as one: a pair of trainings.
    """
    pairs: dict[tuple[str, str], list[tuple[dict[str, Any], str]]] = {}
    for r in summary["ratios"]:
        if r["layers"] == layers:
            found = verdict(r, summary["results"], summary["runs"])
            pairs.setdefault((r["data"], r["model"]), []).append((r, found))
    epsilon = summary["results"][0]["epsilon"]
    lines = []
    for (data, model), settings in pairs.items():
        kinds = [kind for _, kind in settings]
        lines.append(f"- {data}, {model}: {_together(kinds)}.")
        for r, kind in settings:
            if comparable({**r, "epsilon": epsilon}):
                memo, rerun = (published_ratio(numbers, data, layers) for numbers in (MEMO, RERUN))
                beside = f"; the memo has {short(memo)}, the public re-run {short(rerun)}" if memo else ""
                lines.append(
                    f"  - raw directions, batch norm {r['batch_norm']}: {_VERDICTS[kind]}, natural : random = "
                    f"{short(r['ratio'])} ({_interval(r, kind)}){beside}."
                )
    head = (
        f"{LAYERS[layers]}, {counted(len(pairs), 'pair')} of trainings with natural and with random labels; settings measured "
        "at the same minima count as one."
    )
    return head + "\n\n" + "\n".join(lines)


def _together(kinds: list[str]) -> str:
    """The verdict of the settings of one pair of trainings, or the counts if they disagree."""
    if len(set(kinds)) == 1:
        return f"{_VERDICTS[kinds[0]]} in {'all ' + str(len(kinds)) + ' settings' if len(kinds) > 1 else 'the one setting'}"
    parts = [f"{words} in {kinds.count(kind)}" for kind, words in _VERDICTS.items() if kind in kinds]
    return f"the {len(kinds)} settings disagree ({'; '.join(parts)})"


def _interval(ratio: dict[str, Any], kind: str) -> str:
    if missing(ratio["low"]) or missing(ratio["high"]):
        return f"minima: {ratio['minima'][0]} and {ratio['minima'][1]}, too few for an interval"
    bound = not ratio["low"] <= 1 <= ratio["high"] and kind == "undecided"
    interval = f"{100 * ratio['level']:g} % interval {short(ratio['low'])} to {short(ratio['high'])}"
    return interval + (", which includes a lower bound" if bound else "")


def _ratios(summary: dict[str, Any]) -> str:
    headings = [
        "data",
        "model",
        "layers",
        "I",
        "batch norm",
        "direction",
        "natural",
        "random",
        "natural : random",
        "low",
        "high",
        "minima",
        "verdict",
    ]
    cells = [
        [
            r["data"],
            r["model"],
            r["layers"],
            r["quantity"],
            r["batch_norm"],
            r["direction"],
            short(r["natural"], 4),
            short(r["random"], 4),
            short(r["ratio"]),
            short(r["low"]),
            short(r["high"]),
            f"{r['minima'][0]}, {r['minima'][1]}",
            verdict(r, summary["results"], summary["runs"]),
        ]
        for r in summary["ratios"]
    ]
    level = 100 * summary["ratios"][0]["level"]
    return markdown_table(headings, cells) + (
        "\n\nNatural, random: means over minima. The ratio is that of geometric means; low and high: its "
        f"{level:g} % interval over minima. Verdict: flatter if it lies above 1, reversed if it lies below 1, undecided "
        "otherwise, and if a mean is only a lower bound that could change it."
    )


def _beside(summary: dict[str, Any]) -> str:
    shown = [(r, summary["runs"][r["run"]]) for r in summary["results"] if comparable(r)]
    if not shown:
        return (
            f"Nothing here is comparable with the memo's table, which has raw directions, the objective as I and epsilon = "
            f"{EPSILON}."
        )
    if not any(run["data"]["name"] == key[0] for _, run in shown for key in MEMO):
        return "The memo's table is on MNIST and CIFAR-10; neither is included here."
    cells = []
    for r, run in shown:
        key = (run["data"]["name"], r["layers"], labels(run))
        cells.append(
            [
                key[0],
                LAYERS[key[1]].lower(),
                key[2],
                run["spec"]["model"],
                r["batch_norm"],
                _radius(r, "first"),
                *(_printed(numbers, key) for numbers in (MEMO, RERUN)),
            ]
        )
    headings = ["data", "layers", "labels", "model", "batch norm", "radius here", "the memo", "the re-run"]
    return markdown_table(headings, cells) + (
        "\n\nRadius here: mean over directions, then mean ± standard deviation over minima. The memo does not give its "
        f"network, its step size, or its choice among these settings. The re-run is the public repository {RERUN_SOURCE}: for "
        "MNIST 784-800-320-50-10, where random meant half of the labels; for CIFAR-10 VGG16 with batch norm, trained with crops "
        "and flips and measured without. Its radii are counted in whole steps, rounded down (1 over all parameters, 0.2 in the "
        "top layer), and with batch norm its directions move the recorded statistics too (perturbed)."
    )


def _printed(numbers: dict[tuple[str, str, str], tuple[float, float]], key: tuple[str, str, str]) -> str:
    return "{} ± {}".format(*numbers[key]) if key in numbers else "-"


def _settings(summary: dict[str, Any]) -> str:
    results, settings = summary["results"], summary["settings"]
    directions = ", ".join(f"{n:,}" for n in dict.fromkeys(r["directions"] for r in results))
    epsilon = ", ".join(f"{e:g}" for e in dict.fromkeys(r["epsilon"] for r in results))
    images = settings.get("images")
    evaluations = [r["evaluations"] for r in results if not missing(r["evaluations"])]
    median = f", {spanned(evaluations, '.3g')} evaluations per direction (median)" if evaluations else ""
    over = "all training images" if images is None else f"the first {images:,} training images"
    return (
        f"The radius of eq. 11 at epsilon = {epsilon}, {directions} random directions at every minimum, I over "
        f"{over}{median}. Raw: directions of norm 1. Filter: every filter of the direction has the norm of the same filter of w, "
        "so the radius is a multiple of the weights. Raw radii change when layers are rescaled without changing the "
        "function; filter radii do not. A network without batch norm counts as fixed."
    )


def _radii(summary: dict[str, Any]) -> str:
    headings = [
        "run",
        "I",
        "batch norm",
        "direction",
        "layers",
        "minima",
        "first crossing",
        "sup found",
        "first / norm of the moved part",
        "beyond the search",
    ]
    cells = []
    for r in summary["results"]:
        total = r["directions"] * len(r["minima"])
        relative = r["first_over_norm"] or {"mean": None, "spread": None}
        cells.append(
            [
                summary["runs"][r["run"]]["name"],
                *(r[key] for key in _SETTING),
                str(len(r["minima"])),
                _radius(r, "first"),
                _radius(r, "last"),
                plus_minus(relative["mean"], relative["spread"]),
                f"{r['at_least']} of {total:,}",
            ]
        )
    return markdown_table(headings, cells)


def _sup(summary: dict[str, Any]) -> str:
    pairs = [(r["first"]["mean"], r["last"]["mean"]) for r in summary["results"]]
    known = [last / first for first, last in pairs if not missing(first) and not missing(last) and first > 0]
    reach = summary["settings"].get("reach")
    within = f"up to {reach:g} times the first crossing" if reach else "within the range searched"
    if not known:
        return ""
    ratios = spanned(known, ".3g")
    compared = "Both radii are the same here." if ratios == "1" else f"Mean sups are {ratios} times the mean first crossings."
    crossing = "First crossing: where I has first changed by epsilon."
    return f"{crossing} Sup: the largest radius, {within}, at which it has not. {compared}"
