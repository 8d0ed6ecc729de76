"""SIGINT and SIGTERM during a run: noted when they come, acted on where the state is whole."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class _Noted:
    """A signal handler that only notes the first signal; a second one interrupts at once."""

    def __init__(self) -> None:
        self.requested = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Within it a first signal is only noted, for ``stop_if_requested``; a second one interrupts at once.

    Only the main thread gets signals: elsewhere nothing changes, nor within another ``deferred``. In the end the handlers are
    what they were.
    """
    if threading.current_thread() is not threading.main_thread() or isinstance(signal.getsignal(signal.SIGINT), _Noted):
        yield
        return
    noted = _Noted()
    before = {number: signal.signal(number, noted) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)  # None: one that was not set from Python


def stop_if_requested() -> None:
    """KeyboardInterrupt if a signal has come since the outermost ``deferred`` began. Call it between two whole states."""
    handler = signal.getsignal(signal.SIGINT)
    if isinstance(handler, _Noted) and handler.requested:
        raise KeyboardInterrupt
