"""Trainings side by side, from their histories: the memo's Fig. 2."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from langevin_sim.errors import InputError

QUANTITIES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")


def compare(folders: list[Path]) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, np.ndarray]]:
    """(results, differences of the second from the first, arrays) of trainings with as many replicas each.

    Replica k of every training has the same initial weights and the same minibatches, so that differences
    are taken replica by replica. A replica that was stopped stays where it was.
    """
    results: list[dict[str, Any]] = []
    arrays: dict[str, np.ndarray] = {}
    last: list[dict[str, np.ndarray]] = []
    for number, folder in enumerate(folders):
        run = json.loads((folder / "summary.json").read_text())["runs"][0]
        with np.load(folder / "arrays.npz") as held:
            epochs, series = _by_replica(dict(held))
        arrays |= {f"{number}_epoch": epochs} | {f"{number}_{name}": series[name] for name in QUANTITIES}
        final = {name: series[name][:, -1] for name in QUANTITIES}
        last.append(final)
        spec = run["spec"]
        noisy = spec["dynamics"] in ("gdl", "sgdl")
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
        raise InputError(f"trainings with {len(first)} and {len(second)} replicas: expected as many, to be compared in pairs")
    difference = second - first
    if len(difference) < 2:
        return {"quantity": name, "mean": float(difference.mean()), "stderr": None, "pvalue": None}
    stderr = float(difference.std(ddof=1) / len(difference) ** 0.5)
    pvalue = float(stats.ttest_1samp(difference, 0.0).pvalue) if stderr > 0 else (1.0 if difference[0] == 0 else 0.0)
    return {"quantity": name, "mean": float(difference.mean()), "stderr": stderr, "pvalue": pvalue}


def _sd(values: np.ndarray) -> float | None:
    return float(values.std(ddof=1)) if len(values) > 1 else None
