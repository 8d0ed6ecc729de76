"""SIGINT and SIGTERM during a run: noted when they come, acted on where the state is whole."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_requested: list[int] = []


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Within it a first signal is only noted, for ``stop_if_requested``; a second one interrupts at once.

    Only the main thread gets signals: elsewhere nothing changes, nor within another ``deferred``.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is _note:
        yield
        return
    before = {number: signal.signal(number, _note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        _requested.clear()
        for number, handler in before.items():
            signal.signal(number, handler)


def _note(number: int, frame: FrameType | None) -> None:
    if _requested:
        raise KeyboardInterrupt
    _requested.append(number)


def stop_if_requested() -> None:
    """KeyboardInterrupt if a signal has come since the outermost ``deferred`` began. Call it between two whole states."""
    if _requested:
        raise KeyboardInterrupt
