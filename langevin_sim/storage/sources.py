"""The user's own files that determine a result: their hashes and copies in a folder, and whether they are still the same."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from langevin_sim import plugins
from langevin_sim.errors import FolderError, InputError
from langevin_sim.storage.atomic import write_whole
from langevin_sim.storage.known import known, remember
from langevin_sim.storage.log import log

FOLDER = "sources"
LARGEST = 2**26  # bytes of a file of which a copy is kept


class Consent(NamedTuple):
    """What the user agrees to. trust: run a folder's code that has not been run here before; accept: go on with changed files."""

    trust: bool = False
    accept: bool = False


ASK = Consent()  # to nothing


def record(names: Iterable[str]) -> dict[str, Any]:
    """The manifest's part on the files that these settings name, such as FILE.py:NAME, MODULE:NAME or FILE.csv.

    Called for settings that the user gave: their code counts as known from now on.
    """
    entries: list[dict[str, Any]] = []
    for name in names:
        file = plugins.file_of(name)
        if file is None:
            continue
        content = _content(file, name)
        sha256 = hashlib.sha256(content).hexdigest()
        entries.append({"name": name, "file": str(file), "sha256": sha256, "kept": _place(file, content, entries)})
    remember(entry["sha256"] for entry in entries if plugins.is_code(entry["name"]))
    return {"sources": entries} if entries else {}


def keep(folder: Path, manifest: dict[str, Any]) -> None:
    """Write those copies of the files that the folder lacks."""
    for entry in manifest.get("sources", []):
        if entry["kept"] is None or (folder / entry["kept"]).exists():
            continue
        try:
            content = plugins.located(Path(entry["file"])).read_bytes()
        except OSError:
            content = b""
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            log.warning("no copy of %s is kept: it changed while the run began", entry["file"])
            continue
        (folder / FOLDER).mkdir(exist_ok=True)
        write_whole(folder / entry["kept"], lambda stream, content=content: stream.write(content))  # type: ignore[misc]


def identity(settings: str, manifest: dict[str, Any]) -> str:
    """A hash of settings, as text, and of the files with which the run began."""
    begun = [entry["sha256"] for entry in manifest.get("sources", []) if "accepted" not in entry]
    return hashlib.sha256("\n".join([settings, *begun]).encode()).hexdigest()


def check(
    folder: Path, manifest: dict[str, Any], names: Iterable[str], consent: Consent, now: Callable[[], str]
) -> dict[str, Any]:
    """Compare the files that a folder's settings name with its manifest, before any of their code is run.

    Returns the manifest's part on them, to which accepted changes are added, with their time. A file that has moved or is
    missing is replaced by the folder's own copy. FolderError for a file that has changed, and for code that this user has
    not run on this machine before, unless they consent.
    """
    entries = list(manifest.get("sources", []))
    trusted = known()
    for name in names:
        given = plugins.file_of(name)
        then = next((entry for entry in reversed(entries) if entry["name"] == name), None)
        file = _found(folder, given, then)
        if file is None:
            if given is not None:
                raise FolderError(f"{folder} needs {name}, but there is no file {given}, and the folder holds no copy of it")
            if not consent.trust:  # a module that has no source, or is missing
                raise _untrusted(folder, name)
            continue
        content = _content(file, name)
        sha256 = hashlib.sha256(content).hexdigest()
        if then is not None and sha256 != then["sha256"]:
            if not consent.accept:
                copy = f" {folder / then['kept']} holds the earlier one;" if then["kept"] else ""
                raise FolderError(
                    f"{file} has changed since {folder} was made;{copy} restore it, or go on with the change by --accept-changes"
                )
            place = _place(file, content, entries)
            entries.append({"name": name, "file": str(file), "sha256": sha256, "kept": place, "accepted": now()})
        if plugins.is_code(name):
            if sha256 not in trusted and not consent.trust:
                raise _untrusted(folder, str(file))
            remember([sha256])
        if file != given:
            plugins.stand_in(name, file)
    return {"sources": entries} if entries else {}


def _found(folder: Path, given: Path | None, then: dict[str, Any] | None) -> Path | None:
    """Where the file lies: where its name leads from here, or where it lay when the run began, or the folder's own copy."""
    if given is not None and given.is_file():
        return given
    if then is None:
        return None
    before, copy = Path(then["file"]), folder / str(then["kept"])
    if before.is_file():
        return before
    own = then["kept"] and copy.resolve().parent == (folder / FOLDER).resolve() and copy.is_file()
    return copy.absolute() if own else None


def _untrusted(folder: Path, what: str) -> FolderError:
    return FolderError(
        f"{folder} would run the code of {what}, which you have not run on this machine before; read it, and if you trust it, "
        "give --trust"
    )


def _content(file: Path, name: str) -> bytes:
    try:
        return plugins.located(file).read_bytes()
    except OSError as error:
        raise InputError(f"{name}: cannot read {file}: {error.strerror or error}") from error


def _place(file: Path, content: bytes, entries: list[dict[str, Any]]) -> str | None:
    """The name of the file's copy in the folder; None for a large file."""
    if len(content) > LARGEST:
        return None
    place, sha256 = f"{FOLDER}/{file.name}", hashlib.sha256(content).hexdigest()
    taken = {entry["kept"]: entry["sha256"] for entry in entries}
    return place if taken.get(place, sha256) == sha256 else f"{FOLDER}/{file.stem}-{sha256[:8]}{file.suffix}"
