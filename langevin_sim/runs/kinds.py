"""The kinds of folder: one table, with one line per kind, of everything that the program can do with them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from langevin_sim.errors import FolderError
from langevin_sim.memo import fig1, fig2, fig7, registry, reproduce, reproduce_laws, training
from langevin_sim.memo.table1 import drawing as table1_drawing
from langevin_sim.memo.table1 import text as table1_text
from langevin_sim.plots import concentration
from langevin_sim.plugins import backend
from langevin_sim.runs import run
from langevin_sim.runs.execution import Execution, Outcome
from langevin_sim.settings.network import TrainSpec
from langevin_sim.settings.run import RunSpec
from langevin_sim.settings.spec import Spec, parse
from langevin_sim.storage import folder as disk
from langevin_sim.storage import sources
from langevin_sim.storage.summary import read_summary

Manifest = dict[str, Any]
Summary = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """What the program can do with a folder of this kind.

    resume(folder, execution, steps): continue an interrupted run, or begin it anew in its folder if it has no checkpoint;
    rerun(folder, manifest, out, execution): repeat it from its manifest; both raise FolderError with the remedy if that is
    impossible. draw(folder): make figure.png and figure.pdf from the data. extendable: ``resume`` takes a larger number of
    steps, and workers. timed: data files that hold wall times, which differ in every run.

    Network experiments: text(summary) is figure.md; rows(summary) a table for a terminal, at most 80 columns wide, headings
    first.
    """

    name: str
    resume: Callable[[Path, Execution, int | None], Outcome]
    rerun: Callable[[Path, Manifest, Path, Execution], None]
    text: Callable[[Summary], str] | None = None
    rows: Callable[[Summary], list[list[str]]] | None = None
    draw: Callable[[Path], None] | None = None
    extendable: bool = False
    timed: frozenset[str] = frozenset()


def kind_of(folder: Path, manifest: Manifest) -> Kind:
    """The kind of a folder, from its manifest; FolderError for an unknown one."""
    name = manifest.get("kind", "run")
    if name not in KINDS:
        raise FolderError(f"{folder}: its manifest.json is damaged: kind = {name!r}: expected one of {', '.join(KINDS)}")
    return KINDS[name]


def network_kind(folder: Path, summary: Summary) -> Kind:
    """The kind of a network experiment's folder, from its summary; FolderError if it is something else."""
    kind = KINDS.get(str(summary.get("kind")))
    if kind is None or kind.text is None:
        raise FolderError(f"{folder} holds no network experiment: expected the folder of a langevin-sim deep command")
    return kind


def _refuse(reason: str, folder: Path, *unused: Any) -> NoReturn:
    """Refuse with a reason, which has {folder} in it."""
    raise FolderError(reason.format(folder=folder))


def _resume_run(folder: Path, how: Execution, steps: int | None) -> Outcome:
    return run.resume_run(folder, how.threads, how.progress, how.notify, steps, how.checkpoint_seconds, how.workers, how.consent)


def _rerun_run(folder: Path, manifest: Manifest, out: Path, how: Execution) -> None:
    spec = parse(RunSpec, manifest["spec"])
    origin = _origin(folder, manifest, spec, how)
    run.run_spec(spec, out, how.threads, how.progress, how.notify, origin=origin)


def _origin(folder: Path, manifest: Manifest, spec: Spec, how: Execution) -> Manifest:
    """Check the user's files before a run is repeated; the part of the new manifest on what it repeats."""
    found = sources.check(folder, manifest, spec.own_files(), how.consent, disk.now).get("sources", [])
    changed = [entry["file"] for entry in found if entry not in manifest.get("sources", [])]
    return {"repeats": {"folder": str(folder), "accepted_changes": changed}}


def _resume_figure(folder: Path, how: Execution, steps: int | None) -> Outcome:
    return reproduce.resume_ensembles(folder, how.threads, how.progress, how.checkpoint_seconds, how.notify)


def _rerun_figure(folder: Path, manifest: Manifest, out: Path, how: Execution) -> None:
    experiment = reproduce.experiment_of(manifest)
    reproduce.reproduce_ensembles(experiment, manifest["seed"], out, how.threads, how.progress)


