"""Parts of figure.md for ensembles; every number comes from summary.json."""

from typing import Any

from langevin_sim.analysis.verdict import SOUND
from langevin_sim.formatting import decimals, markdown_table, measured, number

_SETTINGS = (
    "potential",
    "parameters",
    "domain",
    "d",
    "dynamics",
    "step eta",
    "T",
    "noise A per step",
    "batch",
    "walkers",
    "steps",
    "burn-in",
    "seen every",
    "start",
)
_MASSES = ("d", "dynamics", "T", "region", "measured", "Boltzmann", "chain law", "verdict")
_PASSAGES = (
    "d",
    "dynamics",
    "passages per walker: mean (16 %, median, 84 %)",
    "walkers without any",
    "share of the flatter well in single walkers: 16 %, median, 84 %",
)


def document(title: str, memo: str, summary: dict[str, Any], *paragraphs: str) -> str:
    """The text: heading, command, what the memo showed, paragraphs, and settings."""
    ensembles = dict.fromkeys(
        f"{r['walkers']:,} walkers of {r['steps']:,} steps" + (f" after {r['burn_in']:,} of burn-in" if r["burn_in"] else "")
        for r in summary["results"]
    )
    how = (
        f"`{summary['command']}`: {'; '.join(ensembles)}; {summary['seconds']:.0f} s. Errors are one standard error over walkers."
    )
    parts = [f"# {title}", how, memo, *(text for text in paragraphs if text), "## Settings", settings(summary["results"])]
    return "\n\n".join(parts) + "\n"


def settings(results: list[dict[str, Any]]) -> str:
    """A table of the ensembles; those that differ only in dimension, or have the same settings, share a row."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for r in results:
        batch = "-" if r["batch_size"] is None else str(r["batch_size"])
        row = (
            r["dynamics"],
            f"{r['step_size']:.4g}",
            f"{r['temperature']:.4g}",
            f"{r['noise']:.4g}",
            batch,
            f"{r['walkers']:,}",
            f"{r['steps']:,}",
            f"{r['burn_in']:,}",
            str(r["every"]),
            r["start"],
        )
        parameters = ", ".join(f"{name} {value:g}" for name, value in r["parameters"].items())
        rows.setdefault((r["potential"], parameters, r["domain"], *row), []).append(str(r["dim"]))
    return markdown_table(
        _SETTINGS,
        [[name, parameters or "-", domain, ", ".join(dims), *rest] for (name, parameters, domain, *rest), dims in rows.items()],
    )


def pick(summary: dict[str, Any], group: str) -> list[dict[str, Any]]:
    """The results of a group, in order."""
    return [result for result in summary["results"] if result["group"] == group]


def claim(results: list[dict[str, Any]]) -> str:
    """Whether the memo's claim is confirmed, which only ensembles that follow a law can do."""
    if all(result["verdict"] in SOUND for result in results):
        return "The memo's claim holds."
    return "This run confirms nothing, because not all its ensembles are stationary and agree with a law; see the verdicts."


def masses(results: list[dict[str, Any]]) -> str:
    """A table of the masses of all regions, with the exact ones."""
    rows = []
    for result in results:
        for region in result["regions"]:
            digits = decimals(region["stderr"])
            row = [
                str(result["dim"]),
                result["dynamics"],
                f"{result['temperature']:.4g}",
                region["name"],
                measured(region["mass"], region["stderr"]),
                number(region["boltzmann"], digits),
                number(region["chain"], digits),
                result["verdict"],
            ]
            rows.append(row)
    return markdown_table(_MASSES, rows)


def region(result: dict[str, Any], name: str) -> dict[str, Any]:
    """The entry of one region of a result."""
    found: dict[str, Any] = next(entry for entry in result["regions"] if entry["name"] == name)
    return found


def passages(results: list[dict[str, Any]]) -> str:
    """A table of passages, and of the spread of replicas."""
    rows = []
    for r in results:
        seen, share = r["passages"], r["share"]
        spread = "-" if share is None else f"{share['p16']:.3f}, {share['p50']:.3f}, {share['p84']:.3f}"
        counts = f"{seen['mean']:.2f} ({seen['p16']:.0f}, {seen['p50']:.0f}, {seen['p84']:.0f})"
        rows.append([str(r["dim"]), r["dynamics"], counts, f"{seen['none']:.3f}", spread])
    look = results[0]["passages"]["look"]
    note = (
        f"A passage: a walker, observed every {look:,} steps, is in the other well than when it was last seen in one. "
        "Walkers that pass and return in between are missed, so these are lower bounds."
    )
    return markdown_table(_PASSAGES, rows) + "\n\n" + note
