"""A user's own files are part of a run's identity: changes are told, copies are kept, and unknown code is not run unasked."""

import json
import os
import shutil
import signal
from contextlib import nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner

from langevin_sim.cli import sweep_options
from langevin_sim.cli.main import main
from langevin_sim.cli.progress import Progress
from langevin_sim.plots import concentration
from langevin_sim.runs import public
from langevin_sim.simulation import simulate
from langevin_sim.storage import known

LANDSCAPE = """import langevin_sim as ls
print("this ran")


def make(dim):
    return ls.potentials.make("sum(x^4) / 4 - sum(x^2) / 2", dim)
"""
OTHER = LANDSCAPE.replace("/ 2", "/ 3")
DYNAMICS = """import langevin_sim as ls


class Half(ls.GDL):
    name = "half"


@ls.stepper(Half)
def half(x, gradient, normal, step_size, noise):
    return x - step_size * gradient + 0.5 * noise * normal
"""
RUN = ["run", "--potential", "pot.py:make", "--dims", "1", "--walkers", "256", "--steps", "2000", "--burn-in", "200"]
RUN += ["--no-chain", "--seed", "3", "--checkpoint-seconds", "0", "--quiet"]
SUM = ["run", "--potential", "sum: (a*x1 - b)^2 / 2", "--data", "rows.csv", "--dynamics", "sgd", *RUN[3:]]


@pytest.fixture(autouse=True)
def _quick(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(simulate, "_CHUNK_WORK", 4e4)
    monkeypatch.setattr(concentration, "draw", lambda folder: None)
    Path("pot.py").write_text(LANDSCAPE)
    Path("rows.csv").write_text("a,b\n1,2\n2,1\n1.5,0.5\n1,1\n0.5,1\n1,0\n2,2\n1,3\n1,1.5\n2,1.5\n")


def call(*arguments):
    return CliRunner().invoke(main, list(arguments))


def finished(result):
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def refused(result, *words):
    assert result.exit_code == 2, (result.output, result.exception)
    assert result.output.count("\n") == 1, result.output
    assert "this ran" not in result.output
    for word in words:
        assert word in result.output, result.output


def manifest(folder):
    return json.loads(Path(folder, "manifest.json").read_text())


def stopped(arguments, out):
    calls = iter(range(1_000_000))

    def update(self, name, step, total, note=""):
        if next(calls) == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Progress, "update", update)
        assert call(*arguments, "--out", out).exit_code == 130
    assert manifest(out)["status"] == "INTERRUPTED"


def same(first, second):
    assert Path(first, "histograms.npz").read_bytes() == Path(second, "histograms.npz").read_bytes()


