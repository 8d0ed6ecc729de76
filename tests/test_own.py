"""User-defined landscapes: analysed, checked before a run, and compared with the same laws as the built-in ones."""

import contextlib
import json
import math
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import langevin_sim as ls
from langevin_sim import plugins
from langevin_sim.cli.main import main
from langevin_sim.dynamics import parse_domain
from langevin_sim.errors import InputError, PluginError
from langevin_sim.potentials import registry
from langevin_sim.potentials.custom import check, make
from langevin_sim.reference import boltzmann
from langevin_sim.reference.check import findings

EXAMPLE = Path(__file__).parent.parent / "docs" / "example_plugin"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def call(*arguments):
    return CliRunner().invoke(main, list(arguments))


def quiet_make(*arguments, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return make(*arguments, **settings)


def wells(x):
    """The quartic with a tilt in x_1, quadratic in the rest."""
    total = 2.0 * (x[0] ** 2 - 1.0) ** 2 + 0.3 * x[0]
    for j in range(1, x.shape[0]):
        total += 0.5 * x[j] ** 2
    return total


def wells_gradient(x):
    slope = x.copy()
    slope[0] = 8.0 * x[0] * (x[0] ** 2 - 1.0) + 0.3
    return slope


def doubled_gradient(x):
    slope = 2.0 * x
    slope[0] = 16.0 * x[0] * (x[0] ** 2 - 1.0) + 0.6
    return slope


@pytest.mark.parametrize("dim", [1, 2, 3, 5])
def test_minima_regions_and_laws_are_found(dim):
    U = make(wells, dim, gradient=wells_gradient)
    roots = np.roots([8.0, 0.0, -8.0, 0.3]).real
    expected = np.array([roots.min(), roots.max()])
    assert U.minima[:, 0] == pytest.approx(expected, abs=1e-9)
    assert np.abs(U.minima[:, 1:]).max(initial=0.0) < 1e-9
    assert [region.name for region in U.regions] == ["well1", "well2"]
    assert U.symmetry == ("axial" if dim > 2 else "")
    assert all(finding.passed is not False for finding in findings(U, 1.0))
    # the border: the saddle in d <= 2, half way above
    border = np.sort(roots)[1] if dim <= 2 else expected.mean()
    x = np.linspace(-4, 4, 800_001)
    weight = np.exp(-2.0 * (x**2 - 1.0) ** 2 - 0.3 * x)
    law = boltzmann(U, 1.0)
    cell = (U.extent(1.0)[0, 1] - U.extent(1.0)[0, 0]) / (256 if dim == 2 else np.inf)
    densest = weight[np.abs(x - border) < 0.05].max() / (weight.sum() * (x[1] - x[0]))
    assert law.mass("well1") == pytest.approx(weight[x < border].sum() / weight.sum(), abs=cell * densest + 1e-5)


def test_a_run_on_it_agrees_with_its_law():
    """z-test at 0.1 %; the control compares with the law at another temperature."""
    U = make(wells, 2, gradient=wells_gradient)
    run = ls.simulate(U, ls.MALA(step_size=0.05, temperature=1.0), walkers=2048, steps=4000, burn_in=1000, every=20, seed=5)
    mean, stderr = run.occupancy["well1"]
    assert abs(mean - boltzmann(U, 1.0).mass("well1")) < 3.3 * stderr
    assert abs(mean - boltzmann(U, 0.7).mass("well1")) > 3.3 * stderr


def test_without_a_gradient_differences_are_taken_and_said():
    with pytest.warns(UserWarning, match="central differences"):
        U = make(wells, 2)
    x = np.random.default_rng(0).normal(size=(50, 2))
    own = make(wells, 2, gradient=wells_gradient)
    assert U.gradient(x) == pytest.approx(own.gradient(x), abs=1e-7)
    assert np.array_equal(U.energy(x), own.energy(x))


def test_a_flat_valley_is_one_minimum():
    U = quiet_make(lambda x: 3.0 * (x[0] ** 2 + x[1] ** 2 - 1.0) ** 2, 2)
    assert len(U.minima) == 1
    check(U, 1.0)


def test_on_a_torus_the_shorter_way_counts():
    domain = parse_domain("torus:0,6")
    U = quiet_make(lambda x: -np.cos(np.pi * x[0] / 3.0 * 2.0) + 0.1 * np.cos(np.pi * x[0] / 3.0), 1, domain=domain)
    places = U.minima[:, 0] - 6.0 * np.round(U.minima[:, 0] / 6.0)  # 0 and +-3, the deeper one first
    assert np.abs(places) == pytest.approx([3.0, 0.0], abs=1e-5)
    assert U.label(np.array([[5.8], [0.2], [3.1]])).tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("energy", "dim", "domain", "words"),
    [
        (lambda x: x[0] ** 2 - x[1] ** 2, 2, "space", "without bound"),
        (lambda x: x[0], 1, "space", "without bound"),
        (lambda x: 0.4 * np.log(1.0 + x[0] ** 2), 1, "space", "does not confine"),
        (lambda x: x[0] ** 2 + 1.0 / abs(x[0]), 1, "space", "infinite at (0)"),
        (lambda x: x[0] ** 2 + np.log(x[0] + 3.2), 1, "space", "not a number"),
        (lambda x: np.log(x[0]), 1, "box:-2,-1", "not a number"),
        (lambda x: np.log(x[0]), 1, "space", "a start"),
    ],
)
def test_what_cannot_be_simulated_is_told(energy, dim, domain, words):
    with pytest.raises(InputError) as told:
        check(quiet_make(energy, dim, domain=parse_domain(domain)), 1.0)
    assert words in str(told.value)


