"""The numbers to compare Table 1 with: the memo's, and those of a public re-run, the repository alexturn/robustDL."""

from typing import Any

# (data, layers, labels): radius and its error, with the raw direction and epsilon = 0.05 of the loss
MEMO = {
    ("mnist", "all", "natural"): (45.4, 2.7),
    ("mnist", "all", "random"): (6.9, 1.0),
    ("mnist", "top", "natural"): (15.0, 1.7),
    ("mnist", "top", "random"): (3.0, 0.1),
    ("cifar10", "all", "natural"): (17.0, 2.4),
    ("cifar10", "all", "random"): (5.7, 1.0),
    ("cifar10", "top", "natural"): (19.5, 4.0),
    ("cifar10", "top", "random"): (12.1, 2.6),
}
RERUN_SOURCE = "alexturn/robustDL"  # on GitHub
RERUN = {
    ("mnist", "all", "natural"): (13.98, 0.17),
    ("mnist", "all", "random"): (4.63, 0.25),
    ("mnist", "top", "natural"): (2.34, 0.14),
    ("mnist", "top", "random"): (3.86, 0.05),
    ("cifar10", "all", "natural"): (14.30, 0.29),
    ("cifar10", "all", "random"): (7.32, 0.13),
    ("cifar10", "top", "natural"): (10.27, 0.56),
    ("cifar10", "top", "random"): (4.83, 0.05),
}
EPSILON = 0.05  # the memo's


def comparable(result: dict[str, Any]) -> bool:
    """Whether this result is comparable with the memo's numbers: raw directions, the loss, the memo's epsilon."""
    return result["direction"] == "raw" and result["quantity"] == "loss" and result.get("epsilon", EPSILON) == EPSILON


def published_ratio(numbers: dict[tuple[str, str, str], tuple[float, float]], data: str, layers: str) -> float | None:
    """The ratio natural : random in the memo's or the re-run's table."""
    natural, random = (numbers.get((data, layers, kind)) for kind in ("natural", "random"))
    return natural[0] / random[0] if natural and random else None
