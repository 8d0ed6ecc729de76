"""Draws of an ensemble in ArviZ's layout: an xarray DataTree with the dimensions chain and draw."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from langevin_sim.errors import FolderError, InputError
from langevin_sim.storage import folder as disk

KEPT = 128  # walkers whose draws a run folder keeps
_REMEDY = "pip install 'langevin-sim[netcdf]'"


def datatree(draws: np.ndarray, regions: list[str], attributes: dict[str, Any]) -> Any:
    """A DataTree of draws [chain, draw, 3], columns region, x_1 and U: one walker a chain.

    posterior holds x1, sample_stats energy (U) and region (its index; the names are an attribute). A walker's
    draws lie evenly over the production steps. InputError without xarray.
    """
    try:
        import xarray
    except ImportError as error:
        raise InputError(f"an export needs xarray, which is not installed: {_REMEDY}") from error
    dims = ("chain", "draw")
    coordinates = {"chain": np.arange(draws.shape[0]), "draw": np.arange(draws.shape[1])}
    posterior = xarray.Dataset({"x1": (dims, draws[..., 1])}, coordinates, attributes)
    statistics = {"energy": (dims, draws[..., 2]), "region": (dims, draws[..., 0].astype(np.int64))}
    sample_stats = xarray.Dataset(statistics, coordinates, {**attributes, "regions": ", ".join(regions)})
    return xarray.DataTree.from_dict({"/posterior": posterior, "/sample_stats": sample_stats})


def from_folder(folder: Path, dim: int | None = None, dynamics: str | None = None) -> Any:
    """The DataTree of one ensemble of a run folder, of the first walkers, which it keeps draws of.

    FolderError if the folder holds none; InputError where dim and dynamics leave several ensembles, or none.
    """
    manifest = disk.read_manifest(folder)
    if manifest.get("kind", "run") != "run" or manifest["status"] != "COMPLETED":
        raise FolderError(f"{folder} is no completed run of langevin-sim run: nothing to export")
    summary = json.loads((folder / "summary.json").read_text())
    found = [entry for entry in summary["results"] if dim in (None, entry["dim"]) and dynamics in (None, entry["dynamics"])]
    if len(found) != 1:
        there = ", ".join(f"--dim {entry['dim']} --dynamics {entry['dynamics']}" for entry in summary["results"])
        raise InputError(f"{folder} has {len(found)} such ensembles: expected one of {there}")
    (entry,) = found
    with np.load(folder / "histograms.npz") as arrays:
        key = f"d{entry['dim']}_{entry['dynamics']}_draws"
        if key not in arrays:
            raise FolderError(f"{folder} keeps no draws: it was made before runs kept them")
        draws = arrays[key]
    attributes = {
        "inference_library": "langevin-sim",
        "inference_library_version": manifest["versions"]["langevin-sim"],
        "potential": summary["potential"],
        "seed": str(summary["seed"]),
        **{name: entry[name] for name in ("dim", "dynamics", "step_size", "temperature")},
    }
    return datatree(draws, [region["name"] for region in entry["regions"]], attributes)


def write_netcdf(tree: Any, path: Path) -> None:
    """Write a new NetCDF file; InputError if it already exists, or a package is missing."""
    if path.exists():
        raise InputError(f"{path} already exists; choose another --netcdf")
    if find_spec("h5netcdf") is None:  # what xarray writes it with
        raise InputError(f"a NetCDF file needs h5netcdf, which is not installed: {_REMEDY}")
    try:
        tree.to_netcdf(path, engine="h5netcdf")
    except OSError as error:
        raise FolderError(f"cannot write {path}: {error.strerror or error}") from error
