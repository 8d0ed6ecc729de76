"""Who may import whom."""

import ast
import configparser
from pathlib import Path

import pytest

import langevin_sim

ROOT = Path(langevin_sim.__file__).parent
SHARED = {"errors", "plugins", "vectormath", ""}
MAY_IMPORT = {
    "vectormath": set(),
    "potentials": {"dynamics"},
    "dynamics": set(),
    "engine": {"dynamics"},
    "reference": {"potentials", "dynamics"},
    "analysis": set(),
    "figures": {"analysis", "reference", "runs", "potentials", "dynamics"},
    "network": {"dynamics", "analysis", "runs"},
    "cluster": {"runs"},
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
    commands = ROOT.parent / "cli"
    cli = {".".join(("langevin_sim.cli", *path.parent.relative_to(commands).parts)) for path in commands.rglob("__init__.py")}
    assert names == found | cli


def test_only_the_cluster_room_imports_dask():
    for path in [*ROOT.rglob("*.py"), *(ROOT.parent / "cli").rglob("*.py")]:
        if "cluster" not in path.relative_to(ROOT.parent).parts:
            for node in ast.walk(ast.parse(path.read_text())):
                modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                assert not {module.partition(".")[0] for module in modules} & {"dask", "distributed"}, path


def test_only_the_network_room_imports_torch():
    for path in [*ROOT.rglob("*.py"), *(ROOT.parent / "cli").rglob("*.py")]:
        text = path.read_text()
        if "network" not in path.relative_to(ROOT.parent).parts:
            assert "import torch" not in text, path
            assert "langevin_sim.network" not in text.replace("langevin_sim.network...", ""), path
