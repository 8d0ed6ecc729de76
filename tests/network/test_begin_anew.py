"""Measurements that were killed begin anew by resume, or by their own command; a changed model file is noticed."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("torch")

from langevin_sim.cli.main import main
from langevin_sim.runs import network_folder

TINY = ["--train-size", "60", "--test-size", "20", "--batch-size", "20", "--epochs", "2", "--quiet"]
MODEL = """from torch import nn


def small(shape, classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, classes))
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))


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


@pytest.mark.parametrize("kind", ["table1", "plane"])
def test_a_killed_measurement_begins_anew(monkeypatch, kind):
    for labels in ("natural", "random"):
        finished(
            "deep", "train", "--model", "linear", *TINY, "--replicas", "3", "--labels", labels, "--seed", "1", "--out", labels
        )
    write = network_folder.write

    def copied(*arguments):
        if not Path("killed").exists():
            shutil.copytree("whole", "killed")
        write(*arguments)

    monkeypatch.setattr(network_folder, "write", copied)
    few = ["--directions", "1", "--seed", "5"] if kind == "table1" else ["--divisions", "1"]
    command = ["deep", kind, "natural", "random", *few, "--quiet", "--out"]
    finished(*command, "whole")
    assert json.loads(Path("killed/manifest.json").read_text())["status"] == "RUNNING"
    refused("langevin-sim resume killed goes on", "rerun", "killed")
    shutil.copytree("killed", "killed too")
    finished("resume", "killed", "--quiet")
    finished(*command, "killed too")
    for folder in ("killed", "killed too"):
        finished("verify", folder)
        assert Path(folder, "arrays.npz").read_bytes() == Path("whole/arrays.npz").read_bytes()
    refused("already exists", *command, "killed")
    if kind == "table1":
        shutil.copytree("whole", "other")
        manifest = json.loads(Path("other/manifest.json").read_text())
        Path("other/manifest.json").write_text(json.dumps(manifest | {"status": "RUNNING"}))
        other = [word if word != "5" else "6" for word in command]
        refused("langevin-sim resume other goes on", *other, "other")  # the same folder, but another seed


def test_a_changed_model_is_refused(tmp_path, monkeypatch):
    Path("net.py").write_text(MODEL)
    finished("deep", "train", "--model", "net.py:small", *TINY, "--seed", "1", "--out", "trained")
    assert Path("trained/sources/net.py").read_text() == MODEL
    Path("net.py").write_text(MODEL.replace("ReLU", "Tanh"))
    measure = ["deep", "flatness", "trained", "--directions", "1", "--quiet"]
    refused("net.py has changed", *measure)
    Path("net.py").unlink()
    finished(*measure, "--out", "radii")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "another home"))
    refused("--trust", *measure)
    refused("--trust", "rerun", "trained")
    refused("--trust", "rerun", "radii")
    finished("rerun", "trained", "--trust", "--quiet")
