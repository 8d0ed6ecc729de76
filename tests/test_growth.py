"""The number of files that an addition takes: each is made in a copy of the package and used from the command line."""

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
CALLS = """
import json, sys
from pathlib import Path
from click.testing import CliRunner
from langevin_sim.cli import main

printed = [str(Path(main.__file__).parent.parent)]
for arguments in json.loads(sys.argv[1]):
    result = CliRunner().invoke(main.main, arguments)
    assert result.exit_code == 0, (arguments, result.output, result.exception)
    printed.append(result.stdout)
print(json.dumps(printed))
"""
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
    """A copy of the package, and a function that runs command lines on it in one process and returns what each prints.

    Machine code comes with the copy; what a change makes out of date is compiled again.
    """
    package = tmp_path / "langevin_sim"
    shutil.copytree(ROOT, package, ignore=shutil.ignore_patterns("cli"))
    shutil.copytree(COMMANDS, package / "cli")

    def run(*commands):
        # unoptimised code compiles sooner, and what it computes is not looked at
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), "NUMBA_OPT": "0"}
        command = [sys.executable, "-c", CALLS, json.dumps(commands)]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        where, *printed = json.loads(done.stdout)
        assert Path(where) == package  # the copy, not what is installed
        return printed

    return package, run


def changed(package):
    """Files that differ from those of the package."""
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
    ran, helped = run(["run", "--dynamics", "gdl,quiet", *TINY], ["run", "--help"])
    summary = json.loads(ran)
    assert [entry["dynamics"] for entry in summary["results"]] == ["gdl", "quiet"]
    assert summary["results"][1]["declares"]["title"] == "quiet GDL"
    assert "quiet" in helped


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
    listed, ran = run(["potentials", "list"], ["run", "--potential", "parabola", *TINY])
    assert "parabola" in listed
    assert json.loads(ran)["potential"] == "parabola"


def test_an_option_is_one_field(copy):
    package, run = copy
    field = '    label: Annotated[str, Field(description="A word to remember the run by.")] = "none"\n'
    before = "    seed: Annotated["
    replaced(package / "settings/run.py", before, field + before)
    assert changed(package) == {"settings/run.py"}
    helped, printed, _ = run(
        ["run", "--help"],
        ["run", "--label", "mine", "--print-config", "--dims", "1"],
        ["run", "--label", "mine", *TINY, "--out", "run"],
    )
    assert "--label" in helped
    assert 'label = "mine"' in printed
    assert json.loads((package.parent / "run/manifest.json").read_text())["spec"]["label"] == "mine"


def test_contributing_shows_these_very_lines():
    page = (ROOT.parent / "CONTRIBUTING.md").read_text()
    block = page[page.index("```diff") : page.index("```\n", page.index("```diff"))]
    shown = [line[1:] for line in block.splitlines() if line.startswith("+") and not line.startswith("+++") and line != "+"]
    source = "\n".join([RECORD, STEPPER, POTENTIAL, Path(__file__).read_text()])
    assert len(shown) > 10
    assert [line for line in shown if line.strip() not in source] == []
