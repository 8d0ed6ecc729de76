import contextlib
import json
import os
import pty
import re
import subprocess
import sys
import tomllib

import pytest
from click.testing import CliRunner

import langevin_sim
from langevin_sim.cli.main import main
from langevin_sim.cli.table import print_table
from langevin_sim.engine import benchmark
from langevin_sim.errors import InputError
from langevin_sim.settings.run import make_spec
from langevin_sim.settings.spec import read_config

TINY = ["--walkers", "256", "--steps", "800", "--burn-in", "200", "--seed", "1"]


def call(*arguments):
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_run_writes_the_whole_folder(tmp_path):
    result = call("run", "--dims", "1,2", "--dynamics", "gdl,mala", "--out", "here", *TINY)
    assert result.exit_code == 0, result.output
    folder = tmp_path / "here"
    names = {path.name for path in folder.iterdir()}
    written = {"summary.json", "summary.csv", "histograms.npz", "positions.npz", "figure.png", "figure.pdf", "report.html"}
    assert names == written | {"manifest.json", "run.log"}
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["schema"] == 2
    assert [(r["dim"], r["dynamics"]) for r in summary["results"]] == [(1, "gdl"), (1, "mala"), (2, "gdl"), (2, "mala")]
    wide = summary["results"][0]["regions"][0]
    assert {"name", "mass", "stderr", "boltzmann", "chain"} <= set(wide)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["status"] == "COMPLETED"
    assert set(manifest["outputs"]) == written


