"""A stopped run that is resumed has the bits of one that was never stopped; what cannot be resumed is reported and left alone."""

import json
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from langevin_sim import potentials
from langevin_sim.cli.main import main
from langevin_sim.cli.progress import Progress
from langevin_sim.dynamics import make
from langevin_sim.engine.ensemble import new_ensemble
from langevin_sim.errors import CheckpointError, FolderError
from langevin_sim.memo import fig3
from langevin_sim.plots import concentration
from langevin_sim.runs import run as module
from langevin_sim.simulation import simulate, summary
from langevin_sim.simulation.references import reference_laws
from langevin_sim.simulation.simulate import available_threads, landscape
from langevin_sim.storage import checkpoint, lock

SHORT, LONG = "2000", "4000"  # steps
CHUNK_WORK = 4e4  # some chunks an ensemble, each with its checkpoint
RUN = [
    "run",
    "--dims",
    "1,2",
    "--dynamics",
    "gdl,sgd",
    "--walkers",
    "384",  # two blocks, so that two threads have work
    "--burn-in",
    "200",
    "--no-chain",
    "--checkpoint-seconds",
    "0",
    "--quiet",
]
FIGURE = ["reproduce", "fig3", "--literal", "--replicas", "8", "--steps", "20000", "--seed", "3", "--quiet"]
DATA = ("histograms.npz", "positions.npz", "summary.csv")
ELSEWHERE = f"""
from langevin_sim.simulation import simulate, summary
simulate._CHUNK_WORK = {CHUNK_WORK}
summary.fitted_temperature = lambda *arguments: None
from langevin_sim.cli.main import main
main()
"""


@pytest.fixture(autouse=True)
def _quick(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(simulate, "_CHUNK_WORK", CHUNK_WORK)
    leave_out(monkeypatch)


KNOWN = {}


def known_laws(potential, dynamics, chain):
    """The laws of a case, computed once: every run here has the same."""
    key = (potential.name, potential.dim, dynamics, chain)
    if key not in KNOWN:
        KNOWN[key] = reference_laws(potential, dynamics, chain)
    return KNOWN[key]


def leave_out(patch):
    """Switches off what takes long and does not affect histograms.npz and summary.csv; laws are not computed again."""
    patch.setattr(module, "reference_laws", known_laws)
    patch.setattr(summary, "fitted_temperature", lambda *arguments: None)
    for figure in (concentration, fig3):
        patch.setattr(figure, "draw", lambda folder: None)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Uninterrupted runs of SHORT and of LONG steps, and an uninterrupted figure."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        leave_out(patch)
        for steps in (SHORT, LONG):
            finished(call(*run(steps), "--out", str(folder / steps)))
        finished(call(*FIGURE, "--out", str(folder / "figure")))
    return folder


def run(steps=SHORT, seed="5"):
    return [*RUN, "--steps", steps, "--seed", seed]


def call(*arguments):
    return CliRunner().invoke(main, list(arguments))


def finished(result):
    assert result.exit_code == 0, result.output


def refused(result, *words):
    assert result.exit_code == 2, (result.output, result.exception)
    assert result.output.count("\n") == 1, result.output
    assert "Traceback" not in result.output
    for word in words:
        assert word in result.output, result.output


def manifest(folder):
    return json.loads(Path(folder, "manifest.json").read_text())


def change(folder, **values):
    Path(folder, "manifest.json").write_text(json.dumps(manifest(folder) | values))


def content(folder):
    return {str(path): path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file()}


def hidden(folder):
    return [path for path in Path(folder).rglob(".*")]


def same(folder, other):
    for name in DATA if Path(other, "positions.npz").exists() else set(DATA) - {"positions.npz"}:
        assert Path(folder, name).read_bytes() == Path(other, name).read_bytes(), name
    assert manifest(folder)["status"] == "COMPLETED"
    assert not Path(folder, "checkpoint", "state.npz").exists()
    assert hidden(folder) == []


def stopped(arguments, out, number=signal.SIGTERM, after=20):
    """A command that receives the signal at a given call of its progress function."""
    calls = iter(range(1_000_000))

    def update(self, name, step, total, note=""):
        if next(calls) == after:
            os.kill(os.getpid(), number)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Progress, "update", update)
        result = call(*arguments, "--out", out)
    assert result.exit_code == 130, (result.output, result.exception)
    assert result.output == f"langevin-sim: interrupted; langevin-sim resume {out} goes on\n"
    assert manifest(out)["status"] == "INTERRUPTED"
    assert Path(out, "checkpoint", "state.npz").exists()
    assert hidden(out) == []


