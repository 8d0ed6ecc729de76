"""SIGINT and SIGTERM during a run: noted when they arrive, and acted on when the state is consistent."""

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
    """Only note a first signal, for ``stop_if_requested``; a second one interrupts at once.

    Only the main thread gets signals; in other threads, and inside another ``deferred``, this does nothing. The previous
    handlers are restored at the end.
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
            signal.signal(number, signal.SIG_DFL if handler is None else handler)  # None: a handler that was not set from Python


def stop_if_requested() -> None:
    """Raise KeyboardInterrupt if a signal has arrived since the outermost ``deferred`` began. Call it in a consistent state."""
    handler = signal.getsignal(signal.SIGINT)
    if isinstance(handler, _Noted) and handler.requested:
        raise KeyboardInterrupt
