"""Without torch everything but the network commands works; a broken backend is named and harms nothing."""

import json
import subprocess
import sys

import numpy as np
import pytest

from langevin_sim import plugins
from langevin_sim.errors import PluginError

HIDDEN = """
import sys

class Hide:
    def find_spec(self, name, *rest):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

sys.meta_path.insert(0, Hide())
from langevin_sim.cli.main import main
main()
"""


def without_torch(*arguments, cwd):
    return subprocess.run([sys.executable, "-c", HIDDEN, *arguments], capture_output=True, text=True, cwd=cwd, check=False)


@pytest.mark.parametrize("command", [["train"], ["data"], ["table1", "a", "b"]])
def test_network_commands_say_how_to_install_torch(command, tmp_path):
    answer = without_torch("deep", *command, cwd=tmp_path)
    assert answer.returncode == 2
    assert answer.stderr == (
        "langevin-sim: langevin-sim deep needs torch, which is not installed: pip install 'langevin-sim[torch]'\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_reproduce_says_how_to_install_torch(tmp_path):
    answer = without_torch("reproduce", "fig1", cwd=tmp_path)
    assert answer.returncode == 2
    assert "pip install 'langevin-sim[torch]'" in answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_results_are_read_without_torch(tmp_path):
    run = {
        "name": "digits, mlp, natural labels",
        "folder": "a",
        "hash": "b",
        "parameters": 10,
        "device": "cpu",
        "spec": {
            "data": "digits",
            "model": "mlp",
            "labels": "natural",
            "label_noise": 0.0,
            "scaling": "standard",
            "precision": "float32",
            "loss": "cross-entropy",
            "dynamics": "sgd",
            "step_size": 0.1,
            "schedule": "constant",
            "batch_size": 10,
            "sampling": "epochs",
            "momentum": 0.0,
            "weight_decay": 0.0,
            "stop_loss": None,
            "epochs": 1,
            "seed": 1,
            "temperature": 0.0,
            "noise_schedule": "temperature",
        },
        "data": {"name": "digits", "note": "", "training": 10, "validation": 5, "shape": [1, 8, 8], "classes": 10, "replaced": 0},
        "results": [
            {
                "replica": 0,
                "epochs": 1,
                "steps": 1,
                "train_loss": 1.0,
                "train_accuracy": 0.5,
                "validation_loss": 1.0,
                "validation_accuracy": 0.5,
                "weight_norm": 1.0,
                "stopped": False,
                "seconds": 0.1,
            }
        ],
    }
    summary = {
        "schema": 1,
        "kind": "train",
        "command": "c",
        "seed": 1,
        "seconds": 0.1,
        "runs": [run],
        "settings": run["spec"],
        "results": [],
    }
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    rows = {
        name: np.array([1.0, 0.5])
        for name in ("running_loss", "running_accuracy", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
    }
    np.savez(tmp_path / "arrays.npz", epoch=np.array([0.0, 1.0]), replica=np.zeros(2), **rows)
    answer = without_torch("deep", "draw", ".", "--quiet", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / "figure.png").stat().st_size > 1000
    assert (tmp_path / "figure.md").exists()


class Entry:
    def __init__(self, error):
        self.error = error

    def load(self):
        raise self.error


@pytest.mark.parametrize(
    "error",
    [
        ImportError("cannot import name 'x'"),
        RuntimeError("no"),
        ModuleNotFoundError("no module", name="langevin_sim.network.gone"),
    ],
)
def test_a_broken_backend_is_named(error, monkeypatch):
    monkeypatch.setattr(plugins, "entry_points", lambda **which: [Entry(error)])
    with pytest.raises(PluginError, match="backend 'torch' is broken"):
        plugins.backend()


def test_no_backend_at_all(monkeypatch):
    monkeypatch.setattr(plugins, "entry_points", lambda **which: [])
    with pytest.raises(plugins.InputError, match="pip install"):
        plugins.backend()
