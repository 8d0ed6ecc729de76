import hashlib
import io
import json
import os
import re
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure
from PIL import Image

from langevin_sim.cli.main import main
from langevin_sim.errors import FolderError, InputError
from langevin_sim.memo import gallery, registry, reproduce, reproduce_networks
from langevin_sim.memo import reproduce_all as module
from langevin_sim.memo.reproduce_all import Options, Reproduction, reproduce_all, reproductions

KEPT = Path(__file__).parent.parent / "outputs" / "gallery"
RECORDS = {path.stem: json.loads(path.read_text()) for path in sorted(KEPT.glob("*.json"))}
ITEMS = (Reproduction("fig4"), Reproduction("fig4", True), Reproduction("fig5"))
NAMES = [item.name for item in ITEMS]
TINY = Options(seed=3, replicas=16, steps=40)


def parsed(command):
    """The name of the subcommand and its options, from the command line's own parser; nothing is run."""
    program, *words = shlex.split(command)
    assert program == "langevin-sim"
    with main.make_context(program, words) as context:
        name, found, rest = main.resolve_command(context, [*context._protected_args, *context.args])
        return name, found.make_context(name, rest, parent=context).params


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def links(text):
    return re.findall(r"\]\(([^)]+)\)", text)


# the kept gallery


def test_the_kept_gallery_is_whole():
    expected = {f"{item.name}.{suffix}" for item in reproductions() for suffix in ("md", "png", "json")} | {"README.md"}
    assert {path.name for path in KEPT.iterdir()} == expected
    index = (KEPT / "README.md").read_text()
    assert set(links(index)) == {f"{item.name}.md" for item in reproductions()}
    name, options = parsed(re.search("`(langevin-sim reproduce all[^`]*)`", index)[1])
    assert (name, options["name"]) == ("reproduce", "all")


@pytest.mark.parametrize("name", RECORDS)
def test_its_commands_exist_and_make_what_is_kept(name):
    record = RECORDS[name]
    command, options = parsed(record["command"])
    assert command == "reproduce"
    assert f"`{record['command']}`" in (KEPT / f"{name}.md").read_text()
    figure = options["name"]
    assert name == Reproduction(figure, options["literal"]).name
    if figure in registry.ensemble_figures():
        made = reproduce.experiment(figure, options["literal"], options["replicas"], options["steps"])
        assert json.loads(json.dumps(reproduce._spec(made, options["seed"]))) == record["spec"]
        assert options["seed"] == record["seed"]
        return
    if figure in registry.law_figures():
        assert record["spec"] == {"figure": figure, "seed": 0}
        return
    specs = reproduce_networks.trainings(registry.figure(figure), options["scale"])
    assert [spec.identity(training["digest"]) for spec, training in zip(specs, record["trainings"], strict=True)] == [
        training["hash"] for training in record["trainings"]
    ]


@pytest.mark.parametrize("name", RECORDS)
def test_its_files_are_those_of_the_manifests(name):
    record = RECORDS[name]
    assert record["files"] == {
        f"{name}.{suffix}": hashlib.sha256((KEPT / f"{name}.{suffix}").read_bytes()).hexdigest() for suffix in ("md", "png")
    }
    assert {"figure.png", "figure.md", "summary.json"} <= record["outputs"].keys()
    assert (KEPT / f"{name}.png").stat().st_size <= gallery.SMALL
    with Image.open(KEPT / f"{name}.png") as picture:
        assert picture.width >= 600
    text = (KEPT / f"{name}.md").read_text()
    assert set(links(text)) == {f"{name}.png", f"{name}.json", "README.md"}
    assert "The memo" in text


@pytest.mark.parametrize("path", sorted(KEPT.iterdir()), ids=lambda path: path.name)
def test_it_tells_nothing_of_where_it_was_made(path):
    words = path.read_bytes().decode(errors="replace")
    assert "data_dir" not in words
    assert "data-dir" not in words.replace("--data-dir DIR", "")
    if path.suffix != ".png":
        assert not re.search(r"(?:^|[\s\"'`(=:])/\w", words), "an absolute path"


# how one is made; pictures are plain ones here, test_reproduce.py draws


def draw(folder):
    for name, kind in (("figure.png", "PNG"), ("figure.pdf", "PDF")):
        Image.new("RGB", (40, 30), "white").save(folder / name, kind)


@pytest.fixture(scope="module", autouse=True)
def _plain_pictures():
    with pytest.MonkeyPatch.context() as patch:
        for name, figure in registry.ensemble_figures().items():
            patch.setattr(f"langevin_sim.memo.{name}.FIGURE", replace(figure, draw=draw))
        patch.setattr(reproduce, "write_report", lambda folder: None)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    place = tmp_path_factory.mktemp("all")
    said = []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        folder, summary = reproduce_all(TINY, Path("here"), Path("pages"), "auto", 1, lambda *how_far: None, said.append, ITEMS)
    return place / folder, place / "pages", summary, said


def again(folder, pages, settings=TINY, items=ITEMS, notify=lambda notice: None):
    return reproduce_all(settings, folder, pages, "auto", 1, lambda *how_far: None, notify, items)


