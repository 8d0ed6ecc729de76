"""The folder that the user names."""

from pathlib import Path

from langevin_sim.errors import InputError


def listing(folder: Path, wanted: str) -> set[str]:
    """The names in a folder; if it cannot be listed, an InputError that says which files it should hold."""
    try:
        return {path.name for path in folder.iterdir()}
    except FileNotFoundError as error:
        raise InputError(f"no such folder: {folder}: expected one that holds {wanted}") from error
    except NotADirectoryError as error:
        raise InputError(f"{folder} is a file: expected a folder that holds {wanted}") from error
    except OSError as error:
        raise InputError(f"cannot list the folder {folder} ({error.strerror}): expected one that holds {wanted}") from error
