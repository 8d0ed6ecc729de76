"""All figures and tables of the memo, each in its own subfolder, and the gallery made from them."""

import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from langevin_sim.errors import FolderError, InputError, LangevinSimError
from langevin_sim.memo import gallery, registry, reproduce, reproduce_laws, reproduce_networks
from langevin_sim.memo.figure import NetworkFigure
from langevin_sim.memo.scales import SCALES
from langevin_sim.plugins import backend
from langevin_sim.settings.network import TrainSpec
from langevin_sim.storage import folder as disk
from langevin_sim.storage.log import log
from langevin_sim.storage.signals import stop_if_requested

KIND = "all"
GALLERY = Path("outputs") / "gallery"
_FEWER = 4  # the factor by which the scale quick has fewer walkers in the figures of ensembles
Progress = Callable[..., None]


class Reproduction(NamedTuple):
    """A figure in one of its modes, like ``langevin-sim reproduce`` makes it."""

    figure: str
    literal: bool = False

    @property
    def name(self) -> str:
        """Name of its folder and of its page."""
        return f"{self.figure}-literal" if self.literal else self.figure


def reproductions() -> list[Reproduction]:
    """All figures, the quickest first, so that stopping half-way leaves the most."""
    ensembles = [Reproduction(figure, literal) for figure in registry.ensemble_figures() for literal in (False, True)]
    return ensembles + [Reproduction(figure) for figure in (*registry.law_figures(), *registry.network_figures())]


class Options(NamedTuple):
    """Options of all figures; None stands for the default, or for the option with which the folder was started.

    replicas, steps and seed apply to the ensembles; the scale sets those of the networks. data_dir: the networks' data.
    """

    scale: str | None = None
    seed: int | None = None
    replicas: int | None = None
    steps: int | None = None
    data_dir: Path | None = None


def reproduce_all(
    options: Options,
    out: Path | None,
    pages: Path,
    device: str,
    threads: int,
    progress: Progress,
    notify: Callable[[str], None] = lambda notice: None,
    items: Sequence[Reproduction] = (),
) -> tuple[Path, dict[str, Any]]:
    """Make the missing figures, then the gallery in ``pages``; returns the folder and its summary.

    items: the figures to make, by default all. If one fails, the others are still made, and a FolderError then names it.
    """
    items = items or reproductions()
    manifest = None if out is None or not (out / "manifest.json").exists() else _begun(out, options)
    spec = _resolved(options) if manifest is None else manifest["spec"]
    left = [item for item in items if manifest is None or out is None or not gallery.complete(out / item.name)]
    if any(item.figure in registry.network_figures() for item in left):
        _check_networks(spec, notify)
    folder = out or Path("outputs") / f"reproduce-all-{spec['scale']}-{time.strftime('%Y%m%d-%H%M%S')}-{spec['seed']}"
    if manifest is None:
        manifest = disk.new_manifest(spec, threads) | {"kind": KIND}
        disk.begin(folder, manifest)
    failed: dict[str, str] = {}
    with disk.recorded(folder, manifest):
        for item in left:
            stop_if_requested()
            notify(f"{item.name}: {len(items) - len(left) + left.index(item) + 1} of {len(items)}")
            try:
                _make(item, folder / item.name, spec, device, threads, progress)
            except Exception as error:  # any error: the other figures are still useful
                failed[item.name] = str(error) if isinstance(error, LangevinSimError) else f"{type(error).__name__}: {error}"
                log.error("%s failed: %s", item.name, failed[item.name], exc_info=not isinstance(error, LangevinSimError))
        entries = gallery.write(folder, [item.name for item in items], pages)
        summary = {
            "schema": disk.SCHEMA,
            "kind": KIND,
            **{key: spec[key] for key in ("scale", "seed")},
            "gallery": str(pages),
            "items": entries,
            "failed": failed,
        }
        disk.write_json(folder / "summary.json", summary)
        if failed:
            reasons = "; ".join(dict.fromkeys(failed.values()))
            raise FolderError(
                f"{len(failed)} of {len(items)} are missing, {', '.join(failed)}: {reasons}. "
                f"langevin-sim reproduce all --out {folder} retries them"
            )
    return folder, summary


