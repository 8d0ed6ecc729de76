"""kill -9 at random moments of a run and of a training: what is on disk is whole, and resuming gives the same bits.

    python tests/faults/kill.py [run] [training]

Takes eight minutes a job, more where others use the machine. Moments are uniform over the time from the claim of the folder
to the end of the process; the seed was fixed before looking. Where the kill came before the manifest, there is nothing to
resume: the folder is removed and the command is given again. Exit code 1 unless all have the bits of the run that nothing
stopped.
"""

import json
import shutil
import signal
import time
from collections import Counter
from pathlib import Path

import numpy as np
from jobs import Job, check_equal, check_whole, claimed, finish, heading, place, row, start, status, stop, study, whole

SEED = 20_181_124
KILLS = 25  # in as many runs
CHAINS, LINKS = 4, 4  # runs that are killed again and again: so many processes, each killed


def go_on(job: Job, folder: Path) -> str:
    """Resume what was killed; returns in what state it was."""
    at = status(folder)
    if at == "COMPLETED":
        return "complete"
    if at is None:
        shutil.rmtree(folder)
    kept = (folder / job.checkpoint).exists()
    finish(start(job.arguments, folder, resume=at is not None))
    return "nothing written yet" if at is None else "a checkpoint" if kept else "no checkpoint yet"


def once(job: Job, reference: Path, folder: Path, seconds: float) -> tuple[str, int, int] | None:
    """Kill one run after so many seconds, and resume it: state, whole files, half-written ones; None if it was over before."""
    process = start(job.arguments, folder)
    if stop(process, claimed(process, folder), seconds, signal.SIGKILL) is None:
        return None
    files, half = check_whole(folder), len([path for path in folder.rglob(".*")])
    state = go_on(job, folder)
    check_equal(job, folder, reference)
    return state, files, half


def again_and_again(job: Job, reference: Path, folder: Path, moments: np.ndarray) -> int:
    """Kill a run, and its resumptions, at those moments of each; returns how many were killed."""
    killed = resumptions = 0
    for seconds in moments:
        resume = folder.exists() and status(folder) is not None
        if not resume:
            shutil.rmtree(folder, ignore_errors=True)
        resumptions = resumptions + 1 if resume else 0
        process = start(job.arguments, folder, resume)
        began = claimed(process, folder)
        while process.poll() is None and len(resumed(folder)) < resumptions:  # it imports, and computes the laws
            began = time.monotonic()
        if stop(process, began, seconds, signal.SIGKILL) is None:
            break
        killed += 1
        check_whole(folder)
    go_on(job, folder)
    check_equal(job, folder, reference)
    return killed


def resumed(folder: Path) -> list[str]:
    """When the folder was resumed."""
    path = folder / "manifest.json"
    return json.loads(path.read_text()).get("resumed", []) if path.exists() else []


def job_by_job(job: Job) -> bool:
    """The whole study of a job."""
    rng = np.random.default_rng([SEED, len(job.name)])
    with place() as folder:
        length = whole(job, folder / "whole")
        heading(
            f"{job.name}: {KILLS} kills",
            f"`{job.command}`, {length:.1f} s from its claim of the folder; seed {SEED}.",
            "kill",
            "second",
            "found",
            "files, all whole",
            "half-written, hidden",
            "after resume",
        )
        states: Counter[str] = Counter()
        good = done = late = 0
        while done < KILLS:
            seconds = rng.uniform(0, length)
            where = folder / "killed"
            try:
                found = once(job, folder / "whole", where, seconds)
                if found:
                    done, good = done + 1, good + 1
                    states[found[0]] += 1
                    row(done, f"{seconds:.2f}", *found, "the same bits")
                else:
                    late += 1
            except Exception as error:
                done += 1
                row(done, f"{seconds:.2f}", "", "", "", f"FAILED: {error!r}")
            shutil.rmtree(where, ignore_errors=True)
        print(
            f"\n{good} of {KILLS}: {', '.join(f'{count} with {state}' for state, count in states.most_common())}; "
            f"{late} more were over before their moment."
        )
        heading(
            f"{job.name}: killed again and again",
            f"{CHAINS} runs; the process, and each resumption, killed at a random moment.",
            "run",
            "kills",
            "in the end",
        )
        chains = 0
        for chain in range(CHAINS):
            try:
                killed = again_and_again(job, folder / "whole", folder / "chain", rng.uniform(0, length / 2, LINKS))
                row(chain + 1, killed, "the same bits")
                chains += 1
            except Exception as error:
                row(chain + 1, "", f"FAILED: {error!r}")
            shutil.rmtree(folder / "chain", ignore_errors=True)
        print(f"\n{chains} of {CHAINS}.")
    return good == KILLS and chains == CHAINS


if __name__ == "__main__":
    study(job_by_job, "kill -9")
