"""The form of manifest.json, with which every manifest is compared when it is read."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_FILE = r"[^/\\]+"
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=f"^{_FILE}$")]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")


class Source(_Part):
    """A file of the user's, with its copy in the folder."""

    name: str
    file: str
    sha256: Hash
    kept: Annotated[str, Field(pattern=f"^sources/{_FILE}$")] | None
    accepted: str | None = None


class Training(_Part):
    """A training on which a measurement is based."""

    folder: str = ""
    hash: str = ""


class Manifest(_Part):
    """Everything needed to repeat a run, its host, how it ended, and the hashes of its files."""

    status: Literal["RUNNING", "COMPLETED", "INTERRUPTED", "FAILED"]
    spec: dict[str, Any]
    versions: dict[str, str | None]
    host: dict[str, Any]
    outputs: dict[FileName, Hash]
    kind: str = "run"
    seed: int | None = None
    threads: int | None = None
    git_commit: str | None = None
    started: str | None = None
    finished: str | None = None
    error: str | None = None
    drawn: bool = True
    warnings: list[str] = []
    resumed: list[str] = []
    sources: list[Source] = []
    runs: list[Training] = []


def fault(manifest: dict[str, Any]) -> str | None:
    """What is wrong with a manifest: 'outputs.figure.png = 3: input should be a valid string'; None if it has the right form."""
    try:
        Manifest(**manifest)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "[key]")
        message = first["msg"][0].lower() + first["msg"][1:]
        return f"{where}: {message}" if first["type"] == "missing" else f"{where} = {str(first['input'])[:60]!r}: {message}"
    except (RecursionError, TypeError) as error:
        return str(error)
    return None
