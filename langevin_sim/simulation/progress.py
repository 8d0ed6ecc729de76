"""The progress of ``simulate(..., progress=True)``: a bar in a notebook or on a terminal, and nothing elsewhere."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

_EVERY = 0.2  # seconds between two updates of the bar in a notebook


@contextlib.contextmanager
def shown(wanted: bool | Callable[[int], None], name: str, total: int) -> Iterator[Callable[[int], None]]:
    """A function of the current step; ``wanted``: False, True, or such a function."""
    if callable(wanted):
        yield wanted
    elif not wanted:
        yield lambda step: None
    elif _in_notebook():
        yield _notebook(name, total)
    else:
        with _terminal(name, total) as tell:
            yield tell


def _in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")


def _notebook(name: str, total: int) -> Callable[[int], None]:
    """An HTML bar below the cell, updated during the run."""
    from html import escape

    from IPython.display import HTML, display

    def bar(step: int) -> Any:
        return HTML(f'{escape(name)} <progress value="{step}" max="{total}"></progress> step {step:,} of {total:,}')

    handle = display(bar(0), display_id=True)
    last = time.monotonic()

    def tell(step: int) -> None:
        nonlocal last
        if step >= total or time.monotonic() - last > _EVERY:
            last = time.monotonic()
            handle.update(bar(step))

    return tell


@contextlib.contextmanager
def _terminal(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, if that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=total)
        yield lambda step: bar.update(task, completed=step)
