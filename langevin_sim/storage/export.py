"""Export draws of an ensemble in ArviZ's layout: an xarray DataTree with the dimensions chain, draw and coordinate."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from langevin_sim.errors import FolderError, InputError
from langevin_sim.storage import folder as disk
from langevin_sim.storage.read import read_arrays
from langevin_sim.storage.summary import read_summary
from langevin_sim.storage.verify import PICTURES, require

KEPT = 128  # number of walkers whose region, x_1 and U a run folder keeps
CHAINS = 24  # number of walkers whose coordinates it keeps: fewer than the draws of each (32 to 64), as ArviZ expects
POSITIONS = ("_positions", "_final")  # name endings of arrays that are stored in positions.npz, not in histograms.npz
FINAL_NUMBERS = 2**18  # number of coordinates kept after the last step, over all walkers
_REMEDY = "pip install 'langevin-sim[netcdf]'"


def datatree(
    positions: np.ndarray,
    energy: np.ndarray,
    region: np.ndarray,
    final: np.ndarray,
    regions: list[str],
    attributes: dict[str, Any],
) -> Any:
    """A DataTree of positions [chain, draw, dim], U and the region's index, each [chain, draw]; a chain is one walker.

    posterior holds x, whose last dimension is labelled x1, x2, ..; sample_stats holds energy (U) and region (its index;
    the names are an attribute); final_states holds x after the last step, [walker, coordinate], from final [walkers,
    dim]. A walker's draws are spread evenly over the production steps. InputError without xarray.
    """
    try:
        import xarray
    except ImportError as error:
        raise InputError(f"an export needs xarray, which is not installed: {_REMEDY}") from error
    dims = ("chain", "draw")
    names = {"coordinate": [f"x{j + 1}" for j in range(positions.shape[-1])]}
    coordinates = {"chain": np.arange(positions.shape[0]), "draw": np.arange(positions.shape[1])}
    posterior = xarray.Dataset({"x": ((*dims, "coordinate"), positions)}, coordinates | names, attributes)
    statistics = {"energy": (dims, energy), "region": (dims, region.astype(np.int64))}
    sample_stats = xarray.Dataset(statistics, coordinates, {**attributes, "regions": ", ".join(regions)})
    groups = {"/posterior": posterior, "/sample_stats": sample_stats}
    if final.size:
        groups["/final_states"] = xarray.Dataset({"x": (("walker", "coordinate"), final)}, names, attributes)
    return xarray.DataTree.from_dict(groups)


def from_folder(folder: Path, dim: int | None = None, dynamics: str | None = None) -> Any:
    """The DataTree of one ensemble of a run folder, for the first walkers, whose coordinates it keeps.

    A folder of an earlier version keeps only x_1. FolderError if the folder holds no draws; InputError unless dim and
    dynamics select exactly one ensemble.
    """
    manifest = disk.read_manifest(folder)
    if manifest.get("kind", "run") != "run" or manifest["status"] != "COMPLETED":
        raise FolderError(f"{folder} is not a completed run of langevin-sim run; there is nothing to export")
    require(folder, manifest, PICTURES)
    summary = read_summary(folder)
    try:
        return _ensemble(folder, manifest, summary, dim, dynamics)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise FolderError(f"{folder}: its files lack data for the export ({type(error).__name__}: {error})") from error


def _ensemble(folder: Path, manifest: dict[str, Any], summary: dict[str, Any], dim: int | None, dynamics: str | None) -> Any:
    """The DataTree of one entry of the summary."""
    found = [entry for entry in summary["results"] if dim in (None, entry["dim"]) and dynamics in (None, entry["dynamics"])]
    if len(found) != 1:
        there = ", ".join(f"--dim {entry['dim']} --dynamics {entry['dynamics']}" for entry in summary["results"])
        raise InputError(f"{folder} has {len(found)} such ensembles; select one: {there}")
    (entry,) = found
    arrays, key = read_arrays(folder / "histograms.npz"), f"d{entry['dim']}_{entry['dynamics']}"
    if f"{key}_draws" not in arrays:
        raise FolderError(f"{folder} has no draws; it was made before runs kept them")
    draws = arrays[f"{key}_draws"]
    positions, final = draws[:CHAINS, :, 1:2], np.empty((0, 1))
    if (folder / "positions.npz").exists():
        arrays = read_arrays(folder / "positions.npz")
        positions, final = arrays[f"{key}_positions"], arrays[f"{key}_final"]
    draws = draws[: len(positions)]
    attributes = {
        "inference_library": "langevin-sim",
        "inference_library_version": manifest["versions"]["langevin-sim"],
        "potential": summary["potential"],
        "seed": str(summary["seed"]),
        **{name: entry[name] for name in ("dim", "dynamics", "step_size", "temperature")},
    }
    return datatree(positions, draws[..., 2], draws[..., 0], final, [region["name"] for region in entry["regions"]], attributes)


def write_netcdf(tree: Any, path: Path) -> None:
    """Write a new NetCDF file; InputError if it already exists, or a package is missing."""
    if path.exists():
        raise InputError(f"{path} already exists; choose another --netcdf")
    if find_spec("h5netcdf") is None:  # xarray writes with it
        raise InputError(f"a NetCDF file needs h5netcdf, which is not installed: {_REMEDY}")
    try:
        tree.to_netcdf(path, engine="h5netcdf")
    except OSError as error:
        raise FolderError(f"cannot write {path}: {error.strerror or error}") from error
