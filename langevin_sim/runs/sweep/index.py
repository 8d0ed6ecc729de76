"""sweep.csv: the results of every point of a sweep, one row per dynamics and region, or per replica."""

import csv
import io
from pathlib import Path
from typing import Any

from langevin_sim.errors import InputError, UnknownNameError
from langevin_sim.plots.sweep import View
from langevin_sim.settings.grid import Point, Sweep
from langevin_sim.storage import folder as disk
from langevin_sim.storage.summary import read_summary

_REGION = ("mass", "stderr", "boltzmann", "chain", "extrapolated", "extrapolated_stderr")
_RUN = (
    "dynamics",
    "region",
    *_REGION,
    "energy",
    "energy_stderr",
    "energy_boltzmann",
    "energy_chain",
    "tv_boltzmann",
    "tv_chain",
    "tv_expected",
    "step_size",
    "temperature",
    "effective_temperature",
    "relaxation_steps",
    "rhat",
    "acceptance",
    "diverged",
    "verdict",
    "seconds",
    "updates_per_second",
)
_TRAIN = (
    "replica",
    "epochs",
    "steps",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "weight_norm",
    "stopped",
    "seconds",
)
COLUMNS = {"run": _RUN, "train": _TRAIN}


def table(sweep: Sweep, points: list[Point], folder: Path) -> list[dict[str, Any]]:
    """The rows: the columns of COLUMNS, and point, status, error and the axes."""
    found = []
    for point in points:
        head = {"point": point.name, "status": "MISSING", "error": None, **point.where}
        place = folder / "points" / point.name
        if (place / "manifest.json").exists():
            manifest = disk.read_manifest(place)
            head |= {"status": manifest["status"], "error": manifest.get("error")}
        rows = _rows(sweep.kind, place) if head["status"] == "COMPLETED" else [{}]
        found += [{**dict.fromkeys(COLUMNS[sweep.kind]), **row, **head} for row in rows]
    return found


def write(sweep: Sweep, rows: list[dict[str, Any]], folder: Path) -> None:
    """Write sweep.csv."""
    axes = [one.name for one in sweep.axes]
    columns = ["point", "status", *axes, *(name for name in COLUMNS[sweep.kind] if name not in axes), "error"]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    disk.write_whole(folder / "sweep.csv", lambda stream: stream.write(text.getvalue().encode()))


def check_view(sweep: Sweep, view: View | None) -> None:
    """Raise InputError for a column or an axis that the sweep does not have."""
    view, axes = view or View(), [one.name for one in sweep.axes]
    numbers = [name for name in COLUMNS[sweep.kind] if name not in ("dynamics", "region", "verdict", "stopped", "replica")]
    if view.column is not None and view.column not in numbers:
        raise UnknownNameError("column", view.column, numbers)
    for name in view.against or ():
        if name not in axes:
            raise UnknownNameError("axis", name, axes)
    if view.against is not None and (len(view.against) not in (1, 2) or len(set(view.against)) != len(view.against)):
        raise InputError(f"--against {','.join(view.against)}: expected one axis, or two different ones")


def _rows(kind: str, place: Path) -> list[dict[str, Any]]:
    summary = read_summary(place)
    if kind == "train":
        return [{name: result.get(name) for name in _TRAIN} for result in summary["runs"][0]["results"]]
    found = []
    for result in summary["results"]:
        energy = result["energy"]
        flat = {name: {**result, **result["marginal"]}.get(name) for name in _RUN}
        flat |= {
            "energy": energy["mean"],
            "energy_stderr": energy["stderr"],
            "energy_boltzmann": energy["boltzmann"],
            "energy_chain": energy["chain"],
        }
        for region in result["regions"]:
            found.append({**flat, **{key: region.get(key) for key in _REGION}, "region": region["name"]})
    return found
