"""The three scales of the network figures: digits, 10,000 images of the memo's data sets, or all of them."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Scale:
    """The data sets that stand for the memo's MNIST and CIFAR-10, and the resolution of the measurements.

    mnist, cifar: settings of the trainings; random_epochs: epochs with random labels, which take longer, by data set;
    compared: differences from ``cifar`` in the trainings that are compared; measured: settings of each kind of measurement.
    """

    mnist: dict[str, Any]
    cifar: dict[str, Any]
    random_epochs: dict[str, int]
    compared: dict[str, Any]
    measured: dict[str, dict[str, Any]]

    def training(self, settings: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Settings of one training: ``more`` beside those of a data set."""
        if more.get("labels") == "random" and settings["data"] in self.random_epochs:
            more["epochs"] = self.random_epochs[settings["data"]]
        return {**settings, **more}

    def for_planes(self, data_set: dict[str, Any]) -> list[dict[str, Any]]:
        """Trainings with natural and with random labels that have the minima of all planes."""
        replicas = self.measured["plane"].get("replicas", range(3))
        return self.both_labels(data_set, replicas=len(replicas))

    def both_labels(self, *data_sets: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
        """For each data set, a training with natural labels and one with random labels."""
        return [self.training(settings, labels=labels, **more) for settings in data_sets for labels in ("natural", "random")]


_PLANES = {"replicas": list(range(9))}  # three triples of minima in Figs. 7 and 8, no two of which share one
_QUICK = {
    "data": "digits",
    "train_size": 600,
    "step_size": 0.1,
    "batch_size": 32,
    "stop_loss": 0.02,
    "epochs": 200,
    "replicas": 3,
    "evaluate_every": 5,
    "seed": 1,
}
_LAPTOP = {"step_size": 0.05, "batch_size": 64, "stop_loss": 0.01, "epochs": 300, "replicas": 3, "seed": 1}
_MEMO = {"step_size": 0.01, "replicas": 3, "seed": 1}  # from the re-run: the memo's text does not give its own

SCALES = {
    "quick": Scale(
        {**_QUICK, "model": "mlp"},
        {**_QUICK, "model": "conv"},
        {},
        {"stop_loss": None, "epochs": 20, "evaluate_every": 1},
        {
            "noise": {"batch_sizes": [8, 32, 128], "batches": 300, "seed": 1},
            "plane": {"divisions": 8, **_PLANES},
            "table1": {"directions": 5, "images": 300, "seed": 1},
        },
    ),
    "laptop": Scale(
        {**_LAPTOP, "data": "mnist", "train_size": 10_000, "model": "mlp"},
        {**_LAPTOP, "data": "cifar10", "model": "conv"},
        {},
        {"stop_loss": None, "epochs": 30},
        {
            "noise": {"seed": 1},
            "plane": {"images": 2000},
            "table1": {"batch_norm": ["fixed", "recomputed"], "images": 2000, "seed": 1},
        },
    ),
    "memo": Scale(
        {**_MEMO, "data": "mnist", "model": "mlp", "batch_size": 64, "epochs": 30},
        {**_MEMO, "data": "cifar10", "model": "vgg16-bn", "batch_size": 128, "epochs": 150},
        {"mnist": 150, "cifar10": 150},
        {},
        {
            "noise": {"batches": 5000, "seed": 1},
            "plane": {"divisions": 20, **_PLANES},
            "table1": {"directions": 100, "batch_norm": ["fixed", "recomputed"], "seed": 1},
        },
    ),
}