def test_a_folder_for_every_figure_and_three_files_a_page(made):
    folder, pages, summary, said = made
    assert said == ["fig4: 1 of 3", "fig4-literal: 2 of 3", "fig5: 3 of 3"]
    assert {path.name for path in folder.iterdir()} == {*NAMES, "manifest.json", "summary.json", "run.log"}
    assert json.loads((folder / "manifest.json").read_text())["status"] == "COMPLETED"
    assert json.loads((folder / "summary.json").read_text()) == summary
    assert {path.name for path in pages.iterdir()} == {f"{n}.{s}" for n in NAMES for s in ("md", "png", "json")} | {"README.md"}
    index = (pages / "README.md").read_text()
    assert "`langevin-sim reproduce all --scale quick --seed 3 --replicas 16 --steps 40`" in index
    for name in NAMES:
        record, manifest = (json.loads(path.read_text()) for path in (pages / f"{name}.json", folder / name / "manifest.json"))
        assert record["outputs"] == manifest["outputs"]
        assert f"`{record['command']}`" in index
        assert record["spec"]["arms"][0]["walkers"] == 16
        told = (folder / name / "figure.md").read_text()
        assert set(told.splitlines()) <= set((pages / f"{name}.md").read_text().splitlines())


def test_a_second_call_makes_nothing_again(made):
    folder, pages, summary, _ = made
    files = [path for path in [*folder.rglob("*/*"), *pages.iterdir()] if path.is_file()]
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}
    said = []
    assert again(folder, pages, Options(), notify=said.append)[1]["items"] == summary["items"]
    assert said == []
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files} == before
    gallery.write(folder, NAMES, folder.parent / "elsewhere")
    assert contents(folder.parent / "elsewhere") == contents(pages)


def test_what_fails_is_told_and_made_the_next_time(tmp_path, monkeypatch):
    real = reproduce.reproduce_ensembles

    def fails(experiment, *rest):
        if experiment.literal:
            raise RuntimeError("no luck")
        return real(experiment, *rest)

    monkeypatch.setattr(reproduce, "reproduce_ensembles", fails)
    folder, pages = tmp_path / "here", tmp_path / "pages"
    pages.mkdir()
    (pages / "fig4-literal.md").write_text("of another run")
    (pages / "notes.txt").write_text("a user's")
    with pytest.raises(FolderError, match=r"1 of 3 are missing, fig4-literal: RuntimeError: no luck. langevin-sim reproduce all"):
        again(folder, pages)
    assert json.loads((folder / "manifest.json").read_text())["status"] == "FAILED"
    assert "Traceback" in (folder / "run.log").read_text()
    assert not (pages / "fig4-literal.md").exists()
    assert (pages / "notes.txt").exists()
    assert "Missing: fig4-literal." in (pages / "README.md").read_text()
    monkeypatch.undo()
    said = []
    again(folder, pages, notify=said.append)
    assert said == ["fig4-literal: 3 of 3"]
    assert "Missing" not in (pages / "README.md").read_text()
    assert (pages / "fig4-literal.md").exists()


def test_an_interruption_keeps_what_is_done(tmp_path, monkeypatch):
    real = reproduce._run

    def stopped(folder, experiment, *rest):
        if experiment.literal:
            raise KeyboardInterrupt
        return real(folder, experiment, *rest)

    monkeypatch.setattr(reproduce, "_run", stopped)
    folder, pages = tmp_path / "here", tmp_path / "pages"
    with pytest.raises(KeyboardInterrupt):
        again(folder, pages)
    states = {name: json.loads((folder / name / "manifest.json").read_text())["status"] for name in (*NAMES[:2], ".")}
    assert states == {"fig4": "COMPLETED", "fig4-literal": "INTERRUPTED", ".": "INTERRUPTED"}
    monkeypatch.undo()
    said = []
    again(folder, pages, Options(), notify=said.append)
    assert said == ["fig4-literal: 2 of 3", "fig5: 3 of 3"]
    assert json.loads((folder / "fig4-literal" / "manifest.json").read_text())["resumed"]
    assert "since it was resumed" in (pages / "README.md").read_text()


def test_without_pytorch_it_is_said_first_and_the_rest_is_made(tmp_path, monkeypatch):
    def missing():
        raise InputError("langevin-sim deep needs torch, which is not installed")

    monkeypatch.setattr(module, "backend", missing)
    monkeypatch.setattr(reproduce_networks, "backend", missing)
    said = []
    items = (ITEMS[0], Reproduction("fig1"), Reproduction("table1"))
    with pytest.raises(FolderError, match="2 of 3 are missing, fig1, table1: langevin-sim deep needs torch, which is not"):
        again(tmp_path / "here", tmp_path / "pages", items=items, notify=said.append)
    assert said[0].startswith("fig1, fig2, fig7, fig8, table1 will be missing: langevin-sim deep needs torch")
    assert (tmp_path / "pages" / "fig4.md").exists()


def test_data_that_cannot_be_read_end_it_before_anything_is_made(tmp_path):
    pytest.importorskip("torch")
    with pytest.raises(InputError, match="nowhere"):
        again(tmp_path / "here", tmp_path / "pages", Options(scale="laptop", data_dir=tmp_path / "nowhere"), reproductions())
    assert not (tmp_path / "here").exists()


