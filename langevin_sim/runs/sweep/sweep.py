"""A sweep: workers make a run folder for every point of a grid; a second call makes the missing ones."""

import contextlib
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from langevin_sim.errors import FolderError, InputError, LangevinSimError
from langevin_sim.plots import sweep as figure
from langevin_sim.report.write import write as write_report
from langevin_sim.runs.sweep import index
from langevin_sim.runs.sweep.point import finished, run_point
from langevin_sim.settings.grid import KINDS, Axis, Point, Sweep, own_files, points
from langevin_sim.settings.spec import parse
from langevin_sim.simulation.workers import Workers
from langevin_sim.storage import folder as disk
from langevin_sim.storage import sources
from langevin_sim.storage.checkpoint import SECONDS

Progress = Callable[..., None]
Open = Callable[[int], AbstractContextManager[Workers]]  # opens workers for this number of tasks
_TAIL = 20  # number of lines shown of a failed point's log
_EVERY = 2.0  # seconds between two looks at the workers


def run_sweep(
    sweep: Sweep,
    out: Path | None,
    workers: Open,
    progress: Progress,
    *,
    threads: int = 1,
    checkpoint_seconds: float = SECONDS,
    view: figure.View | None = None,
    consent: sources.Consent = sources.ASK,
) -> tuple[Path, dict[str, Any]]:
    """Run the missing points of a sweep, in a new or existing folder; write table and figure; returns folder and summary.

    threads: for runs of networks, whose bits depend on them. Raises LangevinSimError at the end if points failed.
    """
    name = str(sweep.base.get("potential" if sweep.kind == "run" else "data", sweep.kind))
    slug = "".join(c if c.isalnum() else "-" for c in name)[:40].strip("-")
    folder = out or Path("outputs") / f"sweep-{slug}-{time.strftime('%Y%m%d-%H%M%S')}-{sweep.seed}"
    begun = (folder / "manifest.json").exists()
    manifest = disk.new_manifest(_spec(sweep), threads) | {"kind": "sweep"}
    if begun:
        _check_same(folder, manifest["spec"])
        before = disk.read_manifest(folder)
        files = sources.check(folder, before, own_files(sweep), consent, disk.now)
        manifest |= {"resumed": before.get("resumed", []), "warnings": before.get("warnings", [])}
        manifest = disk.continued(manifest | {"sources": before.get("sources", [])}, files, _silent)
    else:
        disk.claimable(folder)
        manifest |= sources.record(own_files(sweep))
    grid = points(sweep)
    index.check_view(sweep, view)
    missing = [point for point in grid if not finished(folder / "points" / point.name)]
    for point in missing:
        _check_files(sweep.kind, folder / "points" / point.name, consent)
    with workers(len(missing)) if missing else contextlib.nullcontext() as pool:
        if not begun:
            disk.begin(folder, manifest)
        with disk.recorded(folder, manifest, write_report):
            try:
                errors = _work(sweep, folder, missing, pool, progress, checkpoint_seconds, consent.accept) if pool else {}
            finally:  # even if the scheduler is lost: the index holds the finished points
                summary = _index(sweep, grid, folder)
            unseen: list[InputError] = []
            disk.attempt("the figure", lambda folder: unseen.extend(_draw(folder, sweep, summary, view)), folder)
            _report_failures(folder, errors, len(grid))
    if unseen:  # raised last, because it does not affect the runs
        raise unseen[0]
    return folder, summary


def read(folder: Path) -> Sweep:
    """Read the sweep of a folder; FolderError if it holds none."""
    manifest = disk.read_manifest(folder)
    if manifest.get("kind") != "sweep":
        raise FolderError(f"{folder} holds no sweep: expected a folder of langevin-sim sweep")
    try:
        spec = manifest["spec"]
        base = {KINDS[spec["kind"]].earlier_names.get(key, key): value for key, value in spec["base"].items()}
        return Sweep(spec["kind"], base, [Axis(name, values) for name, values in spec["axes"].items()], spec["seed"])
    except (KeyError, TypeError, AttributeError) as error:
        raise FolderError(f"{folder}: its manifest.json is damaged: its spec is not a sweep's ({error})") from error


