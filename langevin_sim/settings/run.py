"""RunSpec: everything that determines a run's result. Options, defaults and bounds are defined only here."""

import re
import secrets
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from langevin_sim.dynamics import KINDS, check_name, parse_domain, parse_schedule
from langevin_sim.plugins import names_a_file
from langevin_sim.settings.spec import Spec, parse

MAX_DIM, MAX_WALKERS, MAX_STEPS = 1000, 10**8, 10**12
POTENTIALS = "a name (langevin-sim potentials list), 'expr: sum((x^2-1)^2)', 'sum: (a*x1-y)^2/2' with --data, or FILE.py:FUNCTION"


def parse_dims(value: Any) -> Any:
    """3, '3', '1,2,5' or '1..5' as a list of dimensions."""
    if isinstance(value, int) and not isinstance(value, bool):
        return [value]
    if not isinstance(value, str):
        return value
    expected = f"dims {value!r}: write 1..5 for a range (or 3, or 1,2,5), ascending from 1 to {MAX_DIM}"
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


def dims_text(dims: list[int]) -> str:
    """Dimensions as text that ``parse_dims`` reads: '1..5,10'."""
    parts: list[list[int]] = []
    for dim in dims:
        if parts and dim == parts[-1][-1] + 1:
            parts[-1].append(dim)
        else:
            parts.append([dim])
    return ",".join(f"{part[0]}..{part[-1]}" if len(part) > 2 else ",".join(map(str, part)) for part in parts)


def number_as_text(value: Any) -> Any:
    """A number as text, for settings that take words or a number."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def split(value: Any) -> Any:
    """'a,b' as a list of its parts."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


class RunSpec(Spec):
    """Everything that is simulated. The same spec and seed give the same bits on any number of threads."""

    earlier_names: ClassVar[dict[str, str]] = {"every": "record_every"}

    potential: Annotated[str, Field(description=f"Potential: {POTENTIALS}.")] = "twowell"
    dims: Annotated[list[int], BeforeValidator(parse_dims), Field(description="Dimensions: 3, 1,2,5 or 1..5.")] = Field(
        default=[1, 2, 3, 4, 5]
    )
    dynamics: Annotated[
        list[str],
        BeforeValidator(split),
        Field(
            description=f"Dynamics: {', '.join(sorted(KINDS))}, a plugin's name or FILE.py:NAME; or several, separated by commas."
        ),
    ] = Field(default=["gdl"])
    walkers: Annotated[int, Field(ge=2, le=MAX_WALKERS, description="Number of independent walkers in each dimension.")] = 10_240
    steps: Annotated[
        Annotated[int, Field(ge=1, le=MAX_STEPS)] | Literal["auto"],
        Field(description="Production steps of every walker, or auto: 60 relaxation times after 10 of burn-in."),
    ] = 60_000
    burn_in: Annotated[int, Field(ge=0, le=MAX_STEPS, description="Burn-in steps, before anything is counted.")] = 10_000
    record_every: Annotated[int, Field(ge=1, le=10**9, description="Number of steps between two observations of a walker.")] = 40
    step_size: Annotated[float, Field(gt=0, description="Step size eta, in units of time.")] = 0.02
    temperature: Annotated[float, Field(ge=0, description="Temperature T, in units of energy (k_B = 1).")] = 1.0
    schedule: Annotated[
        str, Field(description="Schedule of the step size: constant, power:p=P,t0=T or gelfand-mitter:a=A,t0=T.")
    ] = "constant"
    noise_schedule: Annotated[
        str,
        Field(description="Schedule of the noise: temperature (keeps T), constant, power:.. or gelfand-mitter:b=B,t0=T."),
    ] = "temperature"
    domain: Annotated[
        str, Field(description="Domain: own (the potential's), space, torus:LOW,HIGH, box:LOW,HIGH or reflecting:LOW,HIGH.")
    ] = "own"
    start: Annotated[
        str,
        BeforeValidator(number_as_text),
        Field(
            description="Start: dispersed over all regions in turn, uniform, exact, a region, or a number for all coordinates."
        ),
    ] = "dispersed"
    batch_size: Annotated[int, Field(ge=1, description="Number of terms in a batch of sgd and sgdl.")] = 10
    replacement: Annotated[bool, Field(description="Draw batches with replacement.")] = False
    terms: Annotated[int, Field(ge=2, le=10**7, description="Number of tilts used to turn U into a finite sum.")] = 1000
    tilt: Annotated[
        str, Field(description="Covariance of the tilts: auto (SGD's T_eff = T), isotropic:S2, hessian:SCALE or matrix:A,B;B,C.")
    ] = "auto"
    extrapolate: Annotated[bool, Field(description="Also run at half the step size, and extrapolate to 0.")] = False
    chain: Annotated[bool, Field(description="Compute the chain law beside Boltzmann's law.")] = True
    data: Annotated[
        str | None,
        Field(
            description="CSV file with a heading, the data of a finite sum: 'sum: ...' uses its columns by name; regression "
            "takes its values from column y, or the last."
        ),
    ] = None
    max_regions: Annotated[
        int | None,
        Field(ge=1, le=10_000, description="Number of wells of an expression that are regions of their own, the lowest first."),
    ] = None
    seed: Annotated[
        int | None, Field(ge=0, lt=2**128, description="Seed of every random stream; drawn at random if not given.")
    ] = None
    parameters: Annotated[dict[str, float], Field(description="Parameters of the potential.")] = Field(default={})
    dynamics_settings: Annotated[
        dict[str, float], Field(description="Extra settings of the dynamics: KEY, or NAME.KEY for one of several.")
    ] = Field(default={})

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
            check_name(name)
        return list(dict.fromkeys(names))

    @field_validator("schedule", "noise_schedule", "domain")
    @classmethod
    def _readable(cls, text: str, info: ValidationInfo) -> str:
        if info.field_name == "domain":
            return text if text == "own" else str(parse_domain(text))
        return text if text == "temperature" and info.field_name == "noise_schedule" else str(parse_schedule(text))

    def own_files(self) -> list[str]:
        """The settings that name a file of the user's: potential, dynamics, data."""
        code = [text for text in (self.potential, *self.dynamics) if names_a_file(text)]
        return code if self.data is None else [*code, self.data]

    def resolved(self) -> "RunSpec":
        """These settings with a seed, and with burn-in and steps rounded up to multiples of ``record_every``."""

        def up(steps: int) -> int:
            return -(-steps // self.record_every) * self.record_every

        seed = secrets.randbits(32) if self.seed is None else self.seed
        steps = self.steps if self.steps == "auto" else up(self.steps)
        return self.model_copy(update={"seed": seed, "burn_in": up(self.burn_in), "steps": steps})


def make_spec(values: dict[str, Any]) -> RunSpec:
    """Make a RunSpec from raw values; by default, dims are those default ones that the potential has."""
    if "dims" not in values and isinstance(values.get("potential"), str):
        from langevin_sim import potentials  # compiled code: not needed for --help

        if isinstance(values.get("data"), str) and values["potential"] == "regression":
            return parse(RunSpec, {**values, "dims": [len(potentials.rows.columns(Path(values["data"]))) - 1]})
        low, high = potentials.dimensions(values["potential"])
        if values["potential"].startswith(potentials.registry.SUM):  # more coordinates than it names would be free
            high = low
        values = {**values, "dims": [dim for dim in RunSpec().dims if low <= dim <= (high or MAX_DIM)]}
    return parse(RunSpec, values)
