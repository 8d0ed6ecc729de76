"""Differences between systems: locks, CPUs, signals, renames, file names, encodings."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from langevin_sim.engine import threads
from langevin_sim.errors import BusyError, FolderError
from langevin_sim.runs.run import _slug as slug
from langevin_sim.storage import atomic, commit, lock
from langevin_sim.storage.signals import deferred, stop_if_requested

# what a system such as Windows lacks, taken away before anything else is imported
WITHOUT = """
import multiprocessing, os, sys

import locket  # of Dask's: it keeps its fcntl here, in the place of the msvcrt that it has on Windows

for name in ("fcntl", "pwd", "grp", "termios"):
    sys.modules[name] = None
for name in ("sched_getaffinity", "fork", "fchmod"):
    delattr(os, name)
multiprocessing.set_start_method("spawn")
"""
JOB = """
import json, os, sys
from click.testing import CliRunner

if __name__ == "__main__":
    from langevin_sim.cli.main import main
    from langevin_sim.cli.progress import Progress

    try:
        import fcntl
    except ImportError:
        print("without fcntl, sched_getaffinity:", hasattr(os, "sched_getaffinity"))

    def call(*arguments, code=0):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == code, (arguments, result.output, result.exception)
        assert not list(__import__("pathlib").Path(".").rglob(".lock"))

    def stop(self, name, step, total, note=""):
        if step >= 400:
            raise KeyboardInterrupt

    short = "--dims 1,2 --walkers 64 --steps 800 --burn-in 40 --no-chain --quiet".split()
    call("run", *short, "--seed", "1", "--out", "run")
    update, Progress.update = Progress.update, stop
    call("run", *short, "--seed", "1", "--out", "stopped", code=130)
    Progress.update = update
    assert json.load(open("stopped/manifest.json"))["status"] == "INTERRUPTED"
    call("resume", "stopped", "--quiet")
    call("rerun", "run", "--out", "again")
    call("sweep", *short[2:], "--dims", "1", "--grid", "temperature=0.9,1.1", "--seed", "1", "--workers", "2", "--out", "sweep")
"""
DATA = ("histograms.npz", "summary.csv")


def status(folder):
    return json.loads(Path(folder, "manifest.json").read_text())["status"]


def test_run_resume_rerun_and_sweep_without_what_windows_lacks(tmp_path):
    """The same bits as with it."""
    folders = []
    for name, customize in (("with", ""), ("without", WITHOUT)):
        folder = tmp_path / name
        (folder / "site").mkdir(parents=True)
        (folder / "site" / "sitecustomize.py").write_text(customize)
        (folder / "job.py").write_text(JOB)
        path = os.pathsep.join([str(folder / "site"), *filter(None, sys.path)])
        environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
        done = subprocess.run([sys.executable, "job.py"], cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert ("without fcntl, sched_getaffinity: False" in done.stdout) == (name == "without")
        folders.append(folder)
    runs = [path.parent.relative_to(folders[0]) for path in sorted(folders[0].rglob("histograms.npz"))]
    assert len(runs) == 5  # a run, one that was stopped and resumed, one that was repeated, two points of a sweep
    for run in runs:
        assert [status(folder / run) for folder in folders] == ["COMPLETED", "COMPLETED"]
        for name in DATA:
            assert (folders[0] / run / name).read_bytes() == (folders[1] / run / name).read_bytes(), (run, name)
            assert run.parts[0] == "sweep" or (folders[1] / run / name).read_bytes() == (folders[1] / "run" / name).read_bytes()


def test_cpus_are_counted_without_affinity(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "process_cpu_count", lambda: 3, raising=False)
    assert threads.usable_cpus() == 3
    monkeypatch.delattr(os, "process_cpu_count")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert threads.usable_cpus() == 1


HOLD = """
import sys, time
from pathlib import Path
from langevin_sim.storage.lock import locked