def _resolved(options: Options) -> dict[str, Any]:
    """All options, in the form of the manifest; InputError for an option that no figure takes."""
    spec = _given(options) | {"scale": options.scale or next(iter(SCALES))}
    spec["seed"] = secrets.randbits(32) if options.seed is None else options.seed
    if not 0 <= spec["seed"] < 2**128:
        raise InputError(f"seed {spec['seed']}: expected 0 to 2^128 - 1")
    for figure in registry.ensemble_figures():
        reproduce.experiment(figure, False, options.replicas, options.steps)
    reproduce_networks.check_data_dir(spec["scale"], options.data_dir)
    return spec


def _begun(folder: Path, options: Options) -> dict[str, Any]:
    """The manifest of a folder to continue; FolderError for another kind, InputError for other options."""
    manifest, given = disk.read_manifest(folder), _given(options)
    spec = manifest["spec"]
    if manifest.get("kind") != KIND or not given.keys() <= spec.keys():
        raise FolderError(f"{folder} already exists, and langevin-sim reproduce all did not make it; choose another --out")
    spec["data_dir"] = given.pop("data_dir") or spec["data_dir"]  # the files may have moved
    for name, value in given.items():
        if value not in (None, spec[name]):
            raise InputError(f"--{name} {value}: {folder} began with {spec[name]}; leave it out, or give another --out")
    return manifest | {"status": "RUNNING", "resumed": [*manifest.get("resumed", []), disk.now()]}


def _given(options: Options) -> dict[str, Any]:
    return options._asdict() | {"data_dir": None if options.data_dir is None else str(options.data_dir.absolute())}


def _check_networks(spec: dict[str, Any], notify: Callable[[str], None]) -> None:
    """Read the data sets before the long work (InputError if that fails), and notify the user if PyTorch is missing."""
    try:
        network = backend()
    except LangevinSimError as error:
        notify(f"{', '.join(registry.network_figures())} will be missing: {error}")
        return
    sets = {training.data: training for figure in registry.network_figures().values() for training in _trainings(figure, spec)}
    for training in sets.values():
        network.load(training)


def _trainings(figure: NetworkFigure, spec: dict[str, Any]) -> list[TrainSpec]:
    return reproduce_networks.trainings(figure, spec["scale"], _data_dir(spec))


def _data_dir(spec: dict[str, Any]) -> Path | None:
    return None if spec["data_dir"] is None else Path(spec["data_dir"])


def _make(item: Reproduction, folder: Path, spec: dict[str, Any], device: str, threads: int, progress: Progress) -> None:
    """Make one figure. It resumes from a checkpoint if there is one; other remains of an interruption are removed."""

    def report_progress(name: str, *how_far: Any) -> None:
        progress(f"{item.name}, {name}", *how_far)

    ensembles = item.figure in registry.ensemble_figures()
    if ensembles and (folder / "manifest.json").exists():
        reproduce.resume_ensembles(folder, threads, report_progress)
        return
    if folder.exists():
        shutil.rmtree(folder)
    if ensembles:
        settings = reproduce.experiment(item.figure, item.literal)
        few = settings.arms[0].walkers // _FEWER if spec["scale"] == "quick" else None
        settings = settings.resized(spec["replicas"] or few, spec["steps"])
        reproduce.reproduce_ensembles(settings, spec["seed"], folder, threads, report_progress)
    elif item.figure in registry.law_figures():
        reproduce_laws.reproduce_laws(item.figure, folder, report_progress)
    else:
        reproduce_networks.reproduce_networks(
            item.figure, spec["scale"], _data_dir(spec), folder, device, threads, report_progress
        )
