"""README and guide are correct: every block is run or parsed, every link has a target, every command exists."""

import configparser
import doctest
import math
import re
import shlex
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import pytest
from click.testing import CliRunner

import langevin_sim as ls
from langevin_sim.cli.main import main
from langevin_sim.engine import benchmark
from langevin_sim.memo import registry as figures
from langevin_sim.memo import reproduce, reproduce_laws, theories
from langevin_sim.plots import concentration
from langevin_sim.runs import run as runs
from langevin_sim.runs.kinds import KINDS
from langevin_sim.runs.sweep import sweep
from langevin_sim.settings.run import RunSpec
from langevin_sim.simulation import summary
from langevin_sim.simulation.references import reference_laws

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
SMALL = {"--walkers": "256", "--steps": "400", "--burn-in": "40"}
NETWORKS = tuple(figures.network_figures())


class Block(NamedTuple):
    language: str
    lines: list[str]

    @property
    def file(self):
        """The name that a first line such as '# my_landscape.py', or a caption, gives the block."""
        found = re.fullmatch(r"(?:#|:caption:) ([\w-]+\.(py|toml|csv))", self.lines[0] if self.lines else "")
        return found and found[1]


def blocks(page):
    """The fenced blocks of a page, without those of Sphinx ({toctree} and the like), which its build checks."""
    found, inside, language = [], None, ""
    for line in page.read_text().splitlines():
        if not line.startswith("```"):
            if inside is not None:
                inside.append(line)
        elif inside is None:
            inside, language = [], line[3:].strip()
        else:
            if not language.startswith("{") or language.startswith("{code-block}"):
                found.append(Block(language.removeprefix("{code-block} "), inside))
            inside = None
    assert inside is None, f"{page}: a block is not closed"
    return found


def commands(block):
    """The lines of a shell block, without comments; a line that ends with \\ continues."""
    text = "\n".join(block.lines).replace("\\\n", " ")
    return [line.split("  # ")[0].rstrip() for line in text.splitlines() if line.strip()]


def is_network(words):
    return words[0] == "deep" or (words[0] == "reproduce" and words[1] in NETWORKS)


def unreachable(words):
    """Whether a command needs a user's data, a cluster or hours; such commands are parsed but not run."""
    text = " ".join(words)
    return (
        re.search(r"\bDATA\b|\bMNIST\b|tcp://|\bDIR\b|/RUN|/NATURAL|/RANDOM|SGDL?-RUN|-20260101-", text) is not None
        or (words[0] == "reproduce" and words[1] in (*NETWORKS, "all"))
        or (words[0] == "sweep" and "--grid" not in words)  # of a sweep's folder
    )


def shrunk(words):
    """The same command with fewer walkers and steps, unless it is about these."""
    command, sizes = words[0], dict(SMALL)
    if command == "deep" and words[1] == "train":
        model = [] if "--model" in words else ["--model", "linear"]
        return [*words, *model, "--epochs", "2", "--train-size", "100", "--test-size", "50"]
    if command == "deep" and words[1] in ("flatness", "table1"):
        return [*words, "--directions", "1", "--tolerance", "0.09", "--reach", "1", "--images", "50"]
    if command == "deep" and words[1] == "noise":
        return [*words, "--batches", "8"]
    if command == "deep" and words[1] == "plane":
        return [*words, "--divisions", "2"]
    if command == "reproduce":
        return [*words, "--replicas", "60", "--steps", "200"]
    if command == "resume":
        return [word if before != "--steps" else "800" for before, word in zip(["", *words], words, strict=False)]
    if command != "run" or "--print-config" in words:
        return words
    if "auto" in words:
        return [*words, "--walkers", "256"]
    if "--check" in words:  # it has to agree
        return [*words, "--walkers", "1024", "--steps", "8000", "--burn-in", "2000", "--no-chain"]
    return [*words, *(word for pair in sizes.items() for word in pair), "--no-chain"]


def parsed(words):
    """Every named command and option exists and accepts the given values."""
    command, context, rest = main, None, words
    while isinstance(command, click.Group):
        context = command.make_context(command.name, list(rest), parent=context)
        _, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
    values = command.make_context(command.name, list(rest), parent=context).params
    assert words[0] != "reproduce" or values["name"] in (*figures.names(), "all")
    if words[0] == "run" or words[:2] == ["deep", "train"]:
        answer = CliRunner().invoke(main, [*words, "--print-config"])
        assert answer.exit_code == 0, answer.stderr


