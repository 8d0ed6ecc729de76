"""One process at a time in a run folder."""

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
    """Within it no other process writes into the folder; BusyError if one does, FolderError if the folder cannot be written.

    The operating system frees the lock of a process that was killed, and its lock file is used again; a folder that nobody
    writes into holds none. Without locks in the operating system, the existence of the file is the lock. False where the file
    system cannot lock at all.
    """
    lock = FileLock(folder / NAME, timeout=0)
    held = True
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # that the file's existence is the lock
            lock.acquire()
    except Timeout as error:
        raise BusyError(f"another process is writing into {folder}; wait for it, or stop it") from error
    except OSError as error:
        if error.errno not in _WITHOUT_LOCKS:
            raise FolderError(f"cannot write into {folder}: {error.strerror or error}") from error
        log.warning("%s cannot be locked (%s); let no other process write into it", folder, error.strerror)
        held = False
    try:
        yield held
    finally:
        # Removed while it is held: a process that has opened it meanwhile sees that it has no name any more, and tries again.
        # Windows refuses that; there the release removes it.
        if held:
            with contextlib.suppress(OSError):
                (folder / NAME).unlink()
            lock.release()