def test_a_folder_keeps_to_its_settings(made, tmp_path):
    folder, pages, _, _ = made
    with pytest.raises(InputError, match=r"--seed 4: .* began with 3"):
        again(folder, pages, Options(seed=4))
    with pytest.raises(InputError, match=r"--scale laptop: .* began with quick"):
        again(folder, pages, Options(scale="laptop"))
    with pytest.raises(FolderError, match="reproduce all did not make it"):
        again(folder / "fig4", pages)
    for verb in ("resume", "rerun"):
        result = CliRunner().invoke(main, [verb, str(folder)])
        assert result.exit_code == 2
        assert "holds folders of figures" in result.stderr


def test_a_network_figure_loses_where_its_data_lie(tmp_path):
    folder, pages = tmp_path / "here", tmp_path / "pages"
    spec = reproduce_networks.trainings(registry.figure("fig1"), "laptop", tmp_path)[0].model_dump(mode="json")
    assert spec["data_dir"] == str(tmp_path)
    host = {"processor": "p", "machine": "m", "system": "s", "cpus": 2}
    manifest = {
        "schema": 1,
        "status": "COMPLETED",
        "spec": {"seed": 1, "batches": 1000},
        "seed": 1,
        "threads": 1,
        "versions": {"langevin-sim": "0", "python": "3"},
        "git_commit": None,
        "host": host,
        "started": "then",
        "finished": "now",
        "outputs": {"figure.png": "0" * 64},
        "kind": "noise",
        "runs": [{"spec": spec}],
    }
    run = {
        "name": "mnist, mlp",
        "hash": "a" * 64,
        "spec": spec,
        "folder": "outputs/minima/1",
        "results": [{"seconds": 50.0}] * 2,
        "data": {"digest": "b" * 64, "source": str(tmp_path)},
    }
    (folder / "fig1").mkdir(parents=True)
    Image.new("RGB", (800, 600)).save(folder / "fig1" / "figure.png")
    (folder / "fig1" / "figure.md").write_text("# Fig. 1: it\n\nThe memo.\n")
    (folder / "fig1" / "manifest.json").write_text(json.dumps(manifest))
    summary = {"command": "langevin-sim reproduce fig1 --scale laptop --data-dir DIR", "seconds": 71.0, "runs": [run]}
    (folder / "fig1" / "summary.json").write_text(json.dumps(summary))
    top = {"scale": "laptop", "seed": 5, "replicas": None, "steps": None, "data_dir": str(tmp_path)}
    (folder / "manifest.json").write_text(json.dumps(manifest | {"spec": top, "kind": "all"}))
    (entry,) = gallery.write(folder, ["fig1"], pages)
    assert entry == {"name": "fig1", "title": "Fig. 1: it", "command": summary["command"], "seconds": 71.0, "resumed": []}
    for path in pages.glob("*.[mj]*"):
        assert str(tmp_path) not in path.read_text()
        assert "data_dir" not in path.read_text()
    index = (pages / "README.md").read_text()
    assert "`langevin-sim reproduce all --scale laptop --data-dir DIR --seed 5`" in index
    assert "Total time: 171 s, of which 100 s for 1 training," in index


def test_pictures_are_small(tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "SMALL", 12_000)
    noise = 32 * np.random.default_rng(1).integers(0, 8, (60, 300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    assert (tmp_path / "noise.png").stat().st_size > 16_000
    small = gallery.small_picture(tmp_path / "noise.png")
    assert len(small) <= 12_000
    assert small == gallery.small_picture(tmp_path / "noise.png")


def test_thin_lines_keep_their_colours(tmp_path):
    figure = Figure(figsize=(10, 5))
    left, right = figure.subplots(1, 2)
    left.pcolormesh(np.random.default_rng(1).random((60, 60)), cmap="magma")
    for k in range(6):
        right.plot([0, 1], [k / 3, 1 - k / 5], linewidth=1, color=("#1f77b4", "#ff7f0e")[k % 2])
    figure.savefig(tmp_path / "lines.png", dpi=100)
    small = io.BytesIO(gallery.small_picture(tmp_path / "lines.png"))
    with Image.open(tmp_path / "lines.png") as first, Image.open(small) as second:
        before, after = (np.asarray(picture.convert("RGB")).astype(int) for picture in (first, second))
    line = np.abs(before - (31, 119, 180)).max(axis=2) < 8
    assert line.sum() > 100
    assert np.abs(after - before)[line].max() <= 6  # the median cut, Pillow's own choice, is 13 off


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["all", "--literal"], "--literal does not apply to all"),
        (["fig3", "--gallery", "x"], "--gallery does not apply to fig3"),
        (["all", "--data-dir", "x"], "--data-dir: the scale quick uses digits"),
        (["all", "--replicas", "1"], "--replicas 1: expected at least 2"),
        (["all", "--seed", "-1"], "seed -1: expected 0 to"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["reproduce", *arguments])
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert os.listdir(tmp_path) == []
