"""The example scripts of the documentation run unchanged."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"


def of_finite_sums(found):
    """Its statements about SGD. The rotation is within 4.9 standard errors, a false-alarm rate of 1e-6 each; GDL's is 0."""
    assert found["uniform"] == pytest.approx(1.0, rel=1e-6)
    assert found["unequal"] == pytest.approx(2 * 2.0 / (2.0**2 + 1.8**2), rel=1e-6)
    assert found["remaining"] == {"gd": 1.0, "sgd": 0.0}
    assert found["squares"]["GD"] == pytest.approx(6.41, abs=0.01)
    assert found["squares"]["SGD without label noise"] == pytest.approx(6.41, abs=0.01)
    assert found["squares"]["SGD with label noise"] < 2.5
    for name, exact, control in (("sgd", found["expected"], 0.0), ("gdl", 0.0, found["expected"])):
        mean, error = found["rotation"][name]
        assert abs(mean - exact) < 4.9 * error < abs(mean - control)


CLAIMS = {"finite_sums": of_finite_sums}


@pytest.mark.parametrize("script", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_runs(script, tmp_path, monkeypatch, capsys):
    """In this process, where warnings are errors."""
    for package in ("xarray", "sympy"):
        pytest.importorskip(package, reason=f"the examples use {package}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(script)])
    found = runpy.run_path(str(script), run_name="__main__")
    assert "±" in capsys.readouterr().out
    if script.stem in CLAIMS:
        CLAIMS[script.stem](found)


def test_an_example_runs_in_a_process_of_its_own(tmp_path):
    """An example imports what it needs; the one with most tasks represents all."""
    command = [sys.executable, "-W", "error", str(EXAMPLES / "notebook_tasks.py")]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert "±" in answer.stdout
