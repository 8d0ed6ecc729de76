"""The example scripts of the documentation run as they stand."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"


@pytest.mark.parametrize("script", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_runs(script, tmp_path, monkeypatch, capsys):
    """In this process, where warnings are errors."""
    for package in ("xarray", "sympy"):
        pytest.importorskip(package, reason=f"the examples use {package}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(script)])
    runpy.run_path(str(script), run_name="__main__")
    assert "±" in capsys.readouterr().out


def test_an_example_runs_in_a_process_of_its_own(tmp_path):
    """It imports what it needs; the one with most tasks stands for all."""
    command = [sys.executable, "-W", "error", str(EXAMPLES / "notebook_tasks.py")]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert "±" in answer.stdout
