"""Which room may import which: only downwards, and none sideways. A room is a top-level package or module, or cli."""

import ast
import configparser
from collections import Counter
from pathlib import Path

import langevin_sim

ROOT = Path(langevin_sim.__file__).parent
COMMANDS = ROOT.parent / "cli"  # installed as langevin_sim.cli
LEVELS = (  # bottom to top
    {"errors"},
    {"plugins", "formatting", "vectormath", "analysis"},
    {"dynamics", "expression"},
    {"engine", "potentials"},
    {"reference"},
    {"settings", "storage"},
    {"simulation"},
    {"plots"},
    {"report"},
    {"memo"},
    {"runs"},
    {"network"},
    {"cluster"},
    {"cli"},
)
LEVEL = {room: height for height, rooms in enumerate(LEVELS) for room in rooms}
ONLY_IN = {
    "torch": {"network"},
    "dask": {"cluster"},
    "distributed": {"cluster"},
    "matplotlib": {"plots", "memo"},  # memo: colour scales of its own figures
}
BEHIND_A_DOOR = {"network": set(), "cluster": {"cli/workers.py"}}  # who may import them; network has an entry point instead
LARGEST_SHARE = 0.25  # of all lines


def modules():
    """(room, name, path) of every Python file; the package's own __init__.py is in no room."""
    inside = [path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] not in ("cli", "__init__.py")]
    for path in sorted(inside):
        where = path.relative_to(ROOT)
        yield where.with_suffix("").parts[0], where.as_posix(), path
    for path in sorted(COMMANDS.rglob("*.py")):
        yield "cli", path.relative_to(COMMANDS.parent).as_posix(), path


def imports(path, package):
    """(line, module) of every import of a file, those within functions and under TYPE_CHECKING too; relative ones resolved."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *([node.module] if node.module else ())))
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and called(node) in ("import_module", "__import__"):
            words = [word.value for word in node.args if isinstance(word, ast.Constant)]
            yield from ((node.lineno, word) for word in words if isinstance(word, str))


def called(call):
    """The last part of the name of the called function."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def all_imports():
    """(room, file, line, module) of every import."""
    for room, name, path in modules():
        package = ("langevin_sim", *Path(name).parts[:-1])
        for line, module in imports(path, package):
            yield room, name, line, module


def room_of(module):
    """The room of a module of this program; None for another's, and for the names of langevin_sim itself, such as its version."""
    first, _, rest = module.partition(".")
    room = rest.partition(".")[0]
    return room if first == "langevin_sim" and room in LEVEL else None


def test_every_room_has_a_level():
    assert {room for room, _, _ in modules()} == set(LEVEL)


def test_imports_go_down():
    wrong = [
        f"{name}:{line} imports {module}"
        for room, name, line, module in all_imports()
        if (other := room_of(module)) and other != room and LEVEL[other] >= LEVEL[room]
    ]
    assert not wrong, "\n".join(wrong)


def test_the_walk_sees_imports_that_go_up(tmp_path):
    """The control: each form of an import is seen, at the top and within a function."""
    path = tmp_path / "module.py"
    path.write_text(
        "import langevin_sim.runs.run\nfrom langevin_sim import memo\n\ndef f():\n    from langevin_sim.cli import main\n"
        "    from ..report import page\n    import_module('langevin_sim.network')\n"
    )
    found = {room_of(module) for _, module in imports(path, ("langevin_sim", "plots"))}
    assert found == {"runs", "memo", "cli", "report", "network"}


def test_torch_dask_and_matplotlib_have_their_rooms():
    wrong = [
        f"{name}:{line} imports {module}"
        for room, name, line, module in all_imports()
        if room not in ONLY_IN.get(module.partition(".")[0], {room})
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_imports_pyplot():
    """Figures are objects: pyplot would choose a backend for the whole process."""
    wrong = [f"{name}:{line}" for _, name, line, module in all_imports() if module.startswith("matplotlib.pyplot")]
    assert not wrong, "\n".join(wrong)


def test_network_and_cluster_are_behind_a_door():
    wrong = [
        f"{name}:{line} imports {module}"
        for room, name, line, module in all_imports()
        if (other := room_of(module)) in BEHIND_A_DOOR and other != room and name not in BEHIND_A_DOOR[other]
    ]
    assert not wrong, "\n".join(wrong)


def test_no_room_is_too_large():
    lines = Counter()
    for room, _, path in modules():
        lines[room] += len(path.read_text().splitlines())
    room, most = lines.most_common(1)[0]
    assert most <= LARGEST_SHARE * lines.total(), f"{room} has {most:,} of {lines.total():,} lines"


def test_every_package_is_in_setup_cfg():
    listed = configparser.ConfigParser()
    listed.read(ROOT.parent / "setup.cfg")
    names = set(listed["options"]["packages"].split())
    assert names == {".".join(("langevin_sim", *Path(name).parts[:-1])) for name in [*initial(), "__init__.py"]}


def initial():
    """The __init__.py of every package, as a path below langevin_sim."""
    return [name for _, name, path in modules() if path.name == "__init__.py"]