def test_same_seed_same_summary_on_any_threads():
    summaries = []
    for threads in ("1", "0"):
        result = call("run", "--dims", "2", "--json", "--threads", threads, *TINY)
        summary = json.loads(result.stdout)
        for entry in summary["results"]:
            entry.pop("seconds")
            entry.pop("updates_per_second")
        summaries.append(summary)
    assert summaries[0] == summaries[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--potential", "towwell"], "did you mean 'twowell'"),
        (["--dims", "5..1"], "write 1..5 for a range"),
        (["--dims", "0"], "write 1..5 for a range"),
        (["--dims", "1..x"], "write 1..5 for a range"),
        (["--step-size", "-1"], "step-size"),
        (["--step-size", "nan"], "step-size"),
        (["--temperature", "-0.5"], "temperature"),
        (["--walkers", "many"], "walkers"),
        (["--set", "ratoi=2"], "did you mean 'ratio'"),
        (["--set", "ratio"], "KEY=NUMBER"),
        (["--set", "ratio=nan"], "KEY=NUMBER"),
        (["--dynamics", "gdll"], "did you mean 'gdl'"),
        (["--start", "wied"], "did you mean 'wide'"),
        (["--threads", "-2"], "threads"),
        (["--noise", "1", "--temperature", "1"], "give only one"),
        (["--config", "nowhere.toml"], "nowhere.toml"),
        (["--out", "/proc/nothing/here"], "choose another --out"),
        (["--dynamics", "mala", "--temperature", "0"], "temperature 0"),
        (["--step-sizee", "1"], "No such option"),
        (["--schedule", "pow"], "did you mean 'power'"),
        (["--schedule", "power:q=1"], "'q'"),
        (["--noise-schedule", "temperatur"], "unknown schedule"),
        (["--domain", "ring:0,1"], "expected space, torus"),
        (["--domain", "torus:3,1"], "the lower first"),
        (["--dynamics", "sgd", "--tilt", "foo:1"], "unknown tilt"),
        (["--dynamics", "sgd", "--tilt", "matrix:1,2;3"], "matrix:A,B;B,C"),
        (["--dynamics", "sgd", "--terms", "3"], "even number"),
        (["--dynamics", "sgd", "--batch-size", "2000"], "has only 1000 terms"),
        (["--batch-size", "0"], "batch-size"),
        (["--steps", "few"], "steps = 'few'"),
        (["--potential", "rbf", "--dims", "3"], "expected 2"),
        (["--dynamics", "gd", "--steps", "auto"], "give a number of steps"),
    ],
)
def test_bad_input_is_one_line_and_harms_nothing(tmp_path, arguments, said):
    result = call("run", *TINY, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert len(result.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_left_as_it_is(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "mine.txt").write_text("mine")
    result = call("run", "--dims", "1", "--out", "kept", *TINY)
    assert result.exit_code == 2
    assert "already exists" in result.stderr
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["mine.txt"]


def test_divergence_names_the_stability_bound(tmp_path):
    result = call("run", "--dims", "1", "--step-size", "5", "--out", "d", *TINY)
    assert result.exit_code == 2
    assert "stable below 0.5" in result.stderr
    assert json.loads((tmp_path / "d" / "manifest.json").read_text())["status"] == "FAILED"


def test_check_and_unconverged():
    arguments = ["run", "--dims", "1", "--start", "narrow", "--burn-in", "0", "--steps", "400", "--walkers", "2000"]
    result = call(*arguments, "--seed", "4", "--json", "--check")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["results"][0]["verdict"] == "unconverged"


def test_printed_config_is_taken_back(tmp_path):
    printed = call("run", "--dims", "2..3", "--set", "ratio=3", "--temperature", "0.7", "--seed", "9", "--print-config")
    assert tomllib.loads(printed.stdout)["dims"] == [2, 3]
    (tmp_path / "c.toml").write_text(printed.stdout)
    assert call("run", "--config", "c.toml", "--print-config").stdout == printed.stdout
    (tmp_path / "c.toml").write_text("walkerz = 3")
    assert "did you mean 'walkers'" in call("run", "--config", "c.toml").stderr


def test_bench_tells_what_a_step_costs(monkeypatch):
    monkeypatch.setattr(benchmark, "_BLOCKS", 2)
    monkeypatch.setattr(benchmark, "_REPEATS", 1)
    result = call("bench", "--json")
    assert result.exit_code == 0, result.output
    measured = json.loads(result.stdout)
    assert measured["unit"] == "ns per walker, step and dimension"
    assert [row["dim"] for row in measured["rows"]] == [1, 2, 5, 10]
    assert all(value > 0 for row in measured["rows"] for value in row.values())
    assert "GDL, twowell" in call("bench").stdout


def test_help_imports_nothing_heavy():
    code = "import sys; from langevin_sim.cli.main import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "numba", "scipy", "matplotlib", "pydantic"} & set(loaded)
    for command in ("run", "bench"):
        assert "Example:" in call(command, "--help").output


def test_the_four_dynamics_side_by_side():
    """GD's basins, SGD at T_eff, SGDL at T + T_eff, from the same uniform starts."""
    settings = "--start uniform --walkers 512 --steps 2000 --burn-in 1000 --step-size 0.05 --seed 2 --json"
    result = call("run", "--dims", "1", "--dynamics", "gd,gdl,sgd,sgdl", *settings.split())
    assert result.exit_code == 0, result.output
    gd, gdl, sgd, sgdl = json.loads(result.stdout)["results"]
    assert gd["verdict"] == "no-reference"
    assert gdl["effective_temperature"] == gdl["temperature"] == 1.0
    assert sgd["temperature"] == 0.0
    assert sgd["effective_temperature"] == pytest.approx(1.0)
    assert sgdl["effective_temperature"] == pytest.approx(2.0)
    # the law of GDL at T_eff, but for the shape of the noise: batches are not quite Gaussian
    assert sgd["regions"][0]["chain"] == pytest.approx(gdl["regions"][0]["chain"], abs=1e-3)
    assert sgd["regions"][0]["chain"] != pytest.approx(gdl["regions"][0]["chain"], abs=1e-6)
    for entry in (sgd, sgdl):  # 4.9 sigma, and the bias of the finite step, which the fit does not know
        fitted, predicted = entry["fitted_temperature"], entry["effective_temperature"]
        assert abs(fitted["mean"] - predicted) < 0.1 * predicted + 4.9 * fitted["stderr"]


def test_the_table_fits_eighty_columns():
    arguments = ["run", "--dims", "2", "--potential", "wedge", "--dynamics", "gdl,mala", "--temperature", "0.2", *TINY]
    arguments += ["--step-size", "0.2"]  # wide enough for a chain law on few nodes
    result = CliRunner(env={"COLUMNS": "80"}).invoke(main, arguments)
    assert result.exit_code == 0, result.output
    table = [line for line in result.stdout.splitlines() if "±" in line]
    assert len(table) == 1 + 4  # the heading, and two regions for each dynamics
    assert max(map(len, result.stdout.splitlines()[:8])) <= 80
    assert all("…" not in line for line in table)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu"], "did you mean 'run'"),
        (["deep", "trian"], "did you mean 'train'"),
        (["potentials", "shwo"], "Did you mean 'show'"),
        (["run", "--potental", "twowell"], "Did you mean '--potential'"),
        (["--trace", "run"], "'--traceback'"),
        (["run", "--domain", "tours:0,1"], "did you mean 'torus'"),
        (["run", "--potential", "twowel"], "did you mean 'twowell'"),
        (["run", "--potential", "expr: sun(x^2)"], "expected one of"),
        (["reproduce", "fig33"], "did you mean 'fig3'"),
        (["reproduce", "table1", "--scale", "labtop"], "did you mean 'laptop'"),
        (["rerun", "here", "--device", "cup"], "did you mean 'cpu'"),
        (["sweep", "--grid", "temprature=1,2"], "did you mean 'temperature'"),
    ],
)
def test_what_is_misspelt_is_told_with_the_nearest(arguments, said):
    result = call(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_choices_within_settings_are_suggested():
    from langevin_sim.settings.network import FlatnessSpec, TrainSpec
    from langevin_sim.settings.spec import parse

    with pytest.raises(InputError, match="labels = 'natrual': did you mean 'natural'"):
        parse(TrainSpec, {"labels": "natrual"})
    with pytest.raises(InputError, match="direction = 'fitler': did you mean 'filter'"):
        parse(FlatnessSpec, {"direction": "raw,fitler"})


def test_version():
    assert call("--version").output == f"langevin-sim, version {langevin_sim.__version__}\n"


def test_completion_offers_commands_and_options():
    def offered(words):
        env = {"_LANGEVIN_SIM_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
        return CliRunner().invoke(main, env=env, prog_name="langevin-sim").output

    assert "plain,resume" in offered("langevin-sim re")
    assert "plain,--step-size" in offered("langevin-sim run --ste")
    for shell in ("bash", "zsh", "fish"):
        script = CliRunner().invoke(main, env={"_LANGEVIN_SIM_COMPLETE": f"{shell}_source"}, prog_name="langevin-sim").output
        assert "_LANGEVIN_SIM_COMPLETE" in script


def on_terminal(environment):
    """What run prints of a summary on a terminal of 80 columns."""
    code = (
        "from langevin_sim.cli.table import print_table;"
        "region = dict(name='wide', mass=0.5, stderr=0.1, boltzmann=0.5, chain=None);"
        "print_table(dict(potential='twowell', results=[dict(dim=1, dynamics='gdl', regions=[region], verdict='agrees')]))"
    )
    ours, theirs = pty.openpty()
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE")}
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=theirs,
        stdin=theirs,
        stderr=subprocess.PIPE,
        env=env | {"TERM": "xterm-256color", "COLUMNS": "80"} | environment,
    )
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # Linux: the other end is closed
        while piece := os.read(ours, 4096):
            shown += piece
    os.close(ours)
    assert process.wait() == 0, process.stderr.read()
    process.stderr.close()
    return shown.decode()


COLOUR = re.compile(r"\x1b\[[0-9;]*(?<![0-9])[349][0-7][0-9;]*m")  # foreground, background


def test_colour_is_for_terminals_and_not_with_no_color():
    coloured = on_terminal({})
    assert COLOUR.search(coloured)
    assert "agrees" in coloured
    plain = on_terminal({"NO_COLOR": "1"})
    assert "agrees" in plain
    assert not COLOUR.search(plain)


def test_no_escapes_where_there_is_no_terminal(capsys):
    region = {"name": "wide", "mass": 0.5, "stderr": 0.1, "boltzmann": 0.5, "chain": None}
    result = {"dim": 1, "dynamics": "gdl", "regions": [region], "verdict": "agrees"}
    print_table({"potential": "twowell", "results": [result]})
    printed = capsys.readouterr().out
    assert "agrees" in printed
    assert "\x1b" not in printed


def test_a_run_says_why_there_is_no_law(tmp_path):
    for options, why in (
        (["--temperature", "0"], "takes each walker to the minimum of its basin"),
        (["--dynamics", "gd"], "takes each walker to the minimum of its basin"),
        (["--schedule", "power:p=0.5,t0=100"], "with a schedule, has no stationary law"),
    ):
        arguments = ["run", "--dims", "1", "--walkers", "64", "--steps", "40", "--seed", "1", *options]
        result = CliRunner().invoke(main, [*arguments, "--out", str(tmp_path / options[1])])
        assert result.exit_code == 0, result.output
        assert "no-reference" in result.output
        assert why in result.output


def test_a_run_keeps_as_many_regions_as_asked_for(tmp_path):
    wells = ["run", "--potential", "expr: cos(2*x1)", "--domain", "torus:0,25.132741228718345", "--dims", "1", "--quiet"]
    tiny = ["--walkers", "64", "--steps", "40", "--seed", "1", "--no-chain"]
    with pytest.warns(UserWarning, match="more than 3 minima"):
        result = CliRunner().invoke(main, [*wells, *tiny, "--max-regions", "3", "--out", str(tmp_path / "run")])
    assert result.exit_code == 0, result.output
    regions = json.loads((tmp_path / "run" / "summary.json").read_text())["results"][0]["regions"]
    assert [region["name"] for region in regions] == ["well1", "well2", "well3", "elsewhere"]
    assert "max_regions = 3" in CliRunner().invoke(main, [*wells, *tiny, "--max-regions", "3", "--print-config"]).output


def test_toml_as_people_write_it(tmp_path):
    path = tmp_path / "run.toml"
    path.write_bytes(b"\xef\xbb\xbf" + b"dims = 1\nstart = 0.5\nwalkers = 100\n")
    spec = make_spec(read_config(path))
    assert (spec.dims, spec.start, spec.walkers) == ([1], "0.5", 100)
    assert make_spec({"dims": 1, "start": 2}).start == "2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("noise = 0.1", "temperature"),
        ("[set]\ndepth = 2", "[parameters]"),
        ("[set-dynamics]\na = 2", "[dynamics_settings]"),
        ("dim = 2", "dims = 2"),
        ("step-size = 0.1", "did you mean 'step_size'?"),
        ("dims = true", "dims"),
        ("start = true", "start"),
    ],
)
def test_hints_for_toml_are_near(tmp_path, text, said):
    (tmp_path / "run.toml").write_text(text)
    result = call("run", "--config", "run.toml")
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
