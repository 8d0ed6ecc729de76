"""FILE.py:NAME: one loader for potentials, dynamics and network models."""

import os
import pickle
from pathlib import Path

import pytest

from langevin_sim.errors import InputError, PluginError
from langevin_sim.plugins import load, names_a_file


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_relative_and_absolute_paths_name_the_same_object():
    Path("mine.py").write_text("class Mine: pass\n")
    found = load("mine.py:Mine", "potential")
    assert found is load("./mine.py:Mine", "potential")
    assert found is load(f"{Path.cwd()}/mine.py:Mine", "potential")
    assert pickle.loads(pickle.dumps(found)) is found


def test_files_of_one_name_in_two_folders_are_two_files():
    for folder in ("a", "b"):
        Path(folder).mkdir()
        Path(folder, "mine.py").write_text(f"where = lambda: {folder!r}\n")
    first = load("a/mine.py:where", "potential")
    assert load("b/mine.py:where", "potential")() == "b"
    assert first is load("a/mine.py:where", "potential")


def test_an_edited_file_is_run_again():
    """Even if size and modification time are the same, the contents decide."""
    path = Path("mine.py")
    path.write_text("def answer(): return 1\n")
    time = path.stat()
    assert load("mine.py:answer", "potential")() == 1
    path.write_text("def answer(): return 2\n")
    os.utime(path, ns=(time.st_atime_ns, time.st_mtime_ns))
    assert load("mine.py:answer", "potential")() == 2


def test_a_file_is_run_once_while_it_stays_as_it_is():
    Path("mine.py").write_text("from pathlib import Path\nwith open('log', 'a') as log: log.write('run ')\ndef f(): pass\n")
    for _ in range(3):
        load("mine.py:f", "potential")
    assert Path("log").read_text() == "run "


def test_a_module_by_its_import_path():
    assert load("json:dumps", "model")([1]) == "[1]"


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("gone.py:make", InputError, "potential gone.py:make: there is no file gone.py"),
        ("mine.py:mak", InputError, "did you mean 'make'? mine.py does not define 'mak'"),
        ("mine.py:", InputError, "write FILE.py:NAME"),
        ("folder.py:make", InputError, "cannot read folder.py: Is a directory"),
        ("zero.py:make", PluginError, "potential zero.py:make: line 2: ZeroDivisionError: division by zero"),
        ("broken.py:make", PluginError, "potential broken.py:make: line 1: SyntaxError"),
        ("exits.py:make", PluginError, "SystemExit: 3"),
        ("no_such_module:make", InputError, "No module named 'no_such_module'"),
    ],
)
def test_what_goes_wrong_is_one_line(name, error, words):
    Path("mine.py").write_text("def make(): pass\n")
    Path("zero.py").write_text("def bad(): pass\n1 / 0\n")
    Path("broken.py").write_text("def make(:\n")
    Path("exits.py").write_text("raise SystemExit(3)\n")
    Path("folder.py").mkdir()
    with pytest.raises(error) as raised:
        load(name, "potential")
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_breaks_leaves_the_last_good_one_alone():
    path = Path("mine.py")
    path.write_text("def f(): return 1\n")
    load("mine.py:f", "potential")
    path.write_text("def f(: return 2\n")
    with pytest.raises(PluginError):
        load("mine.py:f", "potential")
    path.write_text("def f(): return 3\n")
    assert load("mine.py:f", "potential")() == 3


def test_the_form_of_a_file_name():
    assert names_a_file("a/b.py:f")
    assert names_a_file("C:\\a\\b.py:f")
    assert not names_a_file("twowell")
    assert not names_a_file("a.b:f")
