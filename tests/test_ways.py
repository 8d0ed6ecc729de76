"""A folder always has a way on: whatever is left by a killed process, one named command goes on or begins anew.

A copy of the folder, taken while the work is going on, is what kill -9 would leave there.
"""

import json
import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner

from langevin_sim.cli import sweep_options
from langevin_sim.cli.main import main
from langevin_sim.errors import BusyError, FolderError
from langevin_sim.memo import registry
from langevin_sim.memo.figure import LawFigure
from langevin_sim.plots import concentration
from langevin_sim.report import write as report
from langevin_sim.runs import public
from langevin_sim.runs import run as module
from langevin_sim.storage import folder as disk
from langevin_sim.storage.lock import locked

RUN = ["run", "--dims", "1", "--walkers", "128", "--steps", "200", "--burn-in", "80", "--no-chain", "--quiet", "--seed", "1"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def call(*arguments):
    return CliRunner().invoke(main, list(arguments))


def finished(*arguments):
    result = call(*arguments)
    assert result.exit_code == 0, (result.output, result.exception)


def refused(words, *arguments):
    result = call(*arguments)
    assert result.exit_code == 2, (result.output, result.exception)
    assert result.output.count("\n") == 1, result.output
    assert words in result.output, result.output


def status(folder):
    return json.loads(Path(folder, "manifest.json").read_text())["status"]


def snapshot(monkeypatch, owner, name, folder="whole"):
    """Copy the folder to "killed" when this function is called for the first time."""
    function = getattr(owner, name)

    def copied(*arguments, **options):
        if not Path("killed").exists():
            shutil.copytree(folder, "killed")
        return function(*arguments, **options)

    monkeypatch.setattr(owner, name, copied)


def same_bits():
    assert Path("killed/histograms.npz").read_bytes() == Path("whole/histograms.npz").read_bytes()


def test_a_run_killed_before_it_simulates(monkeypatch):
    snapshot(monkeypatch, module, "prepare")
    finished(*RUN, "--out", "whole")
    assert [path.name for path in Path("killed").iterdir()] == ["manifest.json"]
    assert status("killed") == "RUNNING"
    way = "langevin-sim resume killed goes on"
    refused(way, *RUN, "--out", "killed")
    refused(way, "rerun", "killed")
    refused(way, "report", "killed")
    finished("resume", "killed", "--quiet")
    same_bits()


def test_a_run_of_automatic_length_killed_before_it_is_known(monkeypatch):
    snapshot(monkeypatch, module, "prepare")
    automatic = [word if word != "200" else "auto" for word in RUN if word != "--no-chain"]
    finished(*automatic, "--potential", "quadratic", "--out", "whole")
    finished("resume", "killed", "--quiet")
    same_bits()


def test_a_run_killed_before_its_manifest():
    Path("killed").mkdir()
    Path("killed/.lock").touch()
    Path("killed/.manifest.json.123").write_text("{")
    refused("--out killed", "resume", "killed")
    finished(*RUN, "--out", "killed")
    finished("verify", "killed")
    assert [path.name for path in Path("killed").glob(".*")] == []


@pytest.mark.parametrize(("owner", "name"), [(concentration, "draw"), (report, "write_page")])
def test_a_run_killed_while_it_draws(monkeypatch, owner, name):
    snapshot(monkeypatch, owner, name)
    finished(*RUN, "--out", "whole")
    assert status("killed") == "COMPLETED"  # the numbers are safe
    result = call("verify", "killed")
    assert result.exit_code == 2
    assert "langevin-sim report killed" in result.output
    finished("report", "killed")
    finished("verify", "killed")
    assert {"figure.png", "report.html"} <= {path.name for path in Path("killed").iterdir()}


def test_exact_laws_begin_anew(monkeypatch):
    def compute(progress):
        if not Path("killed").exists():
            shutil.copytree("whole", "killed")
        return []

    quick = LawFigure("theories", compute, lambda summary: "# Nothing\n", lambda folder: None)
    monkeypatch.setattr(registry, "law_figures", lambda: {"theories": quick})
    finished("reproduce", "theories", "--quiet", "--out", "whole")
    assert status("killed") == "RUNNING"
    refused("langevin-sim resume killed goes on", "rerun", "killed")
    shutil.copytree("killed", "killed too")
    finished("resume", "killed", "--quiet")
    finished("reproduce", "theories", "--quiet", "--out", "killed too")
    for folder in ("killed", "killed too"):
        assert status(folder) == "COMPLETED"
        assert len(json.loads(Path(folder, "manifest.json").read_text())["resumed"]) == 1
    refused("already exists", "reproduce", "theories", "--quiet", "--out", "killed")
    refused("nothing to resume", "resume", "killed")


def test_a_sweep_goes_on(monkeypatch):
    monkeypatch.setattr(sweep_options, "open_workers", lambda *arguments: nullcontext(public._Here(1)))
    snapshot(monkeypatch, public._Here, "run")
    finished("sweep", "--grid", "temperature=0.5,1", *RUN[1:], "--out", "whole")
    assert status("killed") == "RUNNING"
    way = "langevin-sim sweep killed goes on"
    refused(way, "resume", "killed")
    refused(way, "rerun", "killed")
    finished("sweep", "killed", "--quiet")
    assert Path("killed/sweep.csv").read_text().count("\n") == Path("whole/sweep.csv").read_text().count("\n")
    finished("verify", "killed")


def test_one_of_two_processes_gets_the_folder():
    manifest = {"kind": "run"}
    Path("new").mkdir()
    with locked(Path("new")), pytest.raises(BusyError):
        disk.begin(Path("new"), manifest)
    disk.begin(Path("new"), manifest)
    with pytest.raises(FolderError, match="already exists"):
        disk.begin(Path("new"), manifest)


def test_a_folder_that_is_not_ours_stays():
    Path("mine").mkdir()
    Path("mine/.git").mkdir()
    refused("already exists", *RUN, "--out", "mine")
    assert [path.name for path in Path("mine").iterdir()] == [".git"]


def test_nothing_stays_behind_where_a_law_fails(monkeypatch):
    monkeypatch.setattr(module, "prepare", lambda *arguments: (_ for _ in ()).throw(FolderError("no law")))
    refused("no law", *RUN, "--out", "a/b/c")
    assert list(Path().iterdir()) == []
