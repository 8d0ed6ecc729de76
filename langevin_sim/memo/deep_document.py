"""Pieces of figure.md for network experiments: the heading, the runs' settings in words, numbers, tables."""

import math
from collections.abc import Iterable
from typing import Any

from langevin_sim.memo.text import measured


def document(title: str, summary: dict[str, Any], *paragraphs: str) -> str:
    """A text with its heading, how it was made, paragraphs, and what it stands on."""
    besides = "" if summary["kind"] == "train" else ", besides what the trainings took"
    made = f"`{summary['command']}`: {duration(summary['seconds'])}{besides}."
    parts = [f"# {title}", made, *(text for text in paragraphs if text), "## Trainings", trainings(summary["runs"])]
    return "\n\n".join(parts) + "\n"


def trainings(runs: list[dict[str, Any]]) -> str:
    """A list item for every run: data, network, dynamics, how far it was trained, time."""
    return "\n".join(f"- {run['name']}: {_data(run)}; {_network(run)}; {_motion(run['spec'])}; {_outcome(run)}." for run in runs)


def notes(runs: list[dict[str, Any]]) -> list[str]:
    """'mnist: 10,000 training images (10,000 of 50,000 training images)', once for every data set; shown beside a figure."""
    return list(dict.fromkeys(f"{run['data']['name']}: {_images(run)}" for run in runs))


def labels(run: dict[str, Any]) -> str:
    """'natural', 'random' or '0.5 label noise'."""
    spec = run["spec"]
    if spec["labels"] == "random" or not spec["label_noise"]:
        return str(spec["labels"])
    return f"{spec['label_noise']:g} label noise"


def missing(value: float | None) -> bool:
    """Whether there is no such number."""
    return value is None or math.isnan(value)


def short(value: float | None, digits: int = 3) -> str:
    """So many significant digits, '-' for none."""
    return "-" if value is None or missing(value) else f"{value:.{digits}g}"


def share(value: float | None) -> str:
    """An accuracy or a share with four decimals, '-' for none."""
    return "-" if value is None or missing(value) else f"{value:.4f}"


def plus_minus(mean: float | None, error: float | None) -> str:
    """'17.92 ± 0.41', '-' for none; four digits where there is no error."""
    if mean is None or missing(mean):
        return "-"
    if error is None or missing(error) or error == 0:
        return f"{mean:.4g}"
    plain = 1e-3 <= max(abs(mean), error) < 1e5 and error > 1e-7
    return measured(mean, error) if plain else f"{mean:.3g} ± {error:.2g}"


def spanned(values: Iterable[float | None], form: str) -> str:
    """'20 to 22', or one number where all are the same; '-' for none."""
    known = [value for value in values if value is not None and not missing(value)]
    if not known:
        return "-"
    least, most = format(min(known), form), format(max(known), form)
    return least if least == most else f"{least} to {most}"


def counted(number: int, noun: str) -> str:
    """'1 replica', '3 replicas'."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def table(headings: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [headings, ["---"] * len(headings), *rows])


def duration(seconds: float) -> str:
    """'0.4 s', '27 s', '12 min', '3.1 h'."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 600:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _images(run: dict[str, Any]) -> str:
    note = f" ({run['data']['note']})" if run["data"]["note"] else ""
    return f"{run['data']['training']:,} training images{note}"


def _data(run: dict[str, Any]) -> str:
    data = run["data"]
    replaced = f", {data['replaced']:,} training labels changed" if data["replaced"] else ""
    pixels = "of mean 0 and deviation 1 in each channel" if run["spec"]["scaling"] == "standard" else "in [0, 1]"
    return f"{_images(run)}, {data['validation']:,} for validation{replaced}, pixels {pixels}"


def _network(run: dict[str, Any]) -> str:
    spec = run["spec"]
    return f"{spec['model']}, {run['parameters']:,} parameters in {spec['precision']}, {spec['loss']} loss"


def _motion(spec: dict[str, Any]) -> str:
    words = [f"{spec['dynamics']}, step size {spec['step_size']:g}"]
    if spec["schedule"] != "constant":
        words.append(f"schedule {spec['schedule']}")
    if spec["dynamics"].startswith("sgd"):
        words.append(f"batches of {spec['batch_size']}{'' if spec['sampling'] == 'epochs' else ' drawn independently'}")
    if spec["dynamics"].endswith("l"):
        noise = f"gamma' = {math.sqrt(2 * spec['step_size'] * spec['temperature']):.3g} a step at first"
        words.append(f"T = {spec['temperature']:g} ({noise}; noise schedule {spec['noise_schedule']})")
    words += [f"{name.replace('_', ' ')} {spec[name]:g}" for name in ("momentum", "weight_decay") if spec[name]]
    return ", ".join(words)


def _outcome(run: dict[str, Any]) -> str:
    spec, results = run["spec"], run["results"]
    goal = "" if spec["stop_loss"] is None else f"until the training loss is below {spec['stop_loss']:g}, "
    late = sum(not r["stopped"] for r in results)
    short_of = f" ({late} of {len(results)} did not get there)" if goal and late else ""
    reached = ", ".join(
        f"{part} loss {spanned((r[f'{key}_loss'] for r in results), '.3g')}, "
        f"accuracy {spanned((r[f'{key}_accuracy'] for r in results), '.4f')}"
        for key, part in (("train", "training"), ("validation", "validation"))
    )
    epochs, seconds = spanned((r["epochs"] for r in results), ",d"), sum(r["seconds"] for r in results)
    return (
        f"{goal}at most {counted(spec['epochs'], 'epoch')}: {counted(len(results), 'replica')} of {epochs} epochs{short_of}; "
        f"{reached}; seed {spec['seed']}; {duration(seconds)} on {run['device']}"
    )
