"""Parts of figure.md for network experiments: the heading, and the settings of the runs as sentences."""

import math
from typing import Any

from langevin_sim.dynamics import KINDS
from langevin_sim.formatting import counted, duration, spanned


def document(title: str, summary: dict[str, Any], *paragraphs: str) -> str:
    """The text: heading, command, paragraphs, and trainings."""
    besides = "" if summary["kind"] == "train" else ", without the trainings"
    how = f"`{summary['command']}`: {duration(summary['seconds'])}{besides}."
    parts = [f"# {title}", how, *(text for text in paragraphs if text), "## Trainings", trainings(summary["runs"])]
    return "\n\n".join(parts) + "\n"


def trainings(runs: list[dict[str, Any]]) -> str:
    """A list item for every run: data, network, dynamics, outcome, time."""
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
    if KINDS[spec["dynamics"]].stochastic_gradient:
        words.append(f"batches of {spec['batch_size']}{'' if spec['sampling'] == 'epochs' else ' drawn independently'}")
    if KINDS[spec["dynamics"]].noisy:
        noise = f"gamma' = {math.sqrt(2 * spec['step_size'] * spec['temperature']):.3g} per step at first"
        words.append(f"T = {spec['temperature']:g} ({noise}; noise schedule {spec['noise_schedule']})")
    words += [f"{name.replace('_', ' ')} {spec[name]:g}" for name in ("momentum", "weight_decay") if spec[name]]
    return ", ".join(words)


def _outcome(run: dict[str, Any]) -> str:
    spec, results = run["spec"], run["results"]
    goal = "" if spec["stop_loss"] is None else f"until the training loss is below {spec['stop_loss']:g}, "
    late = sum(not r["stopped"] for r in results)
    short_of = f" ({late} of {len(results)} did not reach it)" if goal and late else ""
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
