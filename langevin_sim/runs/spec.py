"""RunSpec: everything that determines a run's result. Options, defaults and bounds live here alone."""

import re
import secrets
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from langevin_sim.errors import InputError, UnknownNameError

MAX_DIM = 1000
DYNAMICS = ("gd", "gdl", "mala", "lm")


def parse_dims(value: Any) -> Any:
    """'3', '1,2,5' or '1..5' as a list of dimensions."""
    if not isinstance(value, str):
        return value
    expected = f"dims {value!r}: expected 3, 1,2,5 or 1..5 (ascending, from 1 to {MAX_DIM})"
    dims: list[int] = []
    for part in value.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,6})\s*(?:\.\.\s*([0-9]{1,6}))?\s*", part)
        if not match:
            raise ValueError(expected)
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= MAX_DIM:
            raise ValueError(expected)
        dims.extend(range(first, last + 1))
    return dims


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


class RunSpec(BaseModel):
    """What is simulated. The same spec and seed give the same bits on any number of threads."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    potential: Annotated[str, Field(description="what is descended: twowell, quadratic")] = "twowell"
    dims: Annotated[list[int], BeforeValidator(parse_dims), Field(description="dimensions: 3, 1,2,5 or 1..5")] = [1, 2, 3, 4, 5]
    dynamics: Annotated[
        list[str], BeforeValidator(_split), Field(description="how a walker moves: gd, gdl, mala, lm, or a comma list")
    ] = ["gdl"]
    walkers: Annotated[int, Field(ge=2, le=100_000_000, description="independent walkers in each dimension")] = 10_240
    steps: Annotated[int, Field(ge=1, le=10**12, description="production steps of every walker")] = 60_000
    burn_in: Annotated[int, Field(ge=0, le=10**12, description="steps before anything is counted")] = 10_000
    every: Annotated[int, Field(ge=1, le=10**9, description="steps between two observations of a walker")] = 40
    step_size: Annotated[float, Field(gt=0, description="eta, in units of time")] = 0.02
    temperature: Annotated[float, Field(ge=0, description="T, in units of energy (k_B = 1)")] = 1.0
    start: Annotated[str, Field(description="'dispersed' over all regions in turn, or the name of one region")] = "dispersed"
    seed: Annotated[int | None, Field(ge=0, lt=2**128, description="seed of every random stream; drawn if not given")] = None
    parameters: Annotated[dict[str, float], Field(description="parameters of the potential")] = {}

    @field_validator("dims")
    @classmethod
    def _dims_in_range(cls, dims: list[int]) -> list[int]:
        if not dims or min(dims) < 1 or max(dims) > MAX_DIM or len(set(dims)) != len(dims):
            raise ValueError(f"dims {dims}: expected different dimensions from 1 to {MAX_DIM}")
        return dims

    @field_validator("dynamics")
    @classmethod
    def _dynamics_known(cls, names: list[str]) -> list[str]:
        for name in names:
            if name not in DYNAMICS:
                raise UnknownNameError("dynamics", name, list(DYNAMICS))
        return list(dict.fromkeys(names))

    def resolved(self) -> "RunSpec":
        """With a seed, and burn-in and steps rounded up to multiples of ``every``."""

        def up(steps: int) -> int:
            return -(-steps // self.every) * self.every

        seed = secrets.randbits(32) if self.seed is None else self.seed
        return self.model_copy(update={"seed": seed, "burn_in": up(self.burn_in), "steps": up(self.steps)})


def make_spec(values: dict[str, Any]) -> RunSpec:
    """A RunSpec from raw values; InputError in one line that names what was got and what was expected."""
    for key in values:
        if key not in RunSpec.model_fields:
            raise UnknownNameError("setting", key, list(RunSpec.model_fields))
    try:
        return RunSpec(**values)
    except ValidationError as error:
        first = error.errors()[0]
        message = first["msg"].removeprefix("Value error, ")
        if first["type"] == "value_error":
            raise InputError(message) from error
        where = ".".join(str(part) for part in first["loc"]).replace("_", "-")
        message = message[0].lower() + message[1:]
        raise InputError(f"{where} = {first['input']!r}: {message}") from error


def read_config(path: Path) -> dict[str, Any]:
    """The settings in a TOML file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the configuration {path}: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not TOML: {error}") from error


def to_toml(spec: RunSpec) -> str:
    """The spec as TOML that read_config takes."""
    import json

    values = spec.model_dump(exclude_none=True)
    parameters = values.pop("parameters")
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    if parameters:
        lines += ["", "[parameters]", *(f"{key} = {json.dumps(value)}" for key, value in parameters.items())]
    return "\n".join(lines) + "\n"
