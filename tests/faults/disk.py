"""The disk fills up: what is on it stays whole, one line is told, and with space again the run is resumed to the same bits.

    python tests/faults/disk.py [run] [training]

As root, on a small tmpfs: it is filled to its last byte at a moment of the run, or is too small from the beginning. Without
the right to mount one, writing fails in the process instead, while a file says so. Takes about six minutes a job on one
core. Exit code 1 unless all is as it should be.
"""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from jobs import Job, check_equal, check_whole, claimed, finish, heading, place, row, start, status, study, whole

ROOM = 64 << 20  # bytes of the file system
SIZES = 6  # file systems that are too small, from the least to all but enough
FAKE = """
import os
from matplotlib.figure import Figure
def full(plain):
    def write(*arguments, **options):
        if os.path.exists({flag!r}):
            raise OSError(28, "No space left on device")
        return plain(*arguments, **options)
    return write
os.fsync, Figure.savefig = full(os.fsync), full(Figure.savefig)
"""


class Disk:
    """A small file system, or what stands in for one."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._filler = folder, folder / "filler"
        self.before = "" if MOUNTED else FAKE.format(flag=str(self._filler))

    def fill(self) -> None:
        """To the last byte."""
        if not MOUNTED:
            self._filler.touch()
            return
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError), open(self._filler, "ab", buffering=0) as stream:
                while stream.write(b"\0" * size) == size:
                    pass

    def free(self) -> None:
        """Again."""
        self._filler.unlink(missing_ok=True)


@contextlib.contextmanager
def disk(folder: Path, room: int = ROOM) -> Iterator[Disk]:
    """An empty file system of so many bytes."""
    folder.mkdir()
    if MOUNTED:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={room}", "none", folder], check=True)
    try:
        yield Disk(folder)
    finally:
        if MOUNTED:
            subprocess.run(["umount", folder], check=True)
        shutil.rmtree(folder)


def grow(folder: Path) -> None:
    """Let the file system have room."""
    subprocess.run(["mount", "-o", f"remount,size={ROOM}", folder], check=True)


def mountable() -> bool:
    """Whether this process may mount a tmpfs."""
    with place() as folder:
        tried = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], capture_output=True, check=False)
        return tried.returncode == 0 and subprocess.run(["umount", folder], check=False).returncode == 0


def refused(process: subprocess.Popen[str]) -> str:
    """What it told: one line, and exit code 2."""
    _, told = process.communicate()
    assert process.returncode == 2, (process.returncode, told[-500:])
    assert told.count("\n") == 1, told[-500:]
    assert "No space left on device" in told, told
    return told


def moments(job: Job) -> dict[str, Callable[[Path], bool]]:
    """When the disk becomes full."""

    def history(folder: Path) -> bool:
        path = folder / job.checkpoint
        return path.exists() and path.stat().st_mtime_ns != first.setdefault(folder, path.stat().st_mtime_ns)

    first: dict[Path, int] = {}
    return {
        "before the first checkpoint": lambda folder: (folder / "manifest.json").exists(),
        "when there is a checkpoint": lambda folder: (folder / job.checkpoint).exists(),
        "when it has been replaced": history,
        "at the final writing": lambda folder: (folder / "summary.json").exists(),
    }


def at_a_moment(job: Job, reference: Path, disk: Disk, when: Callable[[Path], bool]) -> tuple[str, str]:
    """Fill the disk, see what is told and left, free it and resume; returns (status, whether there was a checkpoint)."""
    folder = disk.folder / "full"
    process = start(job.arguments, folder, before=disk.before)
    claimed(process, folder)
    while not when(folder):
        assert process.poll() is None, "it ended before the disk could be filled"
        time.sleep(0.0005)
    disk.fill()
    refused(process)
    check_whole(folder)
    found = str(status(folder)), "yes" if (folder / job.checkpoint).exists() else "no"
    disk.free()
    finish(start(job.arguments, folder, resume=True))
    check_equal(job, folder, reference)
    return found


def too_small(job: Job, reference: Path, disk: Disk) -> tuple[str, str]:
    """Run on a file system that is too small, let it grow and resume; returns (status, whether there was a checkpoint)."""
    folder = disk.folder / "full"
    refused(start(job.arguments, folder))
    check_whole(folder)
    at = status(folder)
    found = str(at), "yes" if (folder / job.checkpoint).exists() else "no"
    grow(disk.folder)
    if at is None:
        shutil.rmtree(folder)
    finish(start(job.arguments, folder, resume=at is not None))
    check_equal(job, folder, reference)
    return found


def job_by_job(job: Job) -> bool:
    """The whole study of a job."""
    good, tried = 0, 0
    with place() as place_:
        reference = place_ / "whole"
        whole(job, reference)
        how = f"A tmpfs of {ROOM >> 20} MB, filled to its last byte" if MOUNTED else "No right to mount: fsync and savefig fail"
        heading(
            f"{job.name}: the disk becomes full",
            f"`{job.command}`. {how}. In each case: exit code 2, one line, all files whole.",
            "full",
            "status then",
            "a checkpoint",
            "with space again",
        )
        for name, when in moments(job).items():
            tried += 1
            with disk(place_ / "disk") as full:
                try:
                    row(name, *at_a_moment(job, reference, full, when), "the same bits")
                    good += 1
                except Exception as error:
                    row(name, "", "", f"FAILED: {error!r}")
        if MOUNTED:
            needed = sum(path.stat().st_size for path in reference.iterdir())
            heading(
                f"{job.name}: too small a disk",
                f"The folder in the end has {needed >> 10} KB. In each case as above.",
                "KB",
                "status then",
                "a checkpoint",
                "with space",
            )
            for room in np.geomspace(8 << 10, 0.9 * needed, SIZES).astype(int) // 4096 * 4096:
                tried += 1
                with disk(place_ / "disk", int(room)) as small:
                    try:
                        row(room >> 10, *too_small(job, reference, small), "the same bits")
                        good += 1
                    except Exception as error:
                        row(room >> 10, "", "", f"FAILED: {error!r}")
    print(f"\n{good} of {tried}.")
    return good == tried


MOUNTED = os.geteuid() == 0 and mountable()

if __name__ == "__main__":
    study(job_by_job, "A full disk")
