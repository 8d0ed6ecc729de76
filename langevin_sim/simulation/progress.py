"""How far ``simulate(..., progress=True)`` is: a bar in a notebook or on a terminal, nothing where nobody looks."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

_EVERY = 0.2  # seconds between two pictures of the bar in a notebook


@contextlib.contextmanager
def shown(wanted: bool | Callable[[int], None], name: str, total: int) -> Iterator[Callable[[int], None]]:
    """A function of the step that has been reached; ``wanted``: False, True, or such a function."""
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
    """Whether this is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")


def _notebook(name: str, total: int) -> Callable[[int], None]:
    """A bar of HTML below the cell, which is replaced as the run goes on."""
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
    """A bar on standard error; plain nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=total)
        yield lambda step: bar.update(task, completed=step)