def _rerun_laws(folder: Path, manifest: Manifest, out: Path, how: Execution) -> None:
    reproduce_laws.reproduce_laws(manifest["spec"]["figure"], out, how.progress)


def _resume_training(folder: Path, how: Execution, steps: int | None) -> Outcome:
    outcome: Outcome = backend().resume(
        folder, how.progress, how.device, how.threads, how.data_dir, how.checkpoint_seconds, how.notify, how.consent
    )
    return outcome


def _rerun_training(folder: Path, manifest: Manifest, out: Path, how: Execution) -> None:
    network = backend()
    values = manifest["spec"] if how.data_dir is None else manifest["spec"] | {"data_dir": how.data_dir}
    spec = parse(TrainSpec, values)
    origin = _origin(folder, manifest, spec, how)
    network.train(network.prepare(spec, how.device), out, how.progress, how.threads or manifest["threads"], origin=origin)


def _rerun_measurement(folder: Path, manifest: Manifest, out: Path, how: Execution) -> None:
    if not manifest.get("runs"):
        raise FolderError(f"{folder}: its manifest.json is damaged: it names no trainings")
    network = backend()
    minima = [
        network.open_minima(Path(training["folder"]), how.device, how.data_dir, how.consent) for training in manifest["runs"]
    ]
    if [trained.run["hash"] for trained in minima] != [training["hash"] for training in manifest["runs"]]:
        raise FolderError(f"the trainings of {folder} no longer exist")
    network.measure(manifest["kind"], minima, manifest["spec"], out, how.progress, manifest.get("command", ""))


def _begin_anew(repeat: Callable[[Path, Manifest, Path, Execution], None], folder: Path, how: Execution, steps: None) -> Outcome:
    """Resume what has no checkpoint: from its beginning, in the same folder."""
    manifest = disk.read_manifest(folder)
    if manifest["status"] == "COMPLETED":
        raise FolderError(f"{folder} is complete; there is nothing to resume")
    repeat(folder, manifest, folder, how)
    return folder, read_summary(folder)


def _draw_ensembles(folder: Path) -> None:
    registry.ensemble_figures()[disk.read_manifest(folder)["spec"]["figure"]].draw(folder)


def _draw_laws(folder: Path) -> None:
    registry.law_figures()[disk.read_manifest(folder)["spec"]["figure"]].draw(folder)


_measurement = partial(
    Kind,
    resume=partial(_begin_anew, _rerun_measurement),
    rerun=_rerun_measurement,
)
_radii = partial(_measurement, text=table1_text.text, rows=table1_text.rows, draw=table1_drawing.draw)

KINDS = {
    kind.name: kind
    for kind in (
        Kind("run", _resume_run, _rerun_run, draw=concentration.draw, extendable=True),
        Kind("figure", _resume_figure, _rerun_figure, draw=_draw_ensembles),
        Kind(
            "laws",
            partial(_begin_anew, _rerun_laws),
            _rerun_laws,
            draw=_draw_laws,
        ),
        Kind(
            "sweep",
            partial(_refuse, "{folder} is a sweep: langevin-sim sweep {folder} goes on"),
            partial(_refuse, "{folder} is a sweep; langevin-sim rerun takes one of {folder}/points"),
        ),
        Kind(
            "all",
            partial(_refuse, "{folder} holds folders of figures: langevin-sim reproduce all --out {folder} goes on"),
            partial(_refuse, "{folder} holds folders of figures; langevin-sim rerun takes one of them"),
        ),
        Kind(
            "train",
            _resume_training,
            _rerun_training,
            text=training.text,
            rows=training.rows,
            draw=training.draw,
            timed=frozenset({"summary.csv"}),
        ),
        _measurement("noise", text=fig1.text, draw=fig1.draw),
        _measurement("compare", text=fig2.text, rows=fig2.rows, draw=fig2.draw),
        _measurement("plane", text=fig7.text, draw=fig7.draw),
        _radii("flatness"),
        _radii("table1"),
    )
}