@pytest.mark.parametrize(
    ("energy", "dim", "domain", "words"),
    [
        ("cos(2*pi*x1)-2*x1", 1, "torus:0,1", "the energy is not periodic on torus:0,1: it is 1 at x1 = 0 and -1 at x1 = 1"),
        ("cos(2*pi*x1)+x2*sin(2*pi*x1)+cos(2*pi*x2)", 2, "torus:0,1", "x2 = 1"),
        ("cos(2*pi*x1)-0.001*x1", 1, "torus:0,1", "it is 1 at x1 = 0 and 0.999 at x1 = 1"),
        ("cos(2*pi*x1)+cos(2*pi*x2)+max(0,x1-0.95)*x2/1000", 2, "torus:0,1", "not periodic"),  # 5e-5, and there alone
        ("-log(exp(-x1^2)+exp(-(x1-1)^2))", 1, "box:-50,50", "infinite at .* logaddexp"),
        ("x1^2+1/(1+exp(x1^2))", 1, "box:-50,50", "without a gradient at .* logaddexp"),
        ("x1^3", 1, "space", "falls without bound"),
        ("x1^2*x2+x1*x2", 2, "space", "falls without bound"),
        ("1/(1+x1^2)", 1, "space", "no minimum was found"),
    ],
)
def test_what_an_expression_cannot_be_is_told(energy, dim, domain, words):
    with pytest.raises(InputError) as told:
        check(make(energy, dim, domain=parse_domain(domain)), 1.0)
    assert words in str(told.value) or re.search(words, str(told.value))


@pytest.mark.parametrize("energy", ["cos(2*pi*x1)+(x1-0.5)^2", "abs(sin(pi*x1))", "sum(sin(2*pi*x))*1e6", "cos(2*pi*x1)+1e-9*x1"])
def test_a_kink_at_the_seam_and_rounding_are_no_jump(energy):
    check(make(energy, 1, domain=parse_domain("torus:0,1")), 1.0)


@pytest.mark.parametrize(
    "form", ["-t*log(exp(-(x1+2)^2/(2*t))+exp(-2*(x1-2)^2/t))", "-t*logaddexp(-(x1+2)^2/(2*t), -2*(x1-2)^2/t)"]
)
def test_an_overflow_on_the_way_out_is_told(form):
    """Both terms underflow where (x+2)^2 / 2t > 745, at 745 t / T temperatures; no walker may begin there."""
    naive = "log(exp" in form
    with pytest.warns(UserWarning, match="1[78][0-9] temperatures .* logaddexp") if naive else contextlib.nullcontext():
        U = make(form, 1, parameters={"t": 0.25})
    settings = {"walkers": 64, "steps": 40, "burn_in": 0, "seed": 1}
    with pytest.raises(InputError, match=r"not finite at \(30\)") if naive else contextlib.nullcontext():
        ls.simulate(U, ls.GDL(0.01, 1.0), start=30.0, **settings)
    options = ["--potential", f"expr: {form}", "--set", "t=0.25", "--dims", "1", *TINY, "--quiet", "--out"]
    with pytest.warns(UserWarning, match="logaddexp") if naive else contextlib.nullcontext():
        assert call("run", *options, "run").exit_code == 0
    with pytest.warns(UserWarning, match="logaddexp") if naive else contextlib.nullcontext():
        assert call("run", *options, "far", "--start", "-30").exit_code == (2 if naive else 0)


