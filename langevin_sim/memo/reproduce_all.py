"""The memo's figures and its table, all of them: each in a run folder of its own under one, and from these the gallery."""

import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from langevin_sim.errors import FolderError, InputError, LangevinSimError
from langevin_sim.memo import gallery, networks, reproduce
from langevin_sim.plugins import backend
from langevin_sim.storage import folder as disk
from langevin_sim.storage.log import log
from langevin_sim.storage.signals import stop_if_requested

KIND = "all"
GALLERY = Path("outputs") / "gallery"
_FEWER = 4  # so many times fewer walkers in figures 3 to 6 at the scale quick
Progress = Callable[..., None]


class Item(NamedTuple):
    """One figure, as `langevin-sim reproduce` makes it."""

    figure: str
    literal: bool = False

    @property
    def name(self) -> str:
        """Of its folder, and of its page."""
        return f"{self.figure}-literal" if self.literal else self.figure


# what is quick comes first: who stops half way has the most
ITEMS = (
    *(Item(figure, literal) for figure in reproduce.FIGURES for literal in (False, True)),
    *(Item(figure) for figure in ("fig1", "fig2", "fig8", "fig7", "table1")),
)


class Settings(NamedTuple):
    """Of all figures; None: the default, or what the folder was begun with. data_dir is the networks', replicas and steps
    are those of figures 3 to 6, and so is the seed: the networks' are among the settings of their scale."""

    scale: str | None = None
    seed: int | None = None
    replicas: int | None = None
    steps: int | None = None
    data_dir: Path | None = None


def execute(
    settings: Settings,
    out: Path | None,
    pages: Path,
    device: str,
    threads: int,
    progress: Progress,
    say: Callable[[str], None] = lambda notice: None,
    items: tuple[Item, ...] = ITEMS,
) -> tuple[Path, dict[str, Any]]:
    """Make what the folder does not hold yet, then the gallery in ``pages``; returns the folder and its summary.

    One that fails leaves the others to run; in the end FolderError tells which are missing.
    """
    manifest = None if out is None or not (out / "manifest.json").exists() else _begun(out, settings)
    spec = _resolved(settings) if manifest is None else manifest["spec"]
    left = [item for item in items if manifest is None or out is None or not gallery.complete(out / item.name)]
    if any(item.figure in networks.FIGURES for item in left):
        _check_networks(spec, say)
    folder = out or Path("outputs") / f"reproduce-all-{spec['scale']}-{time.strftime('%Y%m%d-%H%M%S')}-{spec['seed']}"
    if manifest is None:
        disk.claim(folder)
        manifest = disk.new_manifest(spec, threads) | {"kind": KIND}
    failed: dict[str, str] = {}
    with disk.recorded(folder, manifest):
        for item in left:
            stop_if_requested()
            say(f"{item.name}: {len(items) - len(left) + left.index(item) + 1} of {len(items)}")
            try:
                _make(item, folder / item.name, spec, device, threads, progress)
            except Exception as error:  # whatever it is, the others are worth having
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
                f"langevin-sim reproduce all --out {folder} tries them again"
            )
    return folder, summary


def _resolved(settings: Settings) -> dict[str, Any]:
    """All settings, as the manifest has them; InputError for what no figure takes."""
    spec = _given(settings) | {"scale": settings.scale or networks.SCALES[0]}
    spec["seed"] = secrets.randbits(32) if settings.seed is None else settings.seed
    if not 0 <= spec["seed"] < 2**128:
        raise InputError(f"seed {spec['seed']}: expected 0 to 2^128 - 1")
    for figure in reproduce.FIGURES:
        reproduce.experiment(figure, False, settings.replicas, settings.steps)
    networks.check_data_dir(spec["scale"], settings.data_dir)
    return spec


def _begun(folder: Path, settings: Settings) -> dict[str, Any]:
    """The manifest of a folder to go on with; FolderError for another kind, InputError for other settings."""
    manifest, given = disk.read_manifest(folder), _given(settings)
    spec = manifest["spec"]
    if manifest.get("kind") != KIND or not given.keys() <= spec.keys():
        raise FolderError(f"{folder} is there already, and langevin-sim reproduce all did not make it: choose another --out")
    spec["data_dir"] = given.pop("data_dir") or spec["data_dir"]  # the same files may lie elsewhere now
    for name, value in given.items():
        if value not in (None, spec[name]):
            raise InputError(f"--{name} {value}: {folder} began with {spec[name]}; leave it out, or give another --out")
    return manifest | {"status": "RUNNING", "resumed": [*manifest.get("resumed", []), disk.now()]}


def _given(settings: Settings) -> dict[str, Any]:
    return settings._asdict() | {"data_dir": None if settings.data_dir is None else str(settings.data_dir.absolute())}


def _check_networks(spec: dict[str, Any], say: Callable[[str], None]) -> None:
    """Before anything long: read the data sets (InputError if they cannot be), and say so if PyTorch is missing."""
    try:
        network = backend()
    except LangevinSimError as error:
        say(f"{', '.join(networks.FIGURES)} will be missing: {error}")
        return
    sets = {training.data: training for figure in networks.FIGURES for training in _trainings(figure, spec)}
    for training in sets.values():
        network.load(training)


def _trainings(figure: str, spec: dict[str, Any]) -> list[Any]:
    return networks.trainings(figure, spec["scale"], _data_dir(spec))


def _data_dir(spec: dict[str, Any]) -> Path | None:
    return None if spec["data_dir"] is None else Path(spec["data_dir"])


def _make(item: Item, folder: Path, spec: dict[str, Any], device: str, threads: int, progress: Progress) -> None:
    """One figure, gone on with where it has a checkpoint; what else is left of one that was stopped goes."""

    def tell(name: str, *how_far: Any) -> None:
        progress(f"{item.name}, {name}", *how_far)

    toy = item.figure in reproduce.FIGURES
    if toy and (folder / "manifest.json").exists():
        reproduce.resume(folder, threads, tell)
        return
    if folder.exists():
        shutil.rmtree(folder)
    if toy:
        made = reproduce.experiment(item.figure, item.literal)
        few = made.arms[0].walkers // _FEWER if spec["scale"] == "quick" else None
        made = made.resized(spec["replicas"] or few, spec["steps"])
        reproduce.execute(made, spec["seed"], folder, threads, tell)
    else:
        networks.execute(item.figure, spec["scale"], _data_dir(spec), folder, device, threads, tell)