def killed(arguments, folder, wait):
    """The command in a process of its own, killed when ``wait(folder)`` is true."""
    process = subprocess.Popen([sys.executable, "-W", "error", "-c", ELSEWHERE, *arguments], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not wait(folder) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "the run was over before it could be killed"
    assert manifest(folder)["status"] == "RUNNING"


def reached(folder):
    """The number of complete ensembles in the checkpoint, and the step of the running one; (-1, 0) without a checkpoint."""
    path = Path(folder, "checkpoint", "state.npz")
    if not path.exists():
        return -1, 0
    meta, _ = checkpoint._read(path)
    return len(meta["parts"]), max((entry["step"] for entry in meta["running"].values()), default=0)


def test_a_run_that_was_killed_twice_ends_with_the_same_bits(whole):
    killed([*run(), "--threads", "1", "--out", "killed"], "killed", lambda folder: reached(folder)[0] >= 0)
    first = reached("killed")
    Path("killed/checkpoint/.state.npz.123").write_bytes(b"half")  # what a kill during a write leaves
    Path("killed/.summary.json.123").write_bytes(b"")
    resume = ["resume", "killed", "--quiet", "--checkpoint-seconds", "0"]
    killed([*resume, "--threads", "1"], "killed", lambda folder: reached(folder) > max(first, (1, 1)))
    assert not Path("killed/.summary.json.123").exists()
    finished(call(*resume))
    same("killed", whole / SHORT)
    assert len(manifest("killed")["resumed"]) == 2


@pytest.mark.parametrize(("number", "threads"), [(signal.SIGTERM, 1), (signal.SIGINT, min(2, available_threads()))])
def test_a_run_that_was_interrupted_ends_with_the_same_bits_on_any_threads(whole, number, threads):
    stopped([*run(), "--threads", "1"], "run", number)
    finished(call("resume", "run", "--quiet", "--threads", str(threads)))
    same("run", whole / SHORT)


@pytest.mark.parametrize("after", [0, 5, 6, 11, 22])
def test_wherever_it_was_stopped(whole, after):
    stopped(run(), "run", after=after)
    finished(call("resume", "run", "--quiet"))
    same("run", whole / SHORT)


@pytest.mark.parametrize("keep", [[], ["--keep-state"]])
def test_an_extended_run_is_a_longer_run(whole, keep):
    finished(call(*run(), *keep, "--out", "run"))
    same("run", whole / SHORT)
    assert Path("run/checkpoint").exists() == bool(keep)
    finished(call("resume", "run", "--steps", LONG, "--quiet"))
    same("run", whole / LONG)
    assert ("continues from step 2200" in Path("run/run.log").read_text()) == bool(keep)
    assert manifest("run")["spec"] == manifest(whole / LONG)["spec"]


@pytest.mark.parametrize("keep", [[], ["--keep-state"]])
def test_an_interrupted_run_can_be_extended(whole, keep):
    stopped([*run(), *keep], "run")
    finished(call("resume", "run", "--steps", LONG, "--quiet"))
    same("run", whole / LONG)


def test_an_extension_that_was_interrupted_goes_on_as_one(whole):
    finished(call(*run(), "--keep-state", "--out", "run"))
    calls = iter(range(1000))

    def update(self, name, step, total, note=""):
        if next(calls) == 4:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Progress, "update", update)
        assert call("resume", "run", "--steps", LONG, "--quiet", "--checkpoint-seconds", "0").exit_code == 130
    finished(call("resume", "run", "--quiet"))
    same("run", whole / LONG)


