"""The data that app.js draws: histograms, masses and films of a run, cut to the size of a page."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

MAX_ENSEMBLES = 120  # number of ensembles that the page shows; if there are more, an even choice of dimensions
FILM_BYTES = 2_000_000  # bytes of all films, before base64 adds a third
LEAST_WALKERS = 64  # per film: prefer fewer films to fewer walkers
_OUTSIDE = 65535  # marks a walker outside the picture


def data(summary: dict[str, Any], arrays: Mapping[str, np.ndarray], constant_steps: bool) -> dict[str, Any]:
    """The histogram with laws, the masses and the film of every ensemble, by 'd{dim}_{dynamics}'.

    constant_steps: whether the step size is constant, so that steps can be given as times.
    """
    results = summary["results"]
    dynamics = list(dict.fromkeys(r["dynamics"] for r in results))
    dims = chosen(sorted({r["dim"] for r in results}), max(3, MAX_ENSEMBLES // len(dynamics)))
    shown = [r for r in results if r["dim"] in dims]
    walkers = _walkers(shown, arrays)
    ensembles = {}
    for r in shown:
        key = f"d{r['dim']}_{r['dynamics']}"
        edges = arrays[f"{key}_edges"]
        ensembles[key] = {
            "dim": r["dim"],
            "dynamics": r["dynamics"],
            "verdict": r["verdict"],
            "walkers": r["walkers"],
            "steps": r["steps"],
            "burn_in": r["burn_in"],
            "extent": [float(edges[0]), float(edges[-1])],
            "mass": _short(arrays[f"{key}_mass"]),
            "error": _short(arrays[f"{key}_stderr"], 3),
            "boltzmann": _curve(arrays, f"{key}_boltzmann"),
            "chain": _curve(arrays, f"{key}_chain"),
            "regions": [{name: region[name] for name in ("mass", "stderr", "boltzmann", "chain")} for region in r["regions"]],
            "film": _film(key, r, arrays, walkers[key], constant_steps) if key in walkers else None,
        }
    cold = {r["dim"]: r["regions"][0]["cold"] for r in shown if r["regions"][0].get("cold") is not None}
    limit = [[dim, mass] for dim, mass in sorted(cold.items())] or None
    return {
        "dims": dims,
        "dynamics": dynamics,
        "regions": [region["name"] for region in results[0]["regions"]],
        "limit": limit,
        "ensembles": ensembles,
    }


def chosen(dims: list[int], most: int) -> list[int]:
    """The dimensions to show: an even choice, with the first, the last, and 2, where the film shows all coordinates."""
    if len(dims) <= most:
        return dims
    even = {dims[k] for k in np.linspace(0, len(dims) - 1, most - 1).round().astype(int)}
    return sorted(even | ({2} & set(dims)))


def _walkers(results: list[dict[str, Any]], arrays: Mapping[str, np.ndarray]) -> dict[str, int]:
    """Number of walkers in each film, by key; films in two dimensions first, then in the lowest, as many as fit."""
    order = sorted(results, key=lambda r: (r["dim"] != 2, r["dim"]))
    keys = [key for r in order if (key := f"d{r['dim']}_{r['dynamics']}") + "_film" in arrays]
    if not keys:
        return {}
    per_walker = [2 * arrays[f"{key}_film"].shape[0] * arrays[f"{key}_film"].shape[1] for key in keys]  # bytes
    keys = keys[: max(1, FILM_BYTES // (LEAST_WALKERS * max(per_walker)))]
    share = FILM_BYTES // (len(keys) * max(per_walker))
    return {key: min(share, arrays[f"{key}_film"].shape[2]) for key in keys}


def _film(
    key: str, result: dict[str, Any], arrays: Mapping[str, np.ndarray], walkers: int, constant_steps: bool
) -> dict[str, Any]:
    """Positions as 16-bit shares of the picture, energies as 8-bit shares of their scale."""
    extent = arrays[f"{key}_landscape_extent"]
    low, width = extent[:, :1], np.diff(extent)
    share = (arrays[f"{key}_film"][:, :, :walkers] - low) / width
    inside = (share >= 0) & (share <= 1)  # nan is not
    places = np.where(inside, np.round(np.where(inside, share, 0.0) * (_OUTSIDE - 1)), _OUTSIDE).astype("<u2")
    energy = arrays[f"{key}_landscape"]
    temperature = result["effective_temperature"] or result["temperature"] or 1.0
    finite = energy[np.isfinite(energy)]
    least, highest = float(finite.min()), float(finite.max())
    ceiling = min(highest, least + 8.0 * temperature)
    ceiling = ceiling if ceiling > least else least + 1.0
    levels = np.nan_to_num((energy - least) / (ceiling - least), nan=1.0, posinf=1.0).clip(0.0, 1.0)
    steps = arrays[f"{key}_film_steps"]
    return {
        "walkers": walkers,
        "counted": arrays[f"{key}_film"].shape[2],
        "extent": extent.tolist(),
        "steps": steps.tolist(),
        "times": _short(steps * result["step_size"], 6) if constant_steps else None,
        "share": [_short(row, 4) for row in arrays[f"{key}_film_share"]],
        "starts": _text(arrays[f"{key}_film_start"][:walkers]),
        "positions": _text(places),
        "landscape": _text(np.round(255.0 * levels).astype(np.uint8)),
        "points": energy.shape[0],
        "energies": [least, ceiling],
        "cut": ceiling < highest,
    }


def _curve(arrays: Mapping[str, np.ndarray], name: str) -> list[float] | None:
    return _short(arrays[name]) if name in arrays else None


def _short(values: np.ndarray, digits: int = 5) -> list[float]:
    """Round to this many significant digits, enough for a picture."""
    return [float(f"{value:.{digits}g}") for value in values]


def _text(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