with locked(Path(sys.argv[1])) as held:
    print(held, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("missing", [(), ("fcntl",)], ids=["flock", "no flock"])
def test_the_lock_of_a_killed_process_is_free(tmp_path, missing):
    """With locks of the operating system, and where the existence of the lock file is the lock."""
    folder = tmp_path / "run"
    folder.mkdir()
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.modules.update(dict.fromkeys({missing!r}))\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])}
    hold = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(hold, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as first:
        assert first.stdout.readline() == "True\n"
        second = subprocess.run(hold, env=environment, capture_output=True, text=True)
        assert "another process is writing to" in second.stderr
        first.kill()
    assert (folder / lock.NAME).exists()  # what a killed process leaves
    with subprocess.Popen(hold, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as third:
        assert third.stdout.readline() == "True\n"
        third.send_signal(signal.SIGINT)
    assert not (folder / lock.NAME).exists()


def test_a_lock_leaves_no_file(tmp_path):
    with lock.locked(tmp_path) as held:
        assert held
        with pytest.raises(BusyError, match="wait for it, or stop it"), lock.locked(tmp_path):
            pass
        assert (tmp_path / lock.NAME).exists()  # that of the first
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOLCK])
def test_a_folder_that_cannot_be_locked(tmp_path, monkeypatch, caplog, number):
    """A folder that cannot be written into is an error; one on a file system without locks is used all the same."""

    def refuse(*arguments, **settings):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(lock.FileLock, "acquire", refuse)
    if number == errno.ENOLCK:
        with lock.locked(tmp_path) as held:
            assert not held
        assert "let no other process write to it" in caplog.text
    else:
        with pytest.raises(FolderError, match="cannot write to"), lock.locked(tmp_path):
            pass


def test_a_file_that_somebody_reads_is_replaced_when_they_are_done(tmp_path, monkeypatch):
    def replace(old, new):
        tries.append(old)
        if len(tries) < 3:
            raise PermissionError(errno.EACCES, "in use")
        os.rename(old, new)

    tries = []
    monkeypatch.setattr(atomic, "_WINDOWS", True)
    monkeypatch.setattr(atomic.os, "replace", replace)
    atomic.write_json(tmp_path / "summary.json", {"schema": 1})
    assert len(tries) == 3
    monkeypatch.setattr(atomic, "_WINDOWS", False)
    tries.clear()
    with pytest.raises(FolderError, match="cannot write"):
        atomic.write_json(tmp_path / "summary.json", {"schema": 2})
    assert json.loads((tmp_path / "summary.json").read_text()) == {"schema": 1}
    assert os.listdir(tmp_path) == ["summary.json"]


def test_signals_are_noted_and_handlers_restored():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with deferred():
        signal.raise_signal(signal.SIGTERM)
        with deferred(), pytest.raises(KeyboardInterrupt):  # within another one: the same state
            stop_if_requested()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)  # the second interrupts at once
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    stop_if_requested()  # nothing is left of it


def test_names_of_folders_and_files_are_names_everywhere(tmp_path):
    """None of the characters that Windows refuses."""
    for text in ('expr: x^2 ? a|b <c> "d" * e\\f/g', "odd.py:make", "C:\\data\\x.csv", "résumé"):
        assert slug(text)
        assert not set(slug(text)) & set('<>:"/\\|?*')


def test_the_commit_is_the_programs_own(tmp_path, monkeypatch):
    def git(*words):
        return subprocess.run(["git", *words], cwd=tmp_path, capture_output=True, text=True, check=True).stdout.strip()

    git("init", "-q")
    git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "--allow-empty", "-m", "first")
    monkeypatch.setattr(commit, "_ROOT", tmp_path)
    assert commit.git_commit() == git("rev-parse", "HEAD")
    installed = tmp_path / "lib" / "site-packages"  # within another's repository
    installed.mkdir(parents=True)
    monkeypatch.setattr(commit, "_ROOT", installed)
    assert commit.git_commit() is None