def test_a_file_is_periodic_on_the_torus_that_it_is_put_on():
    Path("mine.py").write_text(FILE)
    on = ["--dims", "1", *TINY, "--domain"]
    assert "not periodic on torus:-2,3" in call("run", "--potential", "mine.py:quartic", *on, "torus:-2,3").output
    assert call("run", "--potential", "mine.py:quartic", *on, "torus:-2,2", "--quiet").exit_code == 0


def test_python_refuses_what_the_command_line_refuses():
    """Ackley's function has no integral over the plane; in a box it has."""
    ackley = "20-20*exp(-0.2*sqrt((x1^2+x2^2)/2))+2.718281828-exp((cos(2*pi*x1)+cos(2*pi*x2))/2)"
    with pytest.raises(InputError, match="does not confine"):
        make(ackley, 2)
    told = call("run", "--potential", f"expr: {ackley}", "--dims", "2", "--quiet")
    assert told.exit_code == 2
    assert "does not confine" in told.output
    assert len(make(ackley, 2, domain=parse_domain("reflecting:-1.5,1.5")).minima) == 9


@pytest.mark.parametrize("energy", ["1e20*x1^2-3e17", "(x1^2-1)^2*1e16-4e16", "cosh(x1)-1e18*exp(-x1^2)"])
def test_a_deep_well_has_a_bound(energy):
    check(make(energy, 1), 1.0)


def test_the_funnel_is_sound():
    """At (x_1, 0), far to the left, 0 times infinity is nan; U confines, and x_1 has the law N(0, 9)."""
    U = make("x1^2/18 + x2^2*exp(-x1)/2 + x1/2", 2)
    check(U, 1.0)
    assert U.minima == pytest.approx(np.array([[-4.5, 0.0]]), abs=1e-9)


@pytest.mark.parametrize("domain", ["reflecting:0,5", "box:0,5"])
def test_a_minimum_may_be_on_a_wall(domain):
    """exp(-2 x) on [0, 5]: E U = 1 - 10 / (e^10 - 1)."""
    U = make("2*x1", 1, domain=parse_domain(domain))
    check(U, 1.0)
    assert U.minima.tolist() == [[0.0]]
    assert all(finding.passed is not False for finding in findings(U, 1.0))
    assert boltzmann(U, 1.0).mean_energy == pytest.approx(1.0 - 10.0 / math.expm1(10.0), rel=1e-9)
    past = make("(x1+0.001)^2+cos(3*x2)", 2, domain=parse_domain(domain))  # Newton would leave the domain
    assert ((past.minima >= 0.0) & (past.minima <= 5.0)).all()


def test_a_wrong_gradient_is_told():
    with pytest.raises(InputError, match="finite differences of the energy give"):
        check(make(wells, 2, gradient=doubled_gradient), 1.0)


def test_what_numba_cannot_compile_is_told():
    with pytest.raises(InputError, match="cannot be compiled"):
        quiet_make(lambda x: str(x), 1)
    with pytest.raises(InputError, match="expected a function"):
        quiet_make(3.0, 1)


FILE = """
import langevin_sim as ls

def quartic(dim, height=2.0):
    def energy(x):
        total = height * (x[0] ** 2 - 1.0) ** 2
        for j in range(1, x.shape[0]):
            total += 0.5 * x[j] ** 2
        return total
    def gradient(x):
        slope = x.copy()
        slope[0] = 4.0 * height * x[0] * (x[0] ** 2 - 1.0)
        return slope
    return ls.potentials.make(energy, dim, gradient=gradient, name="quartic", parameters={"height": height})

def fails(dim):
    raise RuntimeError("no such luck")

def text(dim):
    return "a potential"
"""
TINY = ["--walkers", "256", "--steps", "400", "--burn-in", "80", "--seed", "1", "--no-chain"]