def _check_files(kind: str, place: Path, consent: sources.Consent) -> None:
    """Check the user's files of a point that has begun: a received folder's points may name other code than the sweep."""
    if (place / "manifest.json").exists():
        manifest = disk.read_manifest(place)
        sources.check(place, manifest, parse(KINDS[kind], manifest["spec"]).own_files(), consent, disk.now)


def _silent(*notices: str) -> None:
    """Show nothing."""


def _spec(sweep: Sweep) -> dict[str, Any]:
    return {"kind": sweep.kind, "base": sweep.base, "axes": {one.name: one.values for one in sweep.axes}, "seed": sweep.seed}


def _check_same(folder: Path, spec: dict[str, Any]) -> None:
    """Check that the settings are the same: only another grid over the same settings may share the folder and its points."""
    before = _spec(read(folder))
    pairs = {key: (before[key], spec[key]) for key in ("kind", "seed")}
    pairs |= {key: (before["base"].get(key), spec["base"].get(key)) for key in {*before["base"], *spec["base"]}}
    unlike = [f"{key} {was} there, {now} here" for key, (was, now) in sorted(pairs.items()) if was != now]
    if unlike:
        raise InputError(f"{folder} is a sweep of other settings ({'; '.join(unlike)}); choose another --out")


def _work(
    sweep: Sweep,
    folder: Path,
    missing: list[Point],
    pool: Workers,
    progress: Progress,
    checkpoint_seconds: float,
    accept: bool,
) -> dict[str, str]:
    """Let the workers run the missing points; returns the errors of failed points, by name."""
    place = folder.resolve() / "points"
    place.mkdir(exist_ok=True)
    pool.see(str(place))
    tasks = [
        (sweep.kind, point.spec.model_dump(mode="json"), str(place / point.name), checkpoint_seconds, accept) for point in missing
    ]
    errors: dict[str, str] = {}
    looked, note = 0.0, ""
    for count, done in enumerate(pool.run(run_point, tasks), 1):
        if done.error is not None:
            errors[missing[done.task].name] = str(done.error)
        if time.monotonic() - looked > _EVERY:
            looked, note = time.monotonic(), pool.describe()
        progress("sweep", count, len(missing), note + (f", {len(errors)} failed" if errors else ""))
    return errors


def _index(sweep: Sweep, grid: list[Point], folder: Path) -> dict[str, Any]:
    """Write sweep.csv and summary.json; returns the summary."""
    rows = index.table(sweep, grid, folder)
    index.write(sweep, rows, folder)
    status = {row["point"]: row["status"] for row in rows}
    counts = {name: list(status.values()).count(name) for name in sorted(set(status.values()))}
    summary = {
        "schema": disk.SCHEMA,
        "kind": "sweep",
        "of": sweep.kind,
        "seed": sweep.seed,
        "settings": sweep.base,
        "axes": {one.name: one.values for one in sweep.axes},
        "points": counts,
        "results": rows,
    }
    disk.write_json(folder / "summary.json", summary)
    return summary


def _draw(folder: Path, sweep: Sweep, summary: dict[str, Any], view: figure.View | None) -> list[InputError]:
    """Draw the figure if possible; returns the error in the requested view, if any."""
    if not summary["points"].get("COMPLETED"):
        return []
    try:
        figure.draw(folder, sweep, summary["results"], view)
    except InputError as error:
        figure.draw(folder, sweep, summary["results"])
        return [error]
    return []


def _report_failures(folder: Path, errors: dict[str, str], points: int) -> None:
    """failures.md: the error of every failed point and the end of its log; LangevinSimError if there are any."""
    path = folder / "failures.md"
    if not errors:
        path.unlink(missing_ok=True)
        return
    text = [f"# {len(errors)} of {points} points failed", ""]
    for name, error in errors.items():
        log = folder / "points" / name / "run.log"
        lines = (
            log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL:] if log.exists() else ["no log was written"]
        )
        text += [f"## {name}", "", error, "", *(f"    {line}" for line in lines), ""]
    disk.write_whole(path, lambda stream: stream.write("\n".join(text).encode()))
    disk.attempt("report.html", write_report, folder)
    name, error = next(iter(errors.items()))
    raise LangevinSimError(
        f"{len(errors)} of {points} points failed ({name}: {error}): {path} has their logs; the same command retries them"
    )