def new_machine(tmp_path, monkeypatch):
    """Nothing has been run there."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "another home"))


def test_a_changed_landscape_is_refused_or_recorded():
    finished(call(*RUN, "--out", "whole"))
    stopped(RUN, "part")
    Path("pot.py").write_text(OTHER)
    for command in (("resume", "part"), ("rerun", "whole")):
        refused(call(*command), "pot.py has changed", "--accept-changes", "sources/pot.py")
    refused(call("resume", "part", "--accept-changes"), "pot.py", "--trust")  # accepted, but never run
    Path("pot.py").write_text(LANDSCAPE)
    finished(call("resume", "part", "--quiet"))
    same("part", "whole")
    assert not any("pot.py" in warning for warning in manifest("part")["warnings"])


def test_an_accepted_change_stands_in_the_manifest():
    stopped(RUN, "part")
    Path("pot.py").write_text(OTHER)
    finished(call("resume", "part", "--quiet", "--accept-changes", "--trust"))
    then, now = manifest("part")["sources"]
    assert then["sha256"] != now["sha256"]
    assert "accepted" in now
    assert Path("part", then["kept"]).read_text() == LANDSCAPE
    assert Path("part", now["kept"]).read_text() == OTHER
    assert any("pot.py changed" in warning for warning in manifest("part")["warnings"])
    finished(call("run", *RUN[1:], "--out", "fresh"))
    result = call("rerun", "part", "--quiet")  # repeats the changed landscape as a whole: other bits than the mixture
    assert result.exit_code == 3, result.output
    same("part-rerun", "fresh")


def test_the_copy_serves_where_the_file_is_missing(tmp_path, monkeypatch):
    Path("dyn.py").write_text(DYNAMICS)
    arguments = [*RUN, "--dynamics", "dyn.py:Half"]
    finished(call(*arguments, "--out", "whole"))
    stopped(arguments, "part")
    for name in ("pot.py", "dyn.py"):
        assert Path("whole/sources", name).read_text() == Path(name).read_text()
        Path(name).rename(f"{name}.gone")
    Path("elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    finished(call("resume", "../part", "--quiet"))
    same("../part", "../whole")
    finished(call("rerun", "../whole", "--quiet"))
    Path("../whole/sources/pot.py").write_text(OTHER)
    refused(call("rerun", "../whole", "--out", "third"), "sources/pot.py has changed")
    Path("../whole/sources/pot.py").unlink()
    refused(call("rerun", "../whole", "--out", "third"), "pot.py")


def test_data_are_compared_and_kept():
    finished(call(*SUM, "--out", "whole"))
    stopped(SUM, "part")
    rows = Path("rows.csv").read_text()
    Path("rows.csv").write_text(rows.replace("0.5", "0.6"))
    refused(call("resume", "part"), "rows.csv has changed")
    refused(call("rerun", "whole"), "rows.csv has changed")
    Path("rows.csv").unlink()
    finished(call("resume", "part", "--quiet"))
    same("part", "whole")


def test_unknown_code_is_not_run_unasked(tmp_path, monkeypatch):
    finished(call(*RUN, "--out", "whole"))
    stopped(RUN, "part")
    assert len(known.known()) == 1
    new_machine(tmp_path, monkeypatch)
    for command in (("rerun", "whole"), ("resume", "part")):
        refused(call(*command), "pot.py", "--trust")
    finished(call("rerun", "whole", "--quiet", "--trust"))
    finished(call("resume", "part", "--quiet"))  # known by now
    same("part", "whole")


def test_a_manifest_cannot_hide_what_it_runs(tmp_path, monkeypatch):
    """Neither a missing list of files, nor one of other files, nor code outside the folder gets run."""
    finished(call(*RUN, "--out", "whole"))
    new_machine(tmp_path, monkeypatch)
    Path("harmless.py").write_text("")
    kept = manifest("whole")
    for sources in ([], [kept["sources"][0] | {"name": "harmless.py:make", "file": str(tmp_path / "harmless.py")}]):
        Path("whole/manifest.json").write_text(json.dumps(kept | {"sources": sources}))
        refused(call("rerun", "whole"), "pot.py", "--trust")
    Path("pot.py").unlink()
    outside = [kept["sources"][0] | {"kept": "../harmless.py"}]
    Path("whole/manifest.json").write_text(json.dumps(kept | {"sources": outside}))
    refused(call("rerun", "whole", "--trust"), "is damaged", "../harmless.py")


def test_a_list_that_cannot_be_written_is_one_warning(tmp_path, monkeypatch):
    Path("file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="cannot write") as warned:
        finished(call(*RUN, "--out", "whole"))
    assert len(warned) == 1
    refused(call("rerun", "whole"), "--trust")


def test_other_versions_are_noted():
    stopped(RUN, "part")
    other = manifest("part")
    Path("part/manifest.json").write_text(json.dumps(other | {"versions": other["versions"] | {"numpy": "1.0"}}))
    result = call("resume", "part")
    assert "numpy 1.0 then" in finished(result)
    assert any("numpy 1.0 then" in warning for warning in manifest("part")["warnings"])


def test_a_sweep_compares_too(tmp_path, monkeypatch):
    monkeypatch.setattr(sweep_options, "open_workers", lambda *arguments: nullcontext(public._Here(1)))
    grid = ["sweep", "--quiet", "--grid", "temperature=0.5,1", *RUN[1:-3], "--out", "all"]
    finished(call(*grid))
    assert Path("all/sources/pot.py").read_text() == LANDSCAPE
    shutil.rmtree("all/points/temperature=1,dim=1")
    new_machine(tmp_path, monkeypatch)
    refused(call("sweep", "all"), "pot.py", "--trust")
    Path("pot.py").write_text(OTHER)
    refused(call("sweep", "all", "--trust"), "pot.py has changed")
    Path("pot.py").unlink()
    finished(call("sweep", "all", "--trust", "--quiet"))
    assert manifest("all/points/temperature=1,dim=1")["status"] == "COMPLETED"


def test_a_report_that_draws_does_not_run_unknown_code(tmp_path, monkeypatch):
    finished(call(*RUN, "--out", "whole"))
    new_machine(tmp_path, monkeypatch)
    finished(call("report", "whole"))  # nothing to draw: no code
    Path("whole/manifest.json").write_text(json.dumps(manifest("whole") | {"drawn": False}))
    refused(call("report", "whole"), "pot.py", "--trust")
    finished(call("report", "whole", "--trust"))