def test_the_first_of_two_step_sizes_is_not_made_twice():
    """With --extrapolate one entry needs two ensembles: the first is kept while the second runs."""
    extrapolating = [
        "run",
        "--dims",
        "1",
        "--walkers",
        "96",
        "--burn-in",
        "200",
        "--steps",
        SHORT,
        "--no-chain",
        "--seed",
        "5",
        "--extrapolate",
        "--checkpoint-seconds",
        "0",
        "--quiet",
    ]
    finished(call(*extrapolating, "--out", "whole"))
    stopped(extrapolating, "run", after=8)
    assert reached("run") == (0, 2200)
    finished(call("resume", "run", "--quiet"))
    same("run", "whole")
    log = Path("run/run.log").read_text()
    assert "d1_gdl continues from step 2200" in log
    assert "d1_gdl_eta2 continues from step" in log


def test_a_second_signal_interrupts_at_once_and_leaves_nothing_half_written(whole, monkeypatch):
    written = []

    def twice(stream, meta, arrays):
        written.append(meta)
        stream.write(b"half")
        if len(written) == 5:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
        stream.seek(0)
        plain(stream, meta, arrays)

    plain = checkpoint._write
    monkeypatch.setattr(checkpoint, "_write", twice)
    assert call(*run(), "--out", "run").exit_code == 130
    assert hidden("run") == []
    assert manifest("run")["status"] == "INTERRUPTED"
    monkeypatch.setattr(checkpoint, "_write", plain)
    finished(call("resume", "run", "--quiet"))
    same("run", whole / SHORT)


def test_what_cannot_be_gone_on_with_is_told(whole):
    before = content(whole)
    refused(call("resume", str(whole / SHORT)), "complete", "--steps MORE")
    refused(call("resume", str(whole / SHORT), "--steps", "1000"), "--steps 1000", "more than the run's 2,000")
    refused(call("resume", str(whole / SHORT), "--steps", SHORT), "--steps 2000")
    refused(call("resume", str(whole / "figure"), "--steps", "9000"), "--steps")
    refused(call("resume", str(whole / "figure")), "complete")
    refused(call("resume", str(whole)), "not a run folder")
    refused(call("resume", "nowhere"), "nowhere", "not a run folder")
    refused(call("rerun", "nowhere"), "nowhere", "not a run folder")
    refused(call("rerun", str(whole / SHORT), "--out", str(whole / LONG)), "already exists")
    assert content(whole) == before
    stopped(run(), "run")
    refused(call("rerun", "run"), "INTERRUPTED", "resume")
    for steps in ("1000", "0", "-5"):
        refused(call("resume", "run", "--steps", steps), f"--steps {steps}")
    before = content("run")
    change("run", schema=3)
    refused(call("resume", "run"), "schema 3", "reads 1 and 2")
    Path("run/manifest.json").write_text("{")
    refused(call("resume", "run"), "manifest.json is damaged")
    assert content("run").keys() == before.keys()


