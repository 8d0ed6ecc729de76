"""A folder's run once more: gone on with, or repeated from its manifest, whatever kind it is of."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from langevin_sim.errors import FolderError, InputError
from langevin_sim.plugins import backend
from langevin_sim.settings.network import FlatnessSpec, NoiseSpec, PlaneSpec, TrainSpec
from langevin_sim.settings.run import RunSpec
from langevin_sim.settings.settings import parse
from langevin_sim.simulation.workers import Workers
from langevin_sim.storage import folder as disk

Progress = Callable[..., None]
Made = tuple[Path, dict[str, Any]]
MEASURED = ("noise", "compare", "plane", "flatness", "table1")
_TIMED = {"train": {"summary.csv"}}  # files that hold times besides summary.json and the texts
_KINDS = ("run", "figure", "train", *MEASURED)
_COMPARED = (".csv", ".npz", ".safetensors")


class Same(NamedTuple):
    """How a repeated run compares: files of the same bits, files that differ, and what else differs between the two."""

    same: list[str]
    different: list[str]
    reasons: list[str]


def resume(
    folder: Path,
    progress: Progress,
    tell: Callable[[str], None],
    *,
    threads: int = 0,
    steps: int | None = None,
    device: str = "auto",
    data_dir: str | None = None,
    checkpoint_seconds: float = 30.0,
    workers: Workers | None = None,
) -> Made:
    """Go on with an interrupted run, figure or training.

    steps: extend a run to so many steps in all; workers: who moves a run's walkers, if it is not this process.
    """
    kind = disk.read_manifest(folder).get("kind", "run")
    if kind == "all":
        raise FolderError(f"{folder} holds folders of figures: langevin-sim reproduce all --out {folder} goes on with it")
    if steps is not None and kind != "run":
        raise InputError(f"--steps: only folders of langevin-sim run can be extended, and {folder} is of another kind ({kind})")
    if kind == "sweep":
        raise FolderError(f"{folder} is a sweep: langevin-sim sweep {folder} goes on with it")
    if workers is not None and kind != "run":
        raise InputError(f"--scheduler: expected a folder of langevin-sim run, and {folder} is of another kind ({kind})")
    if kind == "run":
        from langevin_sim.runs import run

        return run.resume(folder, threads, progress, tell, steps, checkpoint_seconds, workers)
    if kind == "figure":
        from langevin_sim.memo import reproduce

        return reproduce.resume(folder, threads, progress, checkpoint_seconds)
    if kind == "train":
        made: Made = backend().resume(folder, progress, device, threads, data_dir, checkpoint_seconds)
        return made
    raise FolderError(f"{folder} holds a measurement ({kind}), which has no checkpoint: langevin-sim rerun {folder} has it again")


def rerun(
    folder: Path,
    out: Path | None,
    progress: Progress,
    tell: Callable[[str], None],
    *,
    threads: int = 0,
    device: str = "auto",
    data_dir: str | None = None,
) -> tuple[Path, Same]:
    """Do what the manifest says into a new folder, and compare the bits of what came out."""
    manifest = disk.read_manifest(folder)
    if manifest["status"] != "COMPLETED":
        raise FolderError(f"{folder} is {manifest['status']}: nothing to compare with; langevin-sim resume goes on with it")
    kind = manifest.get("kind", "run")
    if kind == "sweep":
        raise FolderError(f"{folder} is a sweep: langevin-sim rerun takes one of {folder / 'points'}")
    if kind == "all":
        raise FolderError(f"{folder} holds folders of figures: langevin-sim rerun takes one of them")
    if kind not in _KINDS or (kind in MEASURED and not manifest.get("runs")):
        raise FolderError(f"{folder}: its manifest.json is damaged: kind = {kind!r}: expected one of {', '.join(_KINDS)}")
    out = out or folder.with_name(f"{folder.name}-rerun")
    _repeat(folder, manifest, out, progress, tell, threads, device, data_dir)
    return out, compare(manifest, disk.read_manifest(out))


def compare(first: dict[str, Any], second: dict[str, Any]) -> Same:
    """Two manifests of one kind: hashes of data files, then versions and processor."""
    kind = first.get("kind", "run")
    names = [name for name in first["outputs"] if name.endswith(_COMPARED) and name not in _TIMED.get(kind, set())]
    same = [name for name in names if second["outputs"].get(name) == first["outputs"][name]]
    reasons = [
        f"{name} {before} then, {second['versions'].get(name)} now"
        for name, before in first["versions"].items()
        if second["versions"].get(name) != before
    ]
    for name in ("processor", "machine", "system"):
        before, now = first["host"].get(name), second["host"].get(name)
        if before != now:
            reasons.append(f"{name} {before} then, {now} now")
    if first.get("git_commit") != second.get("git_commit"):
        reasons.append(f"commit {first.get('git_commit')} then, {second.get('git_commit')} now")
    return Same(same, [name for name in names if name not in same], reasons)


def _repeat(
    folder: Path,
    manifest: dict[str, Any],
    out: Path,
    progress: Progress,
    tell: Callable[[str], None],
    threads: int,
    device: str,
    data_dir: str | None,
) -> None:
    kind, spec = manifest.get("kind", "run"), manifest["spec"]
    if kind == "run":
        from langevin_sim.runs import run

        run.execute(parse(RunSpec, spec), out, threads, progress, tell)
        return
    if kind == "figure":
        from langevin_sim.memo import reproduce

        reproduce.execute(reproduce.experiment_of(manifest), manifest["seed"], out, threads, progress)
        return
    network = backend()
    if kind == "train":
        values = spec if data_dir is None else spec | {"data_dir": data_dir}
        network.train(network.prepare(parse(TrainSpec, values), device), out, progress, threads or manifest["threads"])
        return
    minima = [network.open_minima(Path(run["folder"]), device, data_dir) for run in manifest["runs"]]
    if [trained.run["hash"] for trained in minima] != [run["hash"] for run in manifest["runs"]]:
        raise FolderError(f"the trainings that {folder} was measured at are not there any more")
    if kind == "compare":
        network.compare(minima, out)
    elif kind == "noise":
        network.noise(minima[0], parse(NoiseSpec, spec), out, progress)
    elif kind == "plane":
        network.plane(minima, parse(PlaneSpec, {key: value for key, value in spec.items() if key != "seed"}), out, progress)
    else:
        network.flatness(minima, parse(FlatnessSpec, spec), out, progress)
