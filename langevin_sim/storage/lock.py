"""A lock that lets only one process at a time into a run folder."""

import contextlib
import errno
import warnings
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from langevin_sim.errors import BusyError, FolderError
from langevin_sim.storage.log import log

NAME = ".lock"
_WITHOUT_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Prevent other processes from writing to the folder; BusyError if one does, FolderError if the folder is not writable.

    The operating system frees the lock of a killed process, and its lock file is then reused; an idle folder holds no lock
    file. If the operating system has no locks, the existence of the file is the lock. Yields False if the file system
    cannot lock at all.
    """
    lock = FileLock(folder / NAME, timeout=0)
    held = True
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # the file's existence is the lock
            lock.acquire()
    except Timeout as error:
        raise BusyError(f"another process is writing to {folder}; wait for it, or stop it") from error
    except OSError as error:
        if error.errno not in _WITHOUT_LOCKS:
            raise FolderError(f"cannot write to {folder}: {error.strerror or error}") from error
        log.warning("cannot lock %s (%s); let no other process write to it", folder, error.strerror)
        held = False
    try:
        yield held
    finally:
        # Removed while it is locked: a process that has opened the file meanwhile sees that its name is gone, and retries.
        # Windows refuses this; there the release removes it.
        if held:
            with contextlib.suppress(OSError):
                (folder / NAME).unlink()
            lock.release()