def test_a_damaged_checkpoint_is_named_and_left():
    stopped(run(), "run")
    state = Path("run/checkpoint/state.npz")
    good = state.read_bytes()
    rng = np.random.default_rng(1)
    flipped = [bytearray(good) for _ in range(3)]
    for number, bad in enumerate(flipped):
        position = rng.integers(len(good)) if number else len(good) - 1
        bad[position] ^= 1 << rng.integers(8)
    for bad in (good[: len(good) // 2], b"", good + b"\0", *flipped):
        state.write_bytes(bad)
        refused(call("resume", "run", "--quiet"), "run/checkpoint/state.npz", "has not been changed")
        assert state.read_bytes() == bad
        assert manifest("run")["status"] == "FAILED"
    state.write_bytes(good)
    finished(call("resume", "run", "--quiet"))


def test_any_bit_of_a_checkpoint_counts(tmp_path):
    path = tmp_path / "state.npz"
    with open(path, "wb") as stream:
        checkpoint._write(stream, {"identity": "1"}, {"x": np.arange(4.0)})
    with np.load(path) as file:  # it is still an npz file
        assert list(file) == ["meta", "x"]
    good = path.read_bytes()
    for bit in range(0, 8 * len(good), 11):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bad)
        with pytest.raises(CheckpointError):
            checkpoint._read(path)


def test_the_checkpoint_of_another_run_is_refused(whole):
    stopped(run(), "run")
    stopped(run(seed="6"), "other")
    state, foreign = Path("run/checkpoint/state.npz"), Path("other/checkpoint/state.npz").read_bytes()
    good = state.read_bytes()
    state.write_bytes(foreign)
    refused(call("resume", "run", "--quiet"), "run/checkpoint/state.npz", "another run", "has not been changed")
    assert state.read_bytes() == foreign
    state.write_bytes(good)
    finished(call("resume", "run", "--quiet"))
    same("run", whole / SHORT)


def test_the_kept_state_of_another_run_is_refused():
    for seed in ("5", "6"):
        finished(call(*run(seed=seed), "--keep-state", "--out", seed))
    foreign = Path("6/checkpoint/d1_gdl.npz").read_bytes()
    Path("5/checkpoint/d1_gdl.npz").write_bytes(foreign)
    refused(call("resume", "5", "--steps", LONG, "--quiet"), "5/checkpoint/d1_gdl.npz", "another run")
    assert Path("5/checkpoint/d1_gdl.npz").read_bytes() == foreign


def test_two_processes_do_not_write_into_one_folder(whole):
    stopped(run(), "run")
    before = content("run")
    with lock.locked(Path("run")) as held:
        assert held
        Path("run/.summary.json.123").write_bytes(b"")  # the other's
        refused(call("resume", "run", "--quiet"), "another process", "run")
        Path("run/.summary.json.123").unlink()
    assert content("run") == before
    finished(call("resume", "run", "--quiet"))
    same("run", whole / SHORT)


def test_rerun_compares_the_bits(whole):
    result = call("rerun", str(whole / SHORT), "--out", "again", "--threads", str(available_threads()))
    finished(result)
    assert "the same bits: histograms.npz, positions.npz, summary.csv in again" in result.output
    same("again", whole / SHORT)
    change(
        "again",
        outputs=manifest("again")["outputs"] | {"histograms.npz": "0" * 64},
        versions=manifest("again")["versions"] | {"numpy": "1.0"},
    )
    refused(call("rerun", "again"), "histograms.npz has changed")
    result = call("rerun", "again", "--accept-changes")
    assert result.exit_code == 3
    assert "different bits: histograms.npz; the same: positions.npz, summary.csv; in again-rerun" in result.output
    assert "numpy 1.0 then" in result.output
    same("again-rerun", whole / SHORT)


def test_a_figure_goes_on_and_is_done_again(whole):
    stopped(FIGURE, "stopped", after=3)
    finished(call("resume", "stopped", "--quiet"))
    same("stopped", whole / "figure")
    result = call("rerun", "stopped", "--out", "again")
    finished(result)
    assert "the same bits: histograms.npz, summary.csv in again" in result.output
    change("stopped", status="INTERRUPTED", spec=manifest("stopped")["spec"] | {"arms": []})
    refused(call("resume", "stopped"), "fig3", "other settings")


def test_the_log_has_the_start_the_checkpoints_and_the_end(whole):
    stopped(run(), "run")
    text = Path("run/run.log").read_text()
    assert "INFO started: {" in text
    assert "ERROR interrupted" in text
    finished(call("resume", "run", "--quiet"))
    text = Path("run/run.log").read_text()
    assert "continues from step" in text
    assert text.rstrip().endswith("INFO completed")
    assert "run.log" not in manifest("run")["outputs"]


@pytest.mark.filterwarnings("default")
def test_a_warning_lands_in_the_manifest(monkeypatch):
    def draw(folder):
        warnings.warn("odd numbers", RuntimeWarning, stacklevel=1)
        checkpoint.log.warning("odd folder")

    monkeypatch.setattr(concentration, "draw", draw)
    finished(call(*run(), "--out", "run"))
    first, second = manifest("run")["warnings"]
    assert "warning: odd numbers" in first
    assert second == "odd folder"
    assert "odd numbers" in Path("run/run.log").read_text()


def test_a_checkpoint_that_cannot_be_written_costs_no_run(whole, monkeypatch):
    def full(stream, meta, arrays):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "_write", full)
    finished(call(*run(), "--out", "run"))
    same("run", whole / SHORT)
    assert any("could not write a checkpoint" in text for text in manifest("run")["warnings"])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_log_that_cannot_be_written_costs_no_run(whole):
    stopped(run(), "run")
    Path("run/run.log").unlink()
    Path("run/run.log").symlink_to("/dev/full")
    finished(call("resume", "run", "--quiet"))
    same("run", whole / SHORT)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("no such colour"), MemoryError()])
