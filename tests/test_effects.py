"""A run has no effect on its process, and a user's settings have no effect on its figure."""

import json
import locale
import logging
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import matplotlib
import numba
import numpy as np
import pytest
import threadpoolctl  # noqa: F401 - it sets KMP_DUPLICATE_LIB_OK when it is imported, which is no effect of a run
from click.testing import CliRunner

from langevin_sim import GDL, potentials
from langevin_sim.cli.main import main
from langevin_sim.plots import concentration
from langevin_sim.plots.figure import literal, new_figure, own_style
from langevin_sim.simulation.simulate import available_threads, simulate

SHORT = ["--walkers", "64", "--steps", "80", "--burn-in", "40", "--seed", "1", "--no-chain", "--quiet"]
RUN = ["run", "--dims", "1,2", *SHORT, "--out"]
LOGGERS = (None, "langevin_sim", "py.warnings")
ELSEWHERE = [sys.executable, "-c", "from langevin_sim.cli.main import main; main()"]


def state():
    """The global state of a process that a run could change."""
    generator, keys, *rest = np.random.get_state()  # noqa: NPY002
    return {
        "rc": dict(matplotlib.rcParams.copy()),  # the backend too; of a copy it is not looked for
        "random": (generator, keys.tolist(), rest, random.getstate()),
        "threads": numba.get_num_threads(),
        "locale": locale.setlocale(locale.LC_ALL),
        "printing": np.get_printoptions(),
        "start method": multiprocessing.get_start_method(allow_none=True),
        "recursion": sys.getrecursionlimit(),
        "filters": list(warnings.filters),
        "showwarning": warnings.showwarning,
        "signals": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)],
        "environment": dict(os.environ),
        "folder": Path.cwd(),
        "errors": np.geterr(),
        "logging": [(log.level, log.propagate, list(log.handlers)) for log in (logging.getLogger(name) for name in LOGGERS)],
        "excepthook": sys.excepthook,
        "path": list(sys.path),
        "torch": torch_state() if "torch" in sys.modules else None,
    }


