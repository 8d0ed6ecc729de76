"""How many files a new thing takes: each is really added, to a copy of the package, and used from the command line."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import langevin_sim

ROOT = Path(langevin_sim.__file__).resolve().parent
COMMANDS = (ROOT / "cli").resolve() if (ROOT / "cli").exists() else ROOT.parent / "cli"
TINY = [
    "--dims",
    "1",
    "--walkers",
    "128",
    "--steps",
    "200",
    "--burn-in",
    "0",
    "--record-every",
    "10",
    "--seed",
    "1",
    "--no-chain",
    "--json",
]
RECORD = '''"""GDL with half the noise."""

from dataclasses import dataclass
from typing import ClassVar

from langevin_sim.dynamics.dynamics import Dynamics
from langevin_sim.dynamics.registry import built_in


@built_in
@dataclass(frozen=True)
class Quiet(Dynamics):
    """x <- P(x - eta grad U(x) + sqrt(2 eta T) xi / 2)."""

    title: ClassVar[str] = "quiet GDL"
'''
STEPPER = '''"""GDL with half the noise."""

from langevin_sim.dynamics.quiet import Quiet
from langevin_sim.engine.walkerwise import stepper


@stepper(Quiet)
def quiet(x, gradient, normal, step_size, noise):
    """One step of one walker."""
    return x - step_size * gradient + 0.5 * noise * normal
'''
POTENTIAL = '''"""A parabola."""

from langevin_sim.potentials.custom import make
from langevin_sim.potentials.potential import Potential, rebuildable


@rebuildable
def parabola(dim: int) -> Potential:
    """U = |x|^2 / 2."""
    return make("sum(x^2) / 2", dim, name="parabola")
'''


@pytest.fixture
def copy(tmp_path):
    """A copy of the package, and a function that runs a command line on it."""
    package = tmp_path / "langevin_sim"
    ignore = shutil.ignore_patterns("__pycache__", "cli")
    shutil.copytree(ROOT, package, ignore=ignore)
    shutil.copytree(COMMANDS, package / "cli", ignore=shutil.ignore_patterns("__pycache__"))

    def run(*arguments):
        command = [sys.executable, "-c", "from langevin_sim.cli.main import main; main()", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return package, run


def changed(package):
    """Files that differ from the package's own."""
    found = set()
    for path in package.rglob("*.py"):
        where = path.relative_to(package)
        own = COMMANDS / where.relative_to("cli") if where.parts[0] == "cli" else ROOT / where
        if not own.exists() or own.read_bytes() != path.read_bytes():
            found.add(where.as_posix())
    return found


def replaced(path, before, after):
    text = path.read_text()
    assert text.count(before) == 1
    path.write_text(text.replace(before, after))


def test_a_dynamics_is_two_files(copy):
    package, run = copy
    (package / "dynamics/quiet.py").write_text(RECORD)
    (package / "engine/steppers/quiet.py").write_text(STEPPER)
    assert len(changed(package)) == 2
    summary = json.loads(run("run", "--dynamics", "gdl,quiet", *TINY))
    assert [entry["dynamics"] for entry in summary["results"]] == ["gdl", "quiet"]
    assert summary["results"][1]["declares"]["title"] == "quiet GDL"
    assert "quiet" in run("run", "--help")


def test_a_potential_is_two_files(copy):
    pytest.importorskip("sympy")
    package, run = copy
    (package / "potentials/parabola.py").write_text(POTENTIAL)
    registry = package / "potentials/registry.py"
    entry = '    "quadratic": _Entry(quadratic, "textbook"),\n'
    replaced(registry, entry, '    "parabola": _Entry(parabola, "textbook"),\n' + entry)
    line = "from langevin_sim.potentials.quadratic import quadratic\n"
    replaced(registry, line, f"from langevin_sim.potentials.parabola import parabola\n{line}")
    assert len(changed(package)) == 2
    assert "parabola" in run("potentials", "list")
    assert json.loads(run("run", "--potential", "parabola", *TINY))["potential"] == "parabola"


def test_an_option_is_one_field(copy):
    package, run = copy
    field = '    label: Annotated[str, Field(description="A word to remember the run by.")] = "none"\n'
    before = "    seed: Annotated["
    replaced(package / "settings/run.py", before, field + before)
    assert changed(package) == {"settings/run.py"}
    assert "--label" in run("run", "--help")
    assert 'label = "mine"' in run("run", "--label", "mine", "--print-config", "--dims", "1")
    run("run", "--label", "mine", *TINY, "--out", "run")
    assert json.loads((package.parent / "run/manifest.json").read_text())["spec"]["label"] == "mine"


def test_contributing_shows_these_very_lines():
    page = (ROOT.parent / "CONTRIBUTING.md").read_text()
    block = page[page.index("```diff") : page.index("```\n", page.index("```diff"))]
    shown = [line[1:] for line in block.splitlines() if line.startswith("+") and not line.startswith("+++") and line != "+"]
    source = "\n".join([RECORD, STEPPER, POTENTIAL, Path(__file__).read_text()])
    assert len(shown) > 10
    assert [line for line in shown if line.strip() not in source] == []
