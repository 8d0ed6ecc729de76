"""verify tells every kind of damage; what reads a folder refuses a damaged one, and always names a way on."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from langevin_sim.cli.main import main

RUN = ["run", "--dims", "1", "--walkers", "128", "--steps", "200", "--burn-in", "80", "--no-chain", "--quiet"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two runs."""
    folder = tmp_path_factory.mktemp("made")
    for seed in ("1", "2"):
        assert call(*RUN, "--seed", seed, "--out", str(folder / seed)).exit_code == 0
    return folder


@pytest.fixture
def run(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(made / "1", "run")
    return Path("run")


def call(*arguments):
    return CliRunner().invoke(main, list(arguments))


def one_line(result, code, *words):
    assert result.exit_code == code, (result.output, result.exception)
    assert result.output.count("\n") == 1, result.output
    for word in words:
        assert word in result.output, result.output


def change(run, **values):
    path = run / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_a_whole_folder(run):
    one_line(call("verify", "run"), 0, "run: 7 files as recorded")
    assert call("verify", "run", "--quiet").output == ""


def _swap(run, made):
    shutil.copy(made / "2" / "histograms.npz", run)


def _truncate(run, made):
    content = (run / "summary.json").read_bytes()
    (run / "summary.json").write_bytes(content[: len(content) // 2])


def _remove(run, made):
    (run / "positions.npz").unlink()


def _folder(run, made):
    (run / "summary.csv").unlink()
    (run / "summary.csv").mkdir()


DAMAGE = {
    _swap: "histograms.npz has changed",
    _truncate: "summary.json has changed",
    _remove: "positions.npz is missing",
    _folder: "summary.csv is unreadable",
}


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_damage_is_told_and_refused(run, made, damage):
    damage(run, made)
    one_line(call("verify", "run"), 2, DAMAGE[damage])
    for command in (("rerun",), ("report",), ("export", "--netcdf", "run.nc")):
        one_line(call(command[0], "run", *command[1:]), 2, DAMAGE[damage], "langevin-sim rerun run --accept-changes")
    assert not Path("run.nc").exists()
    assert not Path("run-rerun").exists()


def test_the_way_on_from_damage(run, made):
    _swap(run, made)
    result = call("rerun", "run", "--accept-changes", "--quiet")
    assert result.exit_code == 0, result.output
    assert (Path("run-rerun") / "histograms.npz").read_bytes() == (made / "1" / "histograms.npz").read_bytes()


def test_what_the_manifest_does_not_name(run):
    (run / "notes.txt").write_text("mine")
    one_line(call("verify", "run"), 2, "notes.txt is unknown")
    assert call("report", "run").exit_code == 0  # not damage


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("outputs", {"../secret": "0" * 64}, "outputs"),
        ("outputs", {"a": "short"}, "outputs.a"),
        ("status", "FINE", "status"),
        ("spec", 3, "spec"),
        ("versions", [], "versions"),
        ("sources", [{"name": "x"}], "sources.0"),
    ],
)
def test_a_manifest_of_the_wrong_form(run, key, value, words):
    change(run, **{key: value})
    for command in (("verify",), ("rerun",), ("report",), ("resume",), ("export", "--netcdf", "run.nc")):
        one_line(call(command[0], "run", *command[1:]), 2, "manifest.json is damaged", words)


def test_a_report_lost_or_changed_is_written_again(run):
    for loss in (Path.unlink, lambda path: path.write_text("")):
        loss(run / "report.html")
        one_line(call("verify", "run"), 2, "report.html")
        assert call("report", "run").exit_code == 0
        one_line(call("verify", "run"), 0)


def test_unfinished_folders_name_the_way_on(run):
    change(run, status="RUNNING")
    one_line(call("verify", "run"), 0, "RUNNING", "langevin-sim resume run")
    one_line(call("rerun", "run"), 2, "langevin-sim resume run")
    one_line(call("report", "run"), 2, "langevin-sim resume run")


def test_no_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    one_line(call("verify", "nothing"), 2, "nothing is not a run folder: there is no such folder")
    one_line(call("verify", "empty"), 2, "holds no run", "--out empty")
    one_line(call("resume", "empty"), 2, "holds no run", "--out empty")


def test_the_folder_itself(run, monkeypatch):
    monkeypatch.chdir("run")
    result = call("rerun", ".", "--quiet")
    assert result.exit_code == 0, (result.output, result.exception)
    assert Path("../run-rerun/histograms.npz").read_bytes() == Path("histograms.npz").read_bytes()


def test_folders_within_a_folder(run):
    sweep = Path("sweep")
    (sweep / "points").mkdir(parents=True)
    for name in ("a", "b"):
        shutil.copytree(run, sweep / "points" / name)
    manifest = json.loads((run / "manifest.json").read_text())
    (sweep / "manifest.json").write_text(json.dumps(manifest | {"kind": "sweep", "outputs": {}}))
    assert call("verify", "sweep").exit_code == 0
    (sweep / "points" / "b" / "summary.csv").write_text("")
    result = call("verify", "sweep", "--quiet")
    one_line(result, 2, "sweep/points/b: summary.csv has changed")
