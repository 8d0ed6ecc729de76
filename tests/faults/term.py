"""SIGTERM and SIGINT at random moments of a run and of a training: exit code 130, a checkpoint, and resuming gives the same bits.

    python tests/faults/term.py [run] [training]

Takes about four minutes a job. Moments are uniform over the time from the first writing of the manifest to the
end of the process; the seed was fixed before looking. Before and after these the folder is not being written, and a signal
does what it does to any program. One that comes when the last step is made lets the run end. Exit code 1 unless all have
the bits of the run that nothing stopped.
"""

import shutil
import signal
import time
from collections import Counter

import numpy as np
from jobs import Job, check_equal, check_whole, claimed, finish, heading, place, row, start, status, stop, study, whole

SEED = 20_181_125
SIGNALS = 10


def job_by_job(job: Job) -> bool:
    """The whole study of a job."""
    rng = np.random.default_rng([SEED, len(job.name)])
    with place() as folder:
        length = whole(job, folder / "whole")
        heading(
            f"{job.name}: {SIGNALS} signals",
            f"`{job.command}`, {length:.1f} s from its claim of the folder; seed {SEED}.",
            "signal",
            "second",
            "name",
            "ended with",
            "status",
            "seconds until its end",
            "after resume",
        )
        states: Counter[str] = Counter()
        good = done = 0
        while done < SIGNALS:
            number = (signal.SIGTERM, signal.SIGINT)[done % 2]
            seconds, where = rng.uniform(0, length), folder / "stopped"
            process = start(job.arguments, where)
            began = claimed(process, where)
            while status(where) is None and process.poll() is None:
                began = time.monotonic()
            ended = stop(process, began, seconds, number)
            took = time.monotonic() - began - seconds
            if ended is not None:
                done += 1
                try:
                    check_whole(where)
                    found = status(where)
                    if found == "INTERRUPTED":
                        assert ended[0] == 130, ended
                        assert ended[1].startswith("langevin-sim: interrupted; langevin-sim "), ended
                        assert (where / job.checkpoint).exists()
                        assert not list(where.rglob(".*"))
                        finish(start(job.arguments, where, resume=True))
                    else:
                        # it came after the last step; or the folder was complete, and the process about to end
                        assert found == "COMPLETED", (found, *ended)
                        assert ended[0] in (0, -number, 130), ended
                    check_equal(job, where, folder / "whole")
                    row(done, f"{seconds:.2f}", number.name, ended[0], found, f"{took:.2f}", "the same bits")
                    states[str(found)] += 1
                    good += 1
                except Exception as error:
                    row(done, f"{seconds:.2f}", number.name, ended[0], status(where), f"{took:.2f}", f"FAILED: {error!r}")
            shutil.rmtree(where)
        print(f"\n{good} of {SIGNALS}: {', '.join(f'{count} {state}' for state, count in states.most_common())}.")
    return good == SIGNALS


if __name__ == "__main__":
    study(job_by_job, "SIGTERM and SIGINT")
