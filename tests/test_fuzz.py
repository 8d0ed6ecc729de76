"""Every reader, fed truncated, swapped, wrong-typed and deeply nested files: it reads them, or says in one line why not.

Nothing else may come out: no other exception. The mutations are drawn from a fixed seed.
"""

import copy
import json
import random
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from langevin_sim.cli.main import main
from langevin_sim.engine.block import ENGINE
from langevin_sim.errors import LangevinSimError
from langevin_sim.potentials.rows import read_columns, read_rows
from langevin_sim.report.write import write_again
from langevin_sim.runs.public import open_run
from langevin_sim.settings.run import make_spec
from langevin_sim.settings.spec import read_config
from langevin_sim.storage import checkpoint, export
from langevin_sim.storage import folder as disk
from langevin_sim.storage.read import read_arrays, read_json
from langevin_sim.storage.verify import verify

MUTATIONS = 40  # of each file and kind
DEEP = 100_000
ODD = [None, True, 3, -1.5, 1e308, float("nan"), "x", "\0", "", [], {}, [[]], {"x": {}}, ["x"], 2**70]
TOML = """
dims = [1, 2]
walkers = 100
temperature = 0.5
start = "uniform"
[parameters]
depth = 1.0
"""
CSV = "a,b,y\n1,2,3\n4,5,6.5\n-1,0,1e3\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "run"
    arguments = ["run", "--dims", "1", "--walkers", "128", "--steps", "200", "--burn-in", "80", "--no-chain", "--seed", "1"]
    assert CliRunner().invoke(main, [*arguments, "--quiet", "--out", str(folder)]).exit_code == 0
    return folder


@pytest.fixture
def run(made, tmp_path):
    shutil.copytree(made, tmp_path / "run")
    return tmp_path / "run"


def damaged(content, draw):
    """Truncated, with changed, removed or repeated bytes, or with bytes of another kind."""
    kind, place = draw.randrange(5), draw.randrange(len(content))
    if kind == 0:
        return content[:place]
    if kind == 1:
        changed = bytearray(content)
        for _ in range(draw.randrange(1, 8)):
            changed[draw.randrange(len(changed))] = draw.randrange(256)
        return bytes(changed)
    if kind == 2:
        return content[:place] + content[place + draw.randrange(1, 40) :]
    if kind == 3:
        return content[: place + 20] + content[place:]
    return draw.choice([b"", b"PK", b"\x93NUMPY", b"[" * DEEP, b'{"a":' * DEEP, b"\xff\xfe\x00a", b"null", b"a = " + b"[" * DEEP])


def wrong_typed(value, draw):
    """A JSON value of which one part, drawn at random, is removed or of another type."""
    changed = copy.deepcopy(value)
    inner = changed
    while True:
        key = draw.choice(list(inner) if isinstance(inner, dict) else range(len(inner)))
        if isinstance(inner[key], dict | list) and inner[key] and draw.random() < 0.7:
            inner = inner[key]
            continue
        if draw.random() < 0.3:
            del inner[key]
        else:
            inner[key] = draw.choice(ODD)
        return changed


def reads(read, *arguments):
    """Whether it could be read; any exception but a LangevinSimError of one line fails the test."""
    try:
        read(*arguments)
    except LangevinSimError:
        return False
    return True


def fuzz(path, read, seed):
    """Damage the bytes of a file; some damage must be noticed, or the reader reads nothing."""
    draw, good = random.Random(seed), path.read_bytes()
    assert reads(read, path)
    assert not all([reads(read, path) for _ in range(MUTATIONS) if path.write_bytes(damaged(good, draw)) >= 0])


@pytest.mark.parametrize(
    ("name", "content", "read"),
    [
        ("x.json", json.dumps({"a": [1, {"b": None}]}), read_json),
        ("x.toml", TOML, lambda path: make_spec(read_config(path))),
        ("x.csv", CSV, read_rows),
        ("y.csv", CSV, read_columns),
    ],
)
def test_texts(tmp_path, name, content, read):
    path = tmp_path / name
    path.write_text(content)
    fuzz(path, read, 1)


