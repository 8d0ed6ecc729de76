"""Sweeps: grids, points, and what a second call does."""

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner
from inline import Inline

from langevin_sim.cli import sweep_options
from langevin_sim.cli.main import main
from langevin_sim.errors import InputError, UnknownNameError
from langevin_sim.plots import sweep as figure
from langevin_sim.runs import run as module
from langevin_sim.runs.run import run_spec
from langevin_sim.runs.sweep import index
from langevin_sim.settings import grid
from langevin_sim.settings.grid import axis, make, points
from langevin_sim.settings.run import make_spec

TINY = ["--walkers", "256", "--steps", "400", "--burn-in", "40", "--no-chain", "--seed", "1"]
VALUES = {"walkers": 256, "steps": 400, "burn_in": 40, "chain": False}


@pytest.fixture(autouse=True)
def crew(tmp_path, monkeypatch):
    """Workers that are this process, and runs without pictures."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module.concentration, "draw", lambda folder: None)
    monkeypatch.setattr(module, "write_report", lambda folder: None)
    monkeypatch.setattr(module, "_filmed", lambda *arguments: {})
    workers = Inline()
    monkeypatch.setattr(sweep_options, "open_workers", lambda scheduler, processes, threads: workers.opened(processes))
    return workers


def call(*arguments):
    return CliRunner().invoke(main, ["sweep", *arguments])


def rows(folder):
    with open(folder / "sweep.csv", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("temperature=0.2:1.0:5", [0.2, 0.4, 0.6, 0.8, 1]),
        ("step-size=0.001:0.1:3:log", [0.001, 0.01, 0.1]),
        ("seed=3..5", [3, 4, 5]),
        ("dynamics=gdl,mala", ["gdl", "mala"]),
        ("domain=torus:0,18;space", ["torus:0,18", "space"]),
        ("replacement=true,false", [True, False]),
        ("walkers=1e3,2e3", [1000, 2000]),
        ("t=-1:1:3", [-1, 0, 1]),
    ],
)
def test_values_of_an_axis(text, values):
    found = axis(text)
    assert found.name == text.partition("=")[0].replace("-", "_")
    assert found.values == values
    assert [type(value) for value in found.values] == [type(value) for value in values]


@pytest.mark.parametrize("text", ["temperature", "=1,2", "temperature=", "t=1:2:0", "t=0:1:3:log", "t=5..3", "t=1,1", "t=1e999"])
def test_axes_that_cannot_be(text):
    with pytest.raises(InputError, match="--grid"):
        axis(text)


def test_a_point_has_its_seed_from_where_it_is_alone():
    small = make("run", {**VALUES, "dims": [1, 2]}, [axis("temperature=0.5,1")], 7)
    large = make("run", {**VALUES, "dims": [2, 3]}, [axis("temperature=1,0.5,2")], 7)
    first, second = ({point.name: point.spec.seed for point in points(one)} for one in (small, large))
    assert {name: seed for name, seed in first.items() if name in second} == {
        name: second[name] for name in ("temperature=1,dim=2", "temperature=0.5,dim=2")
    }
    assert len({*first.values(), *second.values()}) == 8
    other = make("run", {**VALUES, "dims": [1, 2]}, [axis("temperature=0.5,1")], 8)
    assert not {point.spec.seed for point in points(other)} & set(first.values())
    given = make("run", {**VALUES, "dims": [1]}, [axis("seed=3,4")], 7)
    assert [point.spec.seed for point in points(given)] == [3, 4]


def test_axes_of_a_potential_and_of_settings(tmp_path):
    made = make("run", {**VALUES, "dims": [2], "parameters": {"tau": 1.0}}, [axis("depth=0.5,1"), axis("dynamics=gdl,mala")], 1)
    first, *_ = found = points(made)
    assert len(found) == 4
    assert first.spec.parameters == {"tau": 1.0, "depth": 0.5}
    assert first.spec.dynamics == ["gdl"]
    assert first.name == "depth=0.5,dynamics=gdl,dim=2"
    with pytest.raises(UnknownNameError, match=r"did you mean 'temperature'"):
        make("run", VALUES, [axis("temprature=1,2")], 1)
    with pytest.raises(InputError, match="points: expected at most"):
        make("run", VALUES, [axis("seed=0..99999"), axis("temperature=1,2")], 1)
    with pytest.raises(InputError, match=r"at walkers=1\.5"):
        points(make("run", VALUES, [axis("walkers=256,1.5")], 1))
    long = make("run", {**VALUES, "dims": [1]}, [axis("potential=expr: x1^2/2;expr: (x1-1)^2/2")], 1)
    names = [point.name for point in points(long)]
    assert len(set(names)) == 2
    assert all("/" not in name and len(name) < 140 for name in names)


def test_every_point_has_the_bits_of_its_own_run_and_a_second_call_does_what_is_missing(tmp_path, crew):
    arguments = ["--dims", "1,2", "--grid", "temperature=0.5,1", *TINY, "--out", "here"]
    answer = call(*arguments)
    assert answer.exit_code == 0, answer.output
    assert "4 points: 4 completed" in answer.output
    assert crew.ran == 4
    for point in points(make("run", {**VALUES, "dims": [1, 2]}, [axis("temperature=0.5,1")], 1)):
        run_spec(make_spec(point.spec.model_dump()), tmp_path / "single", 1, lambda *told: None)
        for name in ("histograms.npz", "summary.csv"):
            assert (tmp_path / "single" / name).read_bytes() == (tmp_path / "here/points" / point.name / name).read_bytes()
        for path in (tmp_path / "single").iterdir():
            path.unlink()
        (tmp_path / "single").rmdir()
    table = rows(tmp_path / "here")
    assert len(table) == 8  # two regions each
    assert {row["status"] for row in table} == {"COMPLETED"}
    of_one = json.loads((tmp_path / "here/points/temperature=0.5,dim=1/summary.json").read_text())["results"][0]["regions"][0]
    assert float(table[0]["mass"]) == of_one["mass"]
    assert float(table[0]["boltzmann"]) == of_one["boltzmann"]

    before = (tmp_path / "here/points/temperature=0.5,dim=1/manifest.json").read_bytes()
    assert call(*arguments).exit_code == 0
    assert crew.ran == 4
    assert call("here", "--plot", "energy", "--against", "dim").exit_code == 0
    for wrong, message in (("--plot acceptance", "no run of the sweep has a number"), ("--region wid", "did you mean 'wide'")):
        answer = call("here", *wrong.split())
        assert answer.exit_code == 2
        assert message in answer.stderr
        assert json.loads((tmp_path / "here/manifest.json").read_text())["status"] == "COMPLETED"
    assert crew.ran == 4
    wider = ["--dims", "1,2", "--grid", "temperature=0.5,1,1.5", *TINY, "--out", "here"]
    assert call(*wider).exit_code == 0
    assert crew.ran == 6
    assert (tmp_path / "here/points/temperature=0.5,dim=1/manifest.json").read_bytes() == before
    other = call(*wider, "--start", "uniform")
    assert other.exit_code == 2
    assert "dispersed there, uniform here" in other.output
    assert crew.ran == 6


def test_goes_on_after_the_scheduler_was_lost(tmp_path, crew):
    crew._lost = 3
    arguments = ["--dims", "1", "--grid", "temperature=0.5:1.5:5", *TINY, "--out", "here"]
    answer = call(*arguments)
    assert answer.exit_code == 2
    last = answer.stderr.splitlines()[-1]
    assert last.startswith("langevin-sim: the scheduler is gone; ")
    assert last.endswith("langevin-sim sweep here --scheduler ADDRESS goes on")
    assert [row["status"] for row in rows(tmp_path / "here")][::2] == ["COMPLETED"] * 3 + ["MISSING"]
    crew._lost = None
    assert call("here").exit_code == 0
    assert crew.ran == 5
    assert {row["status"] for row in rows(tmp_path / "here")} == {"COMPLETED"}


def test_failures_are_told_with_their_logs_and_the_rest_is_done(tmp_path, crew):
    answer = call("--dims", "1", "--grid", "step_size=0.02,5", *TINY, "--out", "here")
    assert answer.exit_code == 2
    assert "1 of 2 points failed (step_size=5,dim=1: " in answer.stderr
    assert "is too large" in answer.stderr
    table = {row["point"]: row for row in rows(tmp_path / "here")}
    assert table["step_size=0.02,dim=1"]["status"] == "COMPLETED"
    assert table["step_size=5,dim=1"]["status"] == "FAILED"
    assert "is too large" in table["step_size=5,dim=1"]["error"]
    text = (tmp_path / "here/failures.md").read_text()
    assert "ERROR failed:" in text
    assert json.loads((tmp_path / "here/manifest.json").read_text())["status"] == "FAILED"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--grid", "temprature=1,2"], "did you mean 'temperature'"),
        (["--grid", "temperature=1,2", "--grid", "temperature=3"], "different keys"),
        (["--grid", "temperature=1,-2"], "at temperature=-2"),
        (["--plot", "mas"], "did you mean 'mass'"),
        (["--against", "step_size"], "unknown axis"),
        (["--scheduler", "tcp://127.0.0.1:1", "--workers", "2"], "give only one"),
        (["missing.toml"], "cannot read the configuration"),
    ],
)
def test_bad_input_leaves_nothing(tmp_path, arguments, message):
    answer = call(*arguments, "--dims", "1", *TINY, "--out", "here")
    assert answer.exit_code == 2
    assert message in answer.output
    assert len(answer.output.splitlines()) == 1
    assert not any(tmp_path.iterdir())


def test_other_folders_are_left_as_they_are(tmp_path):
    call("--dims", "1", *TINY, "--out", "here")
    (tmp_path / "strange").mkdir()
    (tmp_path / "strange/note").write_text("mine")
    for folder in ("strange", "here/points/dim=1"):
        answer = call("--dims", "1", *TINY, "--out", folder)
        assert answer.exit_code == 2, folder
        assert call(folder).exit_code == 2
    assert [path.name for path in (tmp_path / "strange").iterdir()] == ["note"]
    for command in ("resume", "rerun"):
        answer = CliRunner().invoke(main, [command, "here"])
        assert answer.exit_code == 2
        assert "is a sweep" in answer.output


@pytest.mark.parametrize("against", [["temperature"], ["temperature", "step_size"], ["dynamics", "dim"], ["potential"]])
def test_figures(tmp_path, monkeypatch, against):
    """Of made-up numbers: panels, lines, laws and cells that are missing."""
    axes = [
        grid.Axis("temperature", [0.5, 1, 2]),
        grid.Axis("step_size", [0.01, 0.02]),
        grid.Axis("dim", [1, 2]),
        grid.Axis("dynamics", ["gdl", "mala"]),
        grid.Axis("potential", ["twowell", "doublewell"]),
    ]
    made = grid.Sweep("run", {"potential": "twowell"}, axes, 1)
    table = []
    for k, point in enumerate(points(grid.Sweep("run", {}, axes, 1))):
        row = {
            **dict.fromkeys(("boltzmann", "chain")),
            **point.where,
            "status": "COMPLETED" if k % 5 else "MISSING",
            "region": "wide",
            "mass": 0.5 + 0.01 * k,
            "stderr": 0.01,
            "verdict": "agrees" if k % 3 else "unconverged",
            "boltzmann": 0.6,
        }
        table.append(row)
    seen = []
    monkeypatch.setattr(figure, "save", lambda drawn, folder: seen.append(drawn))
    figure.draw(tmp_path, made, table, figure.View("mass", against))
    shown = [axes for axes in seen[0].axes if axes.get_xlabel()]
    others = [len(one.values) for one in axes if one.name not in against]
    lines = 1 if len(against) == 2 else others[0]  # the first of the other axes
    assert len(shown) == min(12, np.prod(others) // lines)
    assert all(one.get_ylabel() and one.get_title() for one in shown)
    with pytest.raises(UnknownNameError):
        index.check_view(made, figure.View("mass", ["temprature"]))


def test_processes_divide_the_cores():
    assert sweep_options._processes("run", 8, 0) == 8
    assert sweep_options._processes("run", 8, 4) == 2
    assert sweep_options._processes("run", 1, 4) == 1