@pytest.fixture
def quick(name, tmp_path, monkeypatch):
    """A folder with the files shown on the pages; figures, films and reports, which have their own tests, are off."""
    for page in [*PAGES, ROOT / name]:  # the page's own files last
        for block in blocks(page):
            if block.file:
                lines = block.lines[2:] if block.lines[0].startswith(":") else block.lines
                (tmp_path / block.file).write_text("\n".join(lines) + "\n")
    for package in ("sympy", "xarray", "h5netcdf"):
        pytest.importorskip(package, reason=f"the pages use {package}")
    networks, threads = [], 0
    if find_spec("torch") and "langevin-sim deep" in (ROOT / name).read_text():
        import torch

        from langevin_sim.network import experiments, train

        networks = [experiments, train]
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # the nets are small: more would wait for each other
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(concentration, "draw", lambda folder: None)
    for kind in list(KINDS.values()):
        blank = replace(kind, draw=lambda folder: [(folder / f"figure.{suffix}").touch() for suffix in ("png", "pdf")])
        monkeypatch.setitem(KINDS, kind.name, blank)
    monkeypatch.setattr(summary, "fitted_temperature", lambda run, law: None)  # a dozen integrals
    for module in (runs, reproduce, reproduce_laws, *networks):
        monkeypatch.setattr(module, "write_report", lambda folder: None)
    monkeypatch.setattr(runs, "_filmed", lambda *case: {})
    for figure in figures.ensemble_figures().values():
        monkeypatch.setattr(f"langevin_sim.memo.{figure.name}.FIGURE", replace(figure, draw=lambda folder: None))
    monkeypatch.setattr("langevin_sim.memo.fig6.NEAR", ())
    few = (theories.Setting("tilts", "tilts of twowell", theories.SETTINGS[0].make, (0.1,), (10,)),)
    laws = replace(theories.FIGURE, compute=partial(theories.compute, settings=few), draw=lambda folder: None)
    monkeypatch.setattr(theories, "FIGURE", laws)
    monkeypatch.setattr(
        reproduce, "reference_laws", lambda potential, dynamics, chain: reference_laws(potential, dynamics, False)
    )
    # a sweep's runs are other processes' work: here its grid is made, and each of its points' settings
    monkeypatch.setattr(sweep, "run_sweep", lambda made, out, *others, **named: (out, {"points": {"COMPLETED": 1}, "seed": 1}))
    monkeypatch.setattr(benchmark, "_BLOCKS", 2)
    monkeypatch.setattr(benchmark, "_REPEATS", 1)
    yield tmp_path
    if threads:
        torch.set_num_threads(threads)


def told(words, code=0):
    answer = CliRunner().invoke(main, words, prog_name="langevin-sim")
    if code is not None:
        assert answer.exit_code == code, f"langevin-sim {shlex.join(words)}\n{answer.output}\n{answer.exception!r}"
    return answer


def check_other(line):
    """Lines that are not valid commands of this program, each in its own way."""
    words = shlex.split(line)
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.M), line
    elif words[:2] == ["pip", "install"]:
        settings = configparser.ConfigParser()
        settings.read(ROOT / "setup.cfg")
        for extra in re.findall(r"langevin-sim\[([\w,]+)\]", line):
            assert set(extra.split(",")) <= set(settings["options.extras_require"]), line
    elif words[0] == ".venv/bin/python" or words[0] == "python":
        assert (ROOT / words[1]).is_file(), line
    elif words[0].startswith("_LANGEVIN_SIM_COMPLETE="):
        assert "_langevin_sim_completion" in CliRunner().invoke(main, env=dict([words[0].split("=")]), prog_name=words[1]).output
    else:
        assert words[:2] in (["dask", "scheduler"], ["dask", "worker"]), f"{line}: expected a line that a test knows"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore:.*the gradient is taken by central differences")
def test_every_block_of_a_page(name, quick):
    page, space = ROOT / name, {"__name__": "__page__"}
    for block in blocks(page):
        if block.language == "python" and not block.file:
            code = compile("\n".join(block.lines), name, "exec")
            if "dask_jobqueue" not in block.lines[0]:  # which is not installed here
                exec(code, space)
        elif block.language == "console":
            check_session(block)
        elif block.language == "":
            for line in commands(block):
                check_line(line)
        else:
            assert block.language in ("python", "text", "toml"), f"{name}: no test knows what {block.language!r} is"


DONE: set[tuple[str, ...]] = set()  # commands that stand on several pages, and leave nothing that another one needs