def test_a_file_of_ones_own_runs_and_runs_again():
    Path("mine.py").write_text(FILE)
    options = ["--potential", "mine.py:quartic", "--set", "height=1.5", "--dims", "1,2", *TINY]
    result = call("run", *options, "--out", "run", "--json")
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert summary["parameters"] == {"height": 1.5}
    assert [r["boltzmann"] for r in summary["results"][0]["regions"]] == pytest.approx([0.5, 0.5], abs=1e-6)
    assert "the same bits" in call("rerun", "run").output
    shown = call("potentials", "show", "mine.py:quartic")
    assert "height = 2" in shown.output
    assert call("potentials", "check", "mine.py:quartic").exit_code == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mine.py:fails", "RuntimeError: no such luck"),
        ("mine.py:text", "made a str: expected a Potential"),
        ("mine.py:missing", "missing"),
        ("gone.py:make", "there is no file"),
        ("towwell", "did you mean 'twowell'"),
    ],
)
def test_what_a_file_does_wrong_is_one_line(name, words, tmp_path):
    Path("mine.py").write_text(FILE)
    result = call("run", "--potential", name, "--dims", "1", *TINY, "--out", "run")
    assert result.exit_code == 2, result.output
    assert words in result.output
    assert result.output.count("\n") == 1
    assert not Path("run").exists()


def test_a_singular_file_leaves_no_folder():
    lines = [
        "import langevin_sim as ls",
        "def pole(dim):",
        "    return ls.potentials.make(lambda x: x[0] ** 2 + 1 / abs(x[0]), dim, gradient=lambda x: 2 * x)",
    ]
    Path("mine.py").write_text("\n".join(lines))
    result = call("run", "--potential", "mine.py:pole", "--dims", "1", *TINY)
    assert result.exit_code == 2
    assert "infinite at (0)" in result.output
    assert [path.name for path in Path().iterdir() if path.name != "__pycache__"] == ["mine.py"]


def test_the_example_plugin_is_installed_and_used(tmp_path):
    installed = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check"]
    copied = tmp_path / "source"
    copied.mkdir()
    for file in ("pyproject.toml", "langevin_sim_ring.py"):
        (copied / file).write_text((EXAMPLE / file).read_text())
    subprocess.run([*pip, "--target", str(installed), str(copied)], check=True)
    command = [sys.executable, "-c", "from langevin_sim.cli.main import main; main()"]
    environment = {**os.environ, "PYTHONPATH": str(installed)}

    def run(*arguments):
        return subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True, check=False)

    moved = run(
        "run", "--dynamics", "relativistic,gdl", "--set-dynamics", "speed=2", "--dims", "1", *TINY, "--json", "--out", "moved"
    )
    assert moved.returncode == 0, moved.stderr
    assert [entry["dynamics"] for entry in json.loads(moved.stdout)["results"]] == ["relativistic", "gdl"]
    listed = run("potentials", "list")
    assert "ring" in listed.stdout
    answer = run("run", "--potential", "ring", "--dims", "2,3", "--set", "tilt=1.0", *TINY, "--json", "--out", "run")
    assert answer.returncode == 0, answer.stderr
    summary = json.loads(answer.stdout)
    assert [region["boltzmann"] for region in summary["results"][0]["regions"]] == pytest.approx([0.5, 0.5], abs=1e-3)


class Broken:
    name = "broken"

    def load(self):
        raise ImportError("no module for this")


def test_a_broken_plugin_is_shown_and_harms_nothing(monkeypatch):
    monkeypatch.setattr(plugins, "installed", lambda group: {"broken": Broken()})
    with pytest.raises(PluginError, match="'broken' is broken"):
        registry.get("broken", 1)
    listed = call("potentials", "list")
    assert listed.exit_code == 0, listed.output
    assert "broken" in listed.output
    assert "twowell" in listed.output
    refused = call("run", "--potential", "broken", "--dims", "1", *TINY)
    assert refused.exit_code == 2
    assert "is broken" in refused.output


def write_rows(path, heading="size,weight,y", rows=40):
    rng = np.random.default_rng(2)
    a = rng.normal(size=(rows, 2))
    y = a @ [2.0, -1.0] + 0.3 * rng.normal(size=rows)
    lines = [f"{p!r},{q!r},{r!r}" for (p, q), r in zip(a.tolist(), y.tolist(), strict=True)]
    Path(path).write_text("\n".join([heading, *lines]) + "\n")
    return a, y


