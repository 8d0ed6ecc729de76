"""One place for each list: a new figure of the memo is one file, and every list of figures and of kinds has it."""

import sys

import pytest
from click.testing import CliRunner

from langevin_sim import memo
from langevin_sim.cli.main import main
from langevin_sim.errors import FolderError, InputError, UnknownNameError
from langevin_sim.memo import registry
from langevin_sim.memo.reproduce import experiment
from langevin_sim.memo.reproduce_all import Reproduction, reproductions
from langevin_sim.memo.scales import SCALES
from langevin_sim.runs.execution import Execution
from langevin_sim.runs.kinds import KINDS, kind_of, network_kind
from langevin_sim.runs.resume import resume
from langevin_sim.storage import folder as disk

FIGURE = '''
"""A figure that is only here."""

from langevin_sim import potentials
from langevin_sim.dynamics import GDL
from langevin_sim.memo.ensemble_text import document, masses
from langevin_sim.memo.experiment import Arm, Experiment
from langevin_sim.memo.figure import EnsembleFigure


def experiment(literal):
    arm = Arm("d1", "one", potentials.quadratic(1), GDL(0.1, 1.0), 64, 400, 40, 4)
    return Experiment("fig99", literal, (arm,))


def text(summary):
    return document("Fig. 99: a well", "The memo has no such figure.", summary, masses(summary["results"]))


def draw(folder):
    (folder / "figure.png").write_bytes(b"")


FIGURE = EnsembleFigure("fig99", experiment, text, draw)
'''


@pytest.fixture
def added(tmp_path, monkeypatch):
    """One more file in the package of figures."""
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "fig99.py").write_text(FIGURE)
    monkeypatch.setattr(memo, "__path__", [*memo.__path__, str(tmp_path / "figures")])
    monkeypatch.chdir(tmp_path)
    yield
    sys.modules.pop("langevin_sim.memo.fig99", None)


def test_a_figure_is_one_file(added):
    assert "fig99" in registry.names()
    assert "fig99" in registry.ensemble_figures()
    assert Reproduction("fig99") in reproductions()
    answer = CliRunner().invoke(main, ["reproduce", "fig99", "--seed", "1", "--out", "here", "--quiet"])
    assert answer.exit_code == 0, answer.output
    assert "complete" in CliRunner().invoke(main, ["resume", "here"]).stderr
    answer = CliRunner().invoke(main, ["rerun", "here"])
    assert answer.exit_code == 0, answer.output
    assert "the same bits: histograms.npz, summary.csv" in answer.output


def test_without_the_file_there_is_no_such_figure():
    """The control."""
    with pytest.raises(UnknownNameError, match="unknown figure 'fig99'"):
        registry.figure("fig99")
    with pytest.raises(UnknownNameError):
        experiment("fig1", False)  # of networks, not of ensembles


@pytest.mark.parametrize("name", registry.names())
def test_a_figure_is_called_like_its_file(name):
    assert registry.figure(name).name == name
    if name in registry.ensemble_figures():
        assert {registry.figure(name).experiment(literal).figure for literal in (False, True)} == {name}
    elif name not in registry.law_figures():
        kind = KINDS[registry.figure(name).kind]
        assert kind.text is not None
        assert kind.draw is not None
        assert all(kind.name in scale.measured or kind.name == "compare" for scale in SCALES.values())


def test_every_kind_says_what_it_cannot_do(tmp_path):
    for name in ("sweep", "all"):
        with pytest.raises(FolderError, match=r"langevin-sim (sweep|reproduce all)"):
            KINDS[name].resume(tmp_path, Execution(), None)
    with pytest.raises(FolderError, match="kind = 'cake'"):
        kind_of(tmp_path, {"kind": "cake"})
    for summary in ({}, {"kind": "sweep"}, {"kind": "cake"}):
        with pytest.raises(FolderError, match="no network experiment"):
            network_kind(tmp_path, summary)


def test_only_runs_are_extended(tmp_path):
    (tmp_path / "here").mkdir()
    disk.write_json(
        tmp_path / "here" / "manifest.json",
        {"schema": disk.SCHEMA, "kind": "train", "spec": {}, "status": "INTERRUPTED", "versions": {}, "host": {}, "outputs": {}},
    )
    with pytest.raises(InputError, match="--steps: expected a folder of langevin-sim run"):
        resume(tmp_path / "here", Execution(), steps=100)