def check_line(line):
    words = shlex.split(line)
    if tuple(words) in DONE:
        return
    if words[0] != "langevin-sim":
        check_other(line)
        return
    words = words[1:]
    if is_network(words) and find_spec("torch") is None:
        return
    if unreachable(words):
        parsed(words)
    else:
        told(shrunk(words))
    if "--out" not in words and ".py" not in line:
        DONE.add(("langevin-sim", *words))


def check_session(block):
    """Commands after $, and their output, in which ... stands for any text."""
    for part in re.split(r"^\$ ", "\n".join(block.lines) + "\n", flags=re.M)[1:]:
        command, _, expected = part.partition("\n")
        got = told(shlex.split(command)[1:], None).output
        if got.count("\n") > 1:
            got = "".join(line.rstrip() + "\n" for line in got.splitlines())
        said = f"{command}: got\n{got}"
        assert doctest.OutputChecker().check_output(expected, got, doctest.ELLIPSIS), said


@pytest.mark.parametrize("name", NAMES)
def test_every_link_to_a_file_leads_somewhere(name):
    page = ROOT / name
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        where, _, anchor = target.partition("#")
        if re.match(r"https?:", target):
            continue
        found = page.parent / where if where else page
        assert found.exists(), f"{name}: {target}"
        if anchor:
            headings = [line.lstrip("# ").lower() for line in found.read_text().splitlines() if line.startswith("#")]
            assert anchor in [re.sub(r"[^\w -]", "", heading).replace(" ", "-") for heading in headings], f"{name}: {target}"


@pytest.mark.parametrize("name", NAMES)
def test_commands_within_the_text_are_there(name):
    text = re.sub(r"^```.*?^```$", "", (ROOT / name).read_text(), flags=re.M | re.S)
    for code in re.findall(r"`(langevin-sim [^`]+)`", text):
        words = shlex.split(code)[1:]
        if "COMMAND" in words or "..." in words:
            continue
        command = main
        while isinstance(command, click.Group) and words:
            if words[0].startswith("-"):  # the group's own: --help, --version
                break
            command, words = command.get_command(click.Context(command), words[0]), words[1:]
            assert command is not None, f"{name}: {code}"
        known = {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)} | {"--help", "--version"}
        assert {word for word in words if word.startswith("--")} <= known, f"{name}: {code}"


def tree(command, path=("langevin-sim",)):
    """The (path, command) pairs of all commands."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from tree(command.get_command(context, name), (*path, name))


ALL = dict(tree(main))


def example_of(command):
    answer = CliRunner(env={"COLUMNS": "80"}).invoke(command, ["--help"], terminal_width=1000)
    return re.search(r"Example: langevin-sim (.*)", answer.output)


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help_has_an_example_that_is_taken(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if "deep" in path and find_spec("torch") is None:
        pytest.skip("deep commands load PyTorch")
    found = example_of(ALL[path])
    assert found, " ".join(path)
    words = shlex.split(found[1])
    assert ["langevin-sim", *words][: len(path)] == list(path)
    parsed(words)


def test_help_fits_eighty_columns():
    for path, command in ALL.items():
        help = CliRunner(env={"COLUMNS": "80"}).invoke(command, ["--help"], prog_name=" ".join(path)).output
        assert max(map(len, help.splitlines())) <= 80, path


def test_the_guide_mentions_every_command():
    guide = "\n".join(page.read_text() for page in (ROOT / "docs" / "guide").glob("*.md"))
    for path, command in ALL.items():
        if not isinstance(command, click.Group):
            assert " ".join(path) in guide, " ".join(path)


def test_the_picture_of_the_readme_is_the_exact_law():
    """The picture is drawn in characters, so it is visible wherever the README is, also on a package index."""
    edges, heights = np.linspace(-4.0, 4.0, 49), " ▁▂▃▄▅▆▇█"
    spec = RunSpec()
    rows = []
    for dim in range(1, 6):
        law = ls.chain_law(ls.potentials.twowell(dim=dim), ls.GDL(step_size=spec.step_size, temperature=spec.temperature))
        mass = law.bin_masses(edges)
        line = "".join(heights[math.ceil(8.0 * share / mass.max() - 0.5)] for share in mass)
        rows.append(f"d = {dim}  {line}  {law.mass('wide'):.4f}\n")
    assert "".join(rows) in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 140
    assert (ROOT / "docs" / "picture.png").stat().st_size < 200_000