def torch_state():
    """The global state of PyTorch."""
    import torch

    return {
        "threads": torch.get_num_threads(),
        "random": torch.random.get_rng_state().tolist(),
        "dtype": torch.get_default_dtype(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "gradients": torch.is_grad_enabled(),
    }


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_run_changes_nothing_global(monkeypatch):
    monkeypatch.setitem(matplotlib.rcParams, "lines.linewidth", 7.5)  # a user's own
    monkeypatch.setitem(matplotlib.rcParams, "backend", "svg")
    threads = numba.get_num_threads()
    np.random.seed(3)  # noqa: NPY002 - the legacy state is what is looked at
    before = state()
    arguments = [*RUN, "run", "--threads", "1"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert state() == before
    for arguments in (["rerun", "run"], ["resume", "run", "--steps", "120", "--quiet"], ["report", "run"]):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output
        assert state() == before, arguments
    assert numba.get_num_threads() == threads


def test_simulate_changes_nothing_global():
    U = potentials.twowell(dim=2)
    random.seed(3)
    before = state()
    run = simulate(U, GDL(step_size=0.01, temperature=1.0), walkers=64, steps=80, burn_in=40, seed=1, threads=1)
    run.verdict()
    run.plot()
    assert state() == before


DEEP = ["deep", "train", "--train-size", "60", "--test-size", "30", "--batch-size", "20", "--epochs", "2", "--quiet"]


def test_a_training_changes_nothing_global(threads_of_torch):
    """Nor do measurements at its minima, nor its page. It asks for one thread more than torch had."""
    random.seed(3)
    before = state()
    for arguments in (
        [*DEEP, "--seed", "1", "--replicas", "2", "--threads", str(threads_of_torch + 1), "--out", "run"],
        ["deep", "noise", "run", "--batch-sizes", "10,20", "--batches", "30", "--seed", "1", "--quiet", "--out", "noise"],
        ["report", "run"],
    ):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output
        assert state() == before, arguments
    assert manifest("run")["threads"] == threads_of_torch + 1  # that many it had
    assert manifest("noise")["threads"] == threads_of_torch


def test_a_training_that_stops_and_goes_on_gives_the_threads_back(threads_of_torch):
    from langevin_sim.network import train
    from langevin_sim.settings.network import TrainSpec

    def stop(name, step, total, note=""):
        seen.append(torch.get_num_threads())
        raise KeyboardInterrupt

    torch, seen, before = pytest.importorskip("torch"), [], state()
    settings = {"train_size": 60, "test_size": 30, "batch_size": 20, "epochs": 2, "seed": 1}
    setup = train.prepare(TrainSpec(**settings), "cpu")
    with pytest.raises(KeyboardInterrupt):
        train.train(setup, Path("run"), stop, threads=threads_of_torch + 1)
    assert state() == before
    with pytest.raises(KeyboardInterrupt):
        train.resume(Path("run"), stop)  # on as many as it had
    assert state() == before
    assert seen == [threads_of_torch + 1] * 2


@pytest.fixture
def threads_of_torch():
    """The number of threads of torch. Effects of importing PyTorch or scikit-learn are not effects of a training."""
    torch = pytest.importorskip("torch", reason="the network room needs PyTorch")
    pytest.importorskip("sklearn.datasets", reason="the digits come with scikit-learn")
    from langevin_sim.network import backend  # noqa: F401

    return torch.get_num_threads()


def test_a_run_that_fails_changes_nothing_global(monkeypatch):
    def fail(step):
        raise KeyboardInterrupt

    U = potentials.twowell(dim=1)
    before = state()
    with pytest.raises(KeyboardInterrupt):
        simulate(U, GDL(step_size=0.01, temperature=1.0), walkers=64, steps=80, burn_in=40, seed=1, threads=1, progress=fail)
    assert state() == before


@pytest.mark.skipif(available_threads() < 2, reason="needs two threads to tell them from one")
def test_the_number_of_threads_is_the_users():
    def look(step):
        seen.append(numba.get_num_threads())

    seen = []
    numba.set_num_threads(2)
    U = potentials.twowell(dim=1)
    simulate(U, GDL(step_size=0.01, temperature=1.0), walkers=64, steps=80, burn_in=40, seed=1, threads=1, progress=look)
    assert set(seen) == {2}  # what the user's own code sees


def test_the_state_sees_a_change():
    """The control."""
    before = state()
    with matplotlib.rc_context({"lines.linewidth": 9.0}):
        assert state() != before
    with np.errstate(all="raise"):
        assert state() != before
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert state() != before
    drawn = random.getstate()
    random.random()
    assert state() != before
    random.setstate(drawn)
    with np.printoptions(precision=3):
        assert state() != before
    assert state() == before


ODD = """
import langevin_sim as ls


def make(dim):
    def energy(x):
        return x[0] ** 4 / 4 - x[0] ** 2 + (x**2).sum() / 2

    def gradient(x):
        slope = x.copy()
        slope[0] = x[0] ** 3 - x[0]
        return slope

    return ls.potentials.make(energy, dim, gradient=gradient, name="$x_{")
"""


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The figure of a run in this process."""
    folder = tmp_path_factory.mktemp("plain") / "run"
    result = CliRunner().invoke(main, [*RUN, str(folder)])
    assert result.exit_code == 0, result.output
    return (folder / "figure.png").read_bytes()


@pytest.mark.parametrize("backend", ["absent", "module://matplotlib_inline.absent"])
def test_a_figure_does_not_depend_on_a_users_matplotlib(plain, backend):
    """Neither a backend that is not installed, nor LaTeX, fonts and colours of a matplotlibrc have an effect."""
    Path("matplotlibrc").write_text("text.usetex: True\nfont.family: absent\nlines.linewidth: 9\naxes.facecolor: black\n")
    environment = {**os.environ, "MPLBACKEND": backend}
    subprocess.run([*ELSEWHERE, *RUN, "run"], env=environment, check=True)
    assert manifest("run")["status"] == "COMPLETED"
    assert manifest("run")["warnings"] == []
    assert Path("run/figure.png").read_bytes() == plain


def test_a_name_is_no_formula():
    Path("odd.py").write_text(ODD)
    result = CliRunner().invoke(main, ["run", "--dims", "2", *SHORT, "--out", "run", "--potential", "odd.py:make"])
    assert result.exit_code == 0, result.output
    assert manifest("run")["warnings"] == []
    assert {"figure.png", "figure.pdf", "report.html"} <= manifest("run")["outputs"].keys()


@pytest.mark.parametrize("name", ["$x_{", "$x$", "\\$x_{$", "a$b", "{x}", "$\\frac$ and $"])
def test_a_users_text_is_drawn_as_it_is(name):
    """With or without a formula beside it, text has the same ink as where formulas are unknown."""

    def ink(text, formulas):
        with own_style():
            figure = new_figure(4.0, 1.0)
            figure.text(0.1, 0.4, text, parse_math=formulas)
            figure.canvas.draw()
            return np.asarray(figure.canvas.buffer_rgba()).copy()

    assert (ink(literal(name), True) == ink(name, False)).all()
    ink(f"{literal(name)}: $x_1$", True)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # the overflow of exp(-U/T)
def test_a_run_whose_page_fails_is_complete():
    """Wells so far apart that their law is nan: what can be drawn is drawn, and the rest is a warning."""
    result = CliRunner().invoke(main, [*RUN, "run", "--set", "separation=1e8"])
    assert result.exit_code == 0, result.output
    assert manifest("run")["status"] == "COMPLETED"
    made = manifest("run")["outputs"].keys()
    assert {"histograms.npz", "summary.json", "summary.csv"} <= made
    told = " ".join(manifest("run")["warnings"])
    assert "figure.png" in made or "the figure could not be made" in told
    assert "report.html" in made or "report.html could not be made" in told
    with pytest.MonkeyPatch.context() as patch:  # the control: what is drawn is asked for
        patch.setattr(concentration, "new_figure", lambda *arguments: 1 / 0)
        result = CliRunner().invoke(main, [*RUN, "second"])
        assert result.exit_code == 0, result.output
        assert manifest("second")["warnings"] == ["the figure could not be made: ZeroDivisionError: division by zero"]


def manifest(folder):
    return json.loads(Path(folder, "manifest.json").read_text())