def test_sgd_on_data_of_ones_own():
    a, y = write_rows("points.csv")
    read = ls.potentials.read_rows(Path("points.csv"))
    assert np.array_equal(read[0], a)
    assert np.array_equal(read[1], y)
    options = ["--potential", "regression", "--data", "points.csv", "--dynamics", "sgd,gdl", "--step-size", "0.05", *TINY]
    result = call("run", *options, "--out", "run", "--json")
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert {entry["dim"] for entry in summary["results"]} == {2}
    assert call("rerun", "run").exit_code == 0
    Path("points.csv").write_text(Path("points.csv").read_text().replace("0.", "0.1", 1))
    refused = call("resume", "run", "--steps", "800")
    assert refused.exit_code == 2
    assert "has changed since" in refused.output


def test_the_value_may_stand_anywhere():
    Path("points.csv").write_text("y,a,b\n1,2,3\n4,5,6\n7,8,10\n")
    a, y = ls.potentials.read_rows(Path("points.csv"))
    assert y.tolist() == [1, 4, 7]
    assert a.tolist() == [[2, 3], [5, 6], [8, 10]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b,y\n1,2,3\n4,five,6\n", "row 2, column 'b': 'five'"),
        ("a,b,y\n1,2,3\n4,5\n", "row 2: 2 values: expected 3"),
        ("a,b,y\n1,2,nan\n", "column 'y': 'nan'"),
        ("1,2,3\n4,5,6\n", "expected a heading"),
        ("a,a,y\n1,2,3\n", "two columns are called 'a'"),
        ("a,b,y\n", "one row"),
        ("", "heading"),
    ],
)
def test_bad_rows_are_named(text, words):
    Path("points.csv").write_text(text)
    result = call("run", "--potential", "regression", "--data", "points.csv", *TINY)
    assert result.exit_code == 2, result.output
    assert words in result.output
    assert result.output.count("\n") == 1
    assert [path.name for path in Path().iterdir()] == ["points.csv"]


def test_data_go_with_regression_alone():
    write_rows("points.csv")
    for arguments, words in (
        (["--potential", "twowell", "--data", "points.csv"], "twowell takes no data: expected"),
        (["--potential", "regression", "--data", "points.csv", "--set", "rows=3"], "regression takes no parameters with it"),
        (["--potential", "regression", "--data", "points.csv", "--dims", "3"], "expected 2"),
        (["--potential", "regression", "--data", "gone.csv"], "gone.csv"),
    ):
        result = call("run", *arguments, *TINY)
        assert result.exit_code == 2, result.output
        assert words in result.output


def test_draws_in_arvizs_layout():
    xarray = pytest.importorskip("xarray", reason="the extra netcdf is not installed")
    arviz_stats = pytest.importorskip("arviz_stats")
    run = ls.simulate(ls.potentials.twowell(1), ls.GDL(0.02, 1.0), walkers=256, steps=2000, burn_in=400, every=40, seed=1)
    tree = run.to_xarray()
    x = tree["posterior"]["x"]
    assert x.dims == ("chain", "draw", "coordinate")
    chains = x.sizes["chain"]
    assert x.sizes["draw"] >= chains  # ArviZ warns of more chains than draws
    assert np.array_equal(x[..., 0], run.draws[:chains, :, 1])
    assert np.array_equal(tree["sample_stats"]["region"], run.draws[:chains, :, 0])
    assert call("run", "--dims", "1,2", *TINY, "--out", "run", "--quiet").exit_code == 0
    several = call("export", "run", "--netcdf", "run.nc")
    assert several.exit_code == 2
    assert "--dim 1 --dynamics gdl" in several.output
    assert call("export", "run", "--dim", "2", "--netcdf", "run.nc").exit_code == 0
    opened = xarray.open_datatree("run.nc", engine="h5netcdf")
    assert opened["posterior"].attrs["potential"] == "twowell"
    assert opened["posterior"]["x"].sizes["coordinate"] == 2
    assert (arviz_stats.rhat(opened)["x"] > 0.9).all()
    assert (arviz_stats.ess(opened)["x"] > 10).all()
    again = call("export", "run", "--dim", "2", "--netcdf", "run.nc")
    assert again.exit_code == 2
    assert "already exists" in again.output
