"""Natural labels beside random ones: the ratio of their radii, with a confidence interval over minima (Table 1)."""

from typing import Any

import numpy as np

from langevin_sim.analysis.ratio import ratio

LEVEL = 0.95
_CASE = ("quantity", "batch_norm", "direction", "layers")


def ratios(runs: list[dict[str, Any]], results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry per data set, model and case that was measured with natural and with random labels.

    The average is over the logarithms of each minimum's mean first crossing, because minima are independent, but
    directions at one minimum are not a sample of minima.
    """
    found: dict[tuple[Any, ...], dict[str, list[float]]] = {}
    for result in results:
        spec = runs[result["run"]]["spec"]
        kind = "random" if spec["labels"] == "random" else "natural"
        key = (spec["data"], spec["model"], *(result[name] for name in _CASE))
        means = [minimum["first"]["mean"] for minimum in result["minima"]]
        found.setdefault(key, {}).setdefault(kind, []).extend(means)
    entries = []
    for (data, model, *case), radii in found.items():
        if set(radii) != {"natural", "random"}:
            continue
        natural, random = np.array(radii["natural"]), np.array(radii["random"])
        quotient = ratio(natural, random, LEVEL)
        entries.append(
            {
                "data": data,
                "model": model,
                **dict(zip(_CASE, case, strict=True)),
                "natural": float(natural.mean()),
                "random": float(random.mean()),
                **quotient._asdict(),
                "level": LEVEL,
                "minima": [len(natural), len(random)],
            }
        )
    return entries
