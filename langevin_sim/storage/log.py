"""run.log, and the warnings that the manifest keeps."""

import contextlib
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

log = logging.getLogger("langevin_sim")


class _Collect(logging.Handler):
    """Adds every warning to a list."""

    def __init__(self, kept: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        """Add each text only once."""
        text = record.getMessage()
        if text not in self.kept:
            self.kept.append(text)


@contextlib.contextmanager
def kept(folder: Path, manifest: dict[str, Any]) -> Iterator[None]:
    """Append log messages to run.log, and add warnings, including Python's, to manifest["warnings"]."""
    handlers: list[logging.Handler] = [_Collect(manifest.setdefault("warnings", []))]
    with contextlib.suppress(OSError):  # on a full disk: the run is worth more than its log
        file = logging.FileHandler(folder / "run.log", encoding="utf-8", delay=False)
        file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        file.handleError = lambda record: None  # type: ignore[method-assign]
        handlers.append(file)
    loggers = (log, logging.getLogger("py.warnings"))
    level, shown = log.level, logging.getLogger("py.warnings").propagate
    log.setLevel(logging.INFO)
    show = warnings.showwarning
    logging.captureWarnings(True)
    captures = warnings.showwarning is not show  # not already captured by the user's code
    for logger in loggers:
        for handler in handlers:
            logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            for handler in handlers:
                logger.removeHandler(handler)
        for handler in handlers:
            with contextlib.suppress(OSError):  # flush what a full disk had not accepted
                handler.close()
        if captures:
            logging.captureWarnings(False)
        log.setLevel(level)
        logging.getLogger("py.warnings").propagate = shown
