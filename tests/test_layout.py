"""Who may import whom."""

import ast
import configparser
from pathlib import Path

import pytest

import langevin_sim

ROOT = Path(langevin_sim.__file__).parent
SHARED = {"errors", "vectormath", ""}
MAY_IMPORT = {
    "vectormath": set(),
    "potentials": {"dynamics"},
    "dynamics": set(),
    "engine": {"dynamics"},
    "reference": {"potentials", "dynamics"},
    "analysis": set(),
    "figures": {"analysis", "reference", "runs", "potentials", "dynamics"},
    "runs": {"engine", "reference", "analysis", "dynamics", "potentials", "figures"},
}


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_imports(room):
    for path in (ROOT / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [node.module] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for module in modules:
                parts = (module or "").split(".")
                if parts[0] != "langevin_sim":
                    continue
                if len(parts) > 1:
                    assert parts[1] in MAY_IMPORT[room] | SHARED | {room}, f"{path.name} imports {module}"
                else:
                    assert {alias.name for alias in node.names} <= MAY_IMPORT[room], f"{path.name} imports {module}"


def test_every_room_is_known():
    rooms = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    assert rooms - {"cli"} == set(MAY_IMPORT)


def test_every_package_is_in_setup_cfg():
    listed = configparser.ConfigParser()
    listed.read(ROOT.parent / "setup.cfg")
    names = set(listed["options"]["packages"].split())
    found = {".".join(("langevin_sim", *path.parent.relative_to(ROOT).parts)) for path in ROOT.rglob("__init__.py")}
    assert names == found | {"langevin_sim.cli"}
