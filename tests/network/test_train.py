"""Run folders of trainings: complete, resumable to the same bits, and undamaged after any failure."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from langevin_sim.cli.main import main

pytest.importorskip("torch", reason="the network room needs PyTorch")

import torch

from langevin_sim.errors import InputError
from langevin_sim.network import tensors, train
from langevin_sim.network.minima import open_minima, trained
from langevin_sim.settings.network import TrainSpec

FILES = {
    "manifest.json",
    "run.log",
    "spec.toml",
    "summary.json",
    "summary.csv",
    "arrays.npz",
    "history.csv",
    "figure.md",
    "figure.png",
    "figure.pdf",
    "report.html",
}
TINY = ["--train-size", "100", "--test-size", "50", "--batch-size", "20", "--seed", "1"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def call(*arguments):
    return CliRunner().invoke(main, ["deep", *arguments])


def silent(name, step, total, note=""):
    pass


def weights(folder):
    return {path.name: path.read_bytes() for path in sorted(Path(folder).glob("replica-*.safetensors"))}


def refused(result, *words):
    assert result.exit_code == 2, result.output
    assert result.output.count("\n") == 1, result.output
    assert "Traceback" not in result.output
    for word in words:
        assert word in result.output, result.output


def test_a_run_folder_is_complete():
    result = call("train", *TINY, "--epochs", "3", "--replicas", "2", "--out", "run", "--quiet")
    assert result.exit_code == 0, result.output
    assert result.output == ""
    folder = Path("run")
    assert {path.name for path in folder.iterdir()} == FILES | {"replica-0.safetensors", "replica-1.safetensors"}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["status"] == "COMPLETED"
    assert set(manifest["outputs"]) == {path.name for path in folder.iterdir()} - {"manifest.json", "run.log"}
    assert "torch" in manifest["versions"]
    lines = (folder / "history.csv").read_text().splitlines()
    assert len(lines) == 1 + 2 * 4
    (run,) = json.loads((folder / "summary.json").read_text())["runs"]
    minima = open_minima(folder)
    for entry in run["results"]:
        walker = minima.load(entry["replica"])
        assert float(walker.weights.double().norm()) == pytest.approx(entry["weight_norm"], rel=1e-12)


def test_the_same_settings_give_the_same_bits_and_config_has_them_again():
    assert call("train", *TINY, "--epochs", "2", "--model", "conv", "--out", "one", "--quiet").exit_code == 0
    assert call("train", "--config", "one/spec.toml", "--out", "two", "--quiet").exit_code == 0
    assert weights("one") == weights("two")
    assert Path("one/history.csv").read_text() == Path("two/history.csv").read_text()


@pytest.mark.parametrize("settings", [[], ["--dynamics", "sgdl", "--momentum", "0.9", "--model", "conv"]])
def test_a_training_that_was_killed_ends_with_the_same_bits(settings):
    options = [*TINY, *settings, "--epochs", "60", "--replicas", "2", "--quiet"]
    assert call("train", *options, "--out", "whole").exit_code == 0
    command = [sys.executable, "-c", "from langevin_sim.cli.main import main; main()", "deep", "train", *options]
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    process = subprocess.Popen([*command, "--out", "killed", "--checkpoint-seconds", "0"], env=environment)
    state = Path("killed/checkpoint/state.safetensors")
    deadline = time.monotonic() + 60
    while not state.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "the training was over before it could be killed"
    assert json.loads(Path("killed/manifest.json").read_text())["status"] == "RUNNING"
    result = CliRunner().invoke(main, ["resume", "killed", "--quiet"])
    assert result.exit_code == 0, result.output
    assert weights("killed") == weights("whole")
    assert Path("killed/history.csv").read_text() == Path("whole/history.csv").read_text()
    assert not state.parent.exists()


def test_an_interrupted_training_keeps_its_checkpoint_and_goes_on():
    spec = TrainSpec(train_size=100, test_size=50, batch_size=20, seed=1, epochs=6, replicas=2)
    setup = train.prepare(spec, "cpu")
    train.train(setup, Path("whole"), silent)

    def stop(name, step, total, note=""):
        if name.endswith("replica 1") and step == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train.train(setup, Path("stopped"), stop)
    assert json.loads(Path("stopped/manifest.json").read_text())["status"] == "INTERRUPTED"
    refused(call("flatness", "stopped"), "INTERRUPTED", "resume stopped")
    train.resume(Path("stopped"), silent, "cpu")
    assert weights("stopped") == weights("whole")
    refused(CliRunner().invoke(main, ["resume", "whole"]), "complete")


def test_a_diverging_training_stops_and_keeps_the_last_good_weights():
    result = call("train", *TINY, "--step-size", "1e4", "--epochs", "50", "--out", "run")
    refused(result, "diverged", "step size 10000", "--step-size", "kept in run/checkpoint")
    assert json.loads(Path("run/manifest.json").read_text())["status"] == "FAILED"
    held, notes = tensors.read(Path("run/checkpoint/state.safetensors"), torch.device("cpu"))
    assert all(bool(torch.isfinite(tensor).all()) for tensor in held.values())
    assert notes["history"][-1]["epoch"] == len(notes["history"]) - 1


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried 2 GiB"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 9 bytes"),
    ],
)
def test_out_of_memory_says_the_batch_and_the_remedy(error, monkeypatch):
    spec = TrainSpec(train_size=100, test_size=50, batch_size=20, seed=1, epochs=2)
    setup = train.prepare(spec, "cpu")

    def full(self, x):
        if len(x) == 20:
            raise error
        return x[:, :10]

    monkeypatch.setattr(torch.nn.Linear, "forward", full)
    with pytest.raises(InputError, match=r"out of memory while training, with 20 images.*--batch-size"):
        train.train(setup, Path("run"), silent)
    assert Path("run/checkpoint/state.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "mnist", "--data-dir", "nowhere"], ["nowhere"]),
        (["--data", "mnsit"], ["mnsit", "did you mean 'mnist'"]),
        (["--model", "vgg16-bn"], ["vgg16-bn does not fit images of 1x8x8"]),
        (["--model", "vgg"], ["vgg16-bn"]),
        (["--model", "no_such_module:make"], ["no_such_module:make", "No module named"]),
        (["--dynamics", "mala"], ["mala", "sgdl"]),
        (["--step-size", "-1"], ["step-size", "greater than 0"]),
        (["--epochs", "many"], ["epochs"]),
        (["--label-noise", "1.5"], ["label-noise"]),
        (["--schedule", "power:p=0"], ["schedule power"]),
        (["--noise", "1", "--temperature", "1"], ["give only one"]),
        (["--device", "cuda"], ["--device cuda", "cpu"]),
        (["--train-size", "100000"], ["100000"]),
        (["--config", "nowhere.toml"], ["nowhere.toml"]),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(arguments, words, tmp_path):
    if "cuda" in arguments and torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    refused(call("train", *arguments), *words)
    assert list(tmp_path.iterdir()) == []


def test_a_corrupted_checkpoint_is_named_and_left():
    spec = TrainSpec(train_size=100, test_size=50, batch_size=20, seed=1, epochs=6)

    def stop(name, step, total, note=""):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train.train(train.prepare(spec, "cpu"), Path("run"), stop)
    state = Path("run/checkpoint/state.safetensors")
    good = state.read_bytes()
    state.write_bytes(good[: len(good) // 2])
    refused(CliRunner().invoke(main, ["resume", "run"]), "state.safetensors", "has not been changed")
    assert state.read_bytes() == good[: len(good) // 2]
    state.write_bytes(good)
    assert CliRunner().invoke(main, ["resume", "run", "--quiet"]).exit_code == 0


def test_a_user_defined_network():
    Path("mine.py").write_text(
        "from torch import nn\n"
        "def make(shape, classes):\n    return nn.Sequential(nn.Flatten(), nn.Tanh(), nn.Linear(shape[1] * shape[2], classes))\n"
        "def wrong(shape, classes):\n    return nn.Sequential(nn.Flatten(), nn.Linear(shape[1] * shape[2], 3))\n"
        "def text(shape, classes):\n    return 'a network'\n"
    )
    assert call("train", *TINY, "--model", "mine.py:make", "--epochs", "2", "--out", "run", "--quiet").exit_code == 0
    refused(call("train", *TINY, "--model", "mine.py:wrong"), "have shape (2, 3)")
    refused(call("train", *TINY, "--model", "mine.py:text"), "it returned a str")
    refused(call("train", *TINY, "--model", "mine.py:missing"), "missing")


def test_the_store_trains_once_and_tells_specs_apart():
    seen = []

    def count(name, step, total, note=""):
        seen.append(step)

    spec = TrainSpec(train_size=100, test_size=50, batch_size=20, seed=1, epochs=2)
    first = trained(spec, Path("store"), count)
    assert len(seen) == 2
    again = trained(spec, Path("store"), count)
    assert (again.folder, len(seen)) == (first.folder, 2)
    other = trained(spec.model_copy(update={"labels": "random"}), Path("store"), count)
    assert other.folder != first.folder
    assert len(seen) == 4


def test_where_the_data_lie_does_not_change_what_a_run_is():
    spec = TrainSpec(data="mnist", seed=1)
    moved = spec.model_copy(update={"data_dir": "elsewhere"})
    assert spec.identity("d") == moved.identity("d")
    assert spec.identity("d") != spec.identity("e")
    assert spec.identity("d") != spec.model_copy(update={"step_size": 0.1}).identity("d")


def test_measures_take_what_train_made():
    for labels in ("natural", "random"):
        options = [*TINY, "--labels", labels, "--epochs", "30", "--replicas", "3", "--model", "conv", "--quiet"]
        assert call("train", *options, "--out", labels).exit_code == 0
    options = ["--batch-sizes", "10,50", "--batches", "20", "--components", "3", "--quiet"]
    result = call("noise", "natural", *options, "--out", "noise")
    assert result.exit_code == 0, result.output
    summary = json.loads(Path("noise/summary.json").read_text())
    assert [entry["batch_size"] for entry in summary["results"]] == [10, 50]
    with np.load("noise/arrays.npz") as arrays:
        assert arrays["b10_samples"].shape == (20, 3)
    result = call("plane", "natural", "random", "--divisions", "2", "--out", "plane", "--quiet")
    assert result.exit_code == 0, result.output
    result = call(
        "table1",
        "natural",
        "random",
        "--directions",
        "2",
        "--batch-norm",
        "fixed,perturbed,recomputed",
        "--quantity",
        "loss,error",
        "--out",
        "table",
        "--quiet",
    )
    assert result.exit_code == 0, result.output
    summary = json.loads(Path("table/summary.json").read_text())
    assert len(summary["results"]) == 2 * 2 * 2 * (3 + 2)
    assert len(summary["ratios"]) == len(summary["results"]) // 2
    result = call("compare", "natural", "random", "--out", "compare", "--quiet")
    assert result.exit_code == 0, result.output
    before = sorted(Path().iterdir())
    refused(call("table1", "natural"), "random")
    refused(call("compare", "natural"), "two")
    refused(call("noise", "natural", "--replica", "3"), "no replica 3")
    refused(call("noise", "natural", "--batch-sizes", "1000"), "100 training images")
    refused(call("plane", "natural", "--replicas", "0,0,1"), "three different")
    refused(call("flatness", "plane"), "no trained network")
    refused(call("flatness", "natural", "--out", "plane"), "already exists")
    assert sorted(Path().iterdir()) == before
    figure, manifest = Path("table/figure.md").read_text(), json.loads(Path("table/manifest.json").read_text())
    Path("table/figure.md").unlink()
    Path("table/manifest.json").write_text(json.dumps(manifest | {"outputs": manifest["outputs"] | {"figure.md": "0" * 64}}))
    assert call("draw", "table", "--quiet").exit_code == 0
    assert Path("table/figure.md").read_text() == figure
    assert json.loads(Path("table/manifest.json").read_text())["outputs"]["figure.md"] == manifest["outputs"]["figure.md"]
    refused(call("draw", "natural/checkpoint"), "summary.json")


def test_the_mean_over_whole_epochs_is_the_full_gradient():
    options = [*TINY, "--epochs", "3", "--precision", "float64", "--out", "run", "--quiet"]
    assert call("train", *options).exit_code == 0
    assert call("noise", "run", "--batch-sizes", "10,50", "--batches", "20", "--out", "noise", "--quiet").exit_code == 0
    for entry in json.loads(Path("noise/summary.json").read_text())["results"]:
        assert entry["whole_epochs"]
        assert entry["mean_error"] < 1e-15


def test_a_plane_has_the_minima_at_its_corners():
    assert call("train", *TINY, "--epochs", "5", "--replicas", "3", "--out", "run", "--quiet").exit_code == 0
    assert call("plane", "run", "--divisions", "3", "--margin", "0.34", "--out", "plane", "--quiet").exit_code == 0
    (result,) = json.loads(Path("plane/summary.json").read_text())["results"]
    minima = json.loads(Path("run/summary.json").read_text())["runs"][0]["results"]
    for corner, minimum in zip(result["vertices"], minima, strict=True):
        assert corner["loss"] == pytest.approx(minimum["train_loss"], rel=1e-5)
        assert corner["accuracy"] == pytest.approx(minimum["train_accuracy"], abs=1e-12)
    with np.load("plane/arrays.npz") as arrays:
        points = arrays["0_barycentric"]
    assert np.allclose(points.sum(axis=1), 1.0)
    assert points.min() == pytest.approx(-1 / 3)
    assert len(points) == 7 * 8 // 2


def test_planes_of_several_triples_have_areas_with_an_error():
    assert call("train", *TINY, "--epochs", "5", "--replicas", "6", "--out", "run", "--quiet").exit_code == 0
    options = ["--divisions", "3", "--margin", "0.34", "--quiet"]
    assert call("plane", "run", "--replicas", "0,1,2,5,4,3", *options, "--out", "both").exit_code == 0
    assert call("plane", "run", "--replicas", "5,4,3", *options, "--out", "second").exit_code == 0
    (result,) = json.loads(Path("both/summary.json").read_text())["results"]
    (alone,) = json.loads(Path("second/summary.json").read_text())["results"]
    assert result["triples"][1] == alone["triples"][0]  # the same numbers without the margin around the triangle
    assert alone["area"]["stderr"] is None
    areas = []
    for triple in result["triples"]:
        side, half = np.array(triple["distances"]), sum(triple["distances"]) / 2
        areas.append(triple["share_below"] * np.sqrt(half * np.prod(half - side)))
    assert [t["area"] for t in result["triples"]] == pytest.approx(areas)
    assert result["area"]["mean"] == pytest.approx(np.mean(areas))
    assert result["area"]["stderr"] == pytest.approx(abs(areas[0] - areas[1]) / 2)
    refused(call("plane", "run", "--replicas", "0,1,6"), "--replicas 7")
    refused(call("plane", "run", "--replicas", "0,1,2,3"), "three different")