def test_arrays(made, tmp_path):
    shutil.copy(made / "histograms.npz", tmp_path / "a.npz")
    fuzz(tmp_path / "a.npz", read_arrays, 2)
    np.savez(tmp_path / "b.npz", a=np.array([{"run": "me"}], dtype=object))  # pickled
    assert not reads(read_arrays, tmp_path / "b.npz")
    np.save(tmp_path / "c.npy", np.arange(3))
    assert not reads(read_arrays, tmp_path / "c.npy")


def everything(folder):
    """All that reads a folder, and says so in errors."""
    found = [reads(disk.read_manifest, folder), reads(open_run, folder), reads(write_again, folder)]
    list(verify(folder))
    return [*found, reads(export.from_folder, folder)]


@pytest.mark.parametrize("name", ["manifest.json", "summary.json"])
def test_folders(run, name):
    draw, path = random.Random(3), run / name
    good, text = json.loads(path.read_text()), path.read_bytes()
    assert all(everything(run))
    whole = []
    for k in range(2 * MUTATIONS):
        path.write_bytes(damaged(text, draw) if k % 4 == 0 else json.dumps(wrong_typed(good, draw)).encode())
        if name != "manifest.json":
            disk.rehash(run, disk.read_manifest(run), name)  # as one who forges it would
        whole.append(all(everything(run)))
    assert not all(whole)


@pytest.mark.parametrize("name", ["histograms.npz", "positions.npz"])
def test_arrays_that_are_not_the_runs(run, name):
    draw, path = random.Random(4), run / name
    with np.load(path) as file:
        good = dict(file)
    odd = [np.zeros(0), np.zeros((2, 3, 4, 5)), np.array("text"), np.array([b"x"]), np.zeros(3, complex), np.full((4, 4), np.nan)]
    whole = []
    for _ in range(MUTATIONS):
        arrays = dict(good)
        for key in draw.sample(sorted(arrays), draw.randrange(1, min(4, len(arrays) + 1))):
            if draw.random() < 0.4:
                del arrays[key]
            else:
                arrays[key] = draw.choice(odd)
        np.savez(path, **arrays)
        disk.rehash(run, disk.read_manifest(run), name)
        whole.append(all(everything(run)))
    assert not all(whole)


class Restored:
    """Takes any state, as an ensemble that checks nothing would."""

    def restore(self, step, state):
        if not isinstance(step, int):
            raise ValueError("the step is no number")


def test_checkpoints(tmp_path):
    """Damaged ones, and ones that are sealed but hold the wrong things."""
    draw, folder = random.Random(5), tmp_path / "run"
    (folder / "checkpoint").mkdir(parents=True)
    path = folder / "checkpoint" / "state.npz"
    meta = {
        "engine": ENGINE,
        "identity": "1",
        "parts": [{"label": "a", "steps": 5, "entry": {"dim": 1}}],
        "running": {"d1": {"step": 3, "seconds": 1.0}},
    }
    arrays = {"array/a_mass": np.zeros(3), "state/d1/x": np.zeros((2, 2))}

    def read(*unused):
        kept = checkpoint.Checkpoint(folder, "1")
        kept.load()
        kept.finished("a", 5)
        kept.keeper("d1").restore(Restored(), 10)

    def write(meta, arrays):
        with open(path, "wb") as stream:
            checkpoint._write(stream, meta, arrays)

    write(meta, arrays)
    fuzz(path, read, 6)
    for k in range(2 * MUTATIONS):
        names = draw.choice([arrays, {}, {"state": np.zeros(1)}, {"state/d2/x": np.zeros(1)}, {"nothing": np.zeros(1)}])
        write(wrong_typed(meta, draw) if k % 4 else draw.choice([[], 3, None, "x"]), names)
        reads(read)