def test_a_figure_that_fails_is_a_warning_of_a_complete_run(whole, monkeypatch, error):
    def fail(folder):
        assert manifest("run")["status"] == "COMPLETED"  # before anything is drawn
        assert {"histograms.npz", "summary.csv", "summary.json"} <= manifest("run")["outputs"].keys()
        raise error

    monkeypatch.setattr(concentration, "draw", fail)
    finished(call(*run(), "--out", "run"))
    same("run", whole / SHORT)
    (warning,) = manifest("run")["warnings"]
    assert warning == f"the figure could not be made: {type(error).__name__}: {error}"
    assert warning in Path("run/report.html").read_text()


def test_a_page_that_fails_is_a_warning_of_a_complete_run(whole, monkeypatch):
    def fail(folder):
        raise KeyError("no such number")

    monkeypatch.setattr(module, "write_report", fail)
    finished(call(*run(), "--out", "run"))
    same("run", whole / SHORT)
    assert manifest("run")["warnings"] == ["report.html could not be made: KeyError: 'no such number'"]


def test_traceback_shows_where_an_error_came_from():
    refused(call("resume", "nowhere"), "nowhere")
    result = call("--traceback", "resume", "nowhere")
    assert result.exit_code == 1
    assert isinstance(result.exception, FolderError)
    arguments = [sys.executable, "-c", "from langevin_sim.cli.main import main; main()"]
    for options, lines in ([], 1), (["--traceback"], 5):
        told = subprocess.run([*arguments, *options, "resume", "nowhere"], capture_output=True, text=True, check=False)
        assert told.returncode == (1 if options else 2)
        assert ("Traceback" in told.stderr) == bool(options)
        assert told.stderr.count("\n") >= lines if options else told.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["gd", "gdl", "sgd", "sgdl", "lm", "mala", "rwm"])
def test_an_ensemble_that_is_restored_has_the_same_future(name):
    U = potentials.tilted(potentials.twowell(2), 1.0, terms=50) if name in ("sgd", "sgdl") else potentials.twowell(2)
    starts = np.stack([U.regions[k % 2].start for k in range(300)])

    def ensemble(threads):
        return new_ensemble(
            landscape(U),
            make(name, 0.02, 1.0, batch_size=7),
            starts,
            seed=11,
            key=(2,),
            burn_in=10,
            every=2,
            bound=1e3,
            threads=threads,
        )

    def bits(made):
        return b"".join(array.tobytes() for array in made.state().values())

    first = ensemble(1)
    first.run(410, 1000)
    for threads, chunk, at in [(1, 7, 9), (available_threads(), 1000, 123), (available_threads(), 1, 409)]:
        before = ensemble(available_threads())
        before.run(at, 1000)
        after = ensemble(threads)
        after.restore(at, before.state())
        after.run(410, chunk)
        assert bits(after) == bits(first)


def test_the_checkpoint_of_another_engine_is_refused(monkeypatch):
    with monkeypatch.context() as older:
        older.setattr("langevin_sim.storage.checkpoint.ENGINE", 1)
        stopped(run(), "run")
    state = Path("run/checkpoint/state.npz").read_bytes()
    refused(call("resume", "run", "--quiet"), "was written by version 1 of the engine")
    assert Path("run/checkpoint/state.npz").read_bytes() == state
