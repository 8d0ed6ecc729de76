"""Dask workers: real ones on loopback, and messages about those that fail."""

import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from langevin_sim.cli.main import main
from langevin_sim.errors import ClusterError

pytest.importorskip("distributed", reason="the extra cluster is not installed")

import distributed
from real_cluster import cluster

from langevin_sim.cluster import connect
from langevin_sim.cluster.dask_workers import DaskWorkers
from langevin_sim.cluster.versions import differences, installed

PROGRAM = "from langevin_sim.cli.main import main; main()"
ENSEMBLE = [
    "run",
    "--dims",
    "3",
    "--walkers",
    "6000",
    "--steps",
    "30000",
    "--no-chain",
    "--seed",
    "1",
    "--threads",
    "1",
    "--quiet",
]
SWEEP = [
    "sweep",
    "--dims",
    "1",
    "--grid",
    "temperature=0.8,1,1.2",
    "--walkers",
    "500",
    "--steps",
    "800",
    "--burn-in",
    "40",
    "--no-chain",
    "--seed",
    "1",
    "--quiet",
]
DATA = ("histograms.npz", "positions.npz", "summary.csv")


@pytest.fixture(scope="module")
def real():
    with cluster(2) as made:
        yield made


def start(*arguments):
    return subprocess.Popen([sys.executable, "-W", "error", "-c", PROGRAM, *arguments], stderr=subprocess.PIPE, text=True)


def finish(process):
    said = process.communicate()[1]
    assert process.returncode == 0, said
    assert said == ""


def test_a_sharded_ensemble_of_which_a_worker_is_killed_and_a_sweep_have_the_bits_of_one_process(real, tmp_path):
    one, shards = tmp_path / "one", tmp_path / "shards"
    there = start(*ENSEMBLE, "--out", str(shards), "--scheduler", real.address)
    while not (shards / "manifest.json").exists():
        assert there.poll() is None, there.communicate()[1]
        time.sleep(0.05)
    time.sleep(0.5)
    real.kill_worker(0)  # what it was at is done by the other
    finish(start(*ENSEMBLE, "--out", str(one)))
    finish(there)
    assert [(one / name).read_bytes() for name in DATA] == [(shards / name).read_bytes() for name in DATA]

    finish(start(*SWEEP, "--out", str(tmp_path / "there"), "--scheduler", real.address))
    point = tmp_path / "there/points/temperature=1,dim=1"
    answer = CliRunner().invoke(main, ["rerun", str(point), "--out", str(tmp_path / "again"), "--threads", "1"])
    assert answer.exit_code == 0, answer.output
    assert "the same bits: histograms.npz, positions.npz, summary.csv" in answer.stdout


def test_processes_of_its_own(tmp_path):
    finish(start(*SWEEP, "--out", str(tmp_path / "here"), "--workers", "2"))
    assert (tmp_path / "here/points/temperature=1.2,dim=1/summary.json").exists()


def test_a_scheduler_that_does_not_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(connect, "_PATIENCE", 0.5)
    for command in (ENSEMBLE, SWEEP):
        answer = CliRunner().invoke(main, [*command, "--out", str(tmp_path / "here"), "--scheduler", "tcp://127.0.0.1:1"])
        assert answer.exit_code == 2
        assert len(answer.stderr.splitlines()) == 1
        assert "no scheduler answers at tcp://127.0.0.1:1" in answer.stderr
    answer = CliRunner().invoke(main, [*SWEEP, "--out", str(tmp_path / "here"), "--scheduler", "nonsense://x"])
    assert answer.exit_code == 2
    assert "nonsense" in answer.stderr
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("there", "message"),
    [
        ({**installed(), "numpy": "1.0"}, "numpy .* here, 1.0 there"),
        (ModuleNotFoundError("No module named 'langevin_sim'"), "cannot run this program"),
    ],
)
def test_workers_that_would_compute_other_bits(there, message):
    client = SimpleNamespace(run=lambda *arguments, on_error: {"tcp://a": installed(), "tcp://b": there})
    with pytest.raises(ClusterError, match=f"worker tcp://b .*{message}"):
        DaskWorkers(client, 1).check()
    assert differences(installed(), installed()) == ""


def test_what_is_said_of_workers_that_died():
    lost = distributed.KilledWorker("task", SimpleNamespace(address="tcp://a"), 3)
    logs = [{"tcp://a": [("WARNING", "Worker exceeded 95% memory budget. Restarting...")]}, {}]
    said = [str(DaskWorkers(SimpleNamespace(get_worker_logs=lambda nanny, log=log: log), 1)._explained(lost)) for log in logs]
    assert said[0].startswith("out of memory: 4 workers died while running it, the last at tcp://a")
    assert said[1].startswith("4 workers died while running it")
    assert "out of memory (no more)" in str(DaskWorkers(SimpleNamespace(), 1)._explained(MemoryError("no more")))
    assert str(DaskWorkers(SimpleNamespace(), 1)._explained(KeyError("x"))) == "KeyError: 'x'"


def test_without_dask(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in [name for name in sys.modules if name.startswith(("dask.", "distributed.", "langevin_sim.cluster"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "dask", None)
    monkeypatch.setitem(sys.modules, "distributed", None)
    answer = CliRunner().invoke(main, SWEEP)
    assert answer.exit_code == 2
    assert "pip install 'langevin-sim[cluster]'" in answer.stderr
    assert not any(tmp_path.iterdir())
