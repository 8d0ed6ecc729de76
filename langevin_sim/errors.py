"""The tree of errors. On the command line each becomes one line on standard error and exit code 2."""


class LangevinSimError(Exception):
    """Base class of all errors of this program. A message says what was given, what was expected, and the remedy."""


class InputError(LangevinSimError):
    """An argument, an option or a file that cannot be used."""


class UnknownNameError(InputError):
    """A name that is not in a list of known names; the message offers the nearest."""

    def __init__(self, kind: str, name: str, known: list[str]) -> None:
        super().__init__(f"unknown {kind} {name!r}: {did_you_mean(name, known)}known: {', '.join(sorted(known)) or 'none'}")


def did_you_mean(name: str, known: list[str]) -> str:
    """'did you mean 'gdl'? ', or '' if none of the known names is near."""
    from difflib import get_close_matches

    nearest = get_close_matches(name, known, n=1, cutoff=0.4)
    return f"did you mean {nearest[0]!r}? " if nearest else ""


class DivergenceError(LangevinSimError):
    """Walkers left all bounds: the step is too large for the potential."""


class FolderError(LangevinSimError):
    """A run folder that cannot be claimed, written or read."""


class CheckpointError(FolderError):
    """A checkpoint that is damaged, or belongs to another run."""


class BusyError(FolderError):
    """A folder that another process is writing to."""


class ClusterError(LangevinSimError):
    """A scheduler that does not answer, or workers that cannot run their tasks."""


class SchedulerLost(ClusterError):
    """A scheduler that was there when the work began, and is gone."""


class ReferenceUnavailable(LangevinSimError):
    """An exact law that this program cannot compute; the message is the reason."""


class PluginError(LangevinSimError):
    """An installed plugin that fails when it is loaded or used."""
