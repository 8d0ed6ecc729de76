"""Strategies of tests/test_properties.py: command lines and configurations that are certainly bad, and specs that are good."""

import datetime
import json
import math
import tomllib
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import click
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from langevin_sim import potentials
from langevin_sim.dynamics import KINDS
from langevin_sim.settings.network import DATASETS, DYNAMICS, MODELS
from langevin_sim.settings.run import RunSpec

LETTERS = "abcdefghijklmnopqrstuvwxyz"
# no digit of any script: never a number; surrogates stand for bytes in arguments that are not UTF-8
NO_DIGITS = st.characters(exclude_categories=("Cs", "Nd", "Nl", "No")) | st.sampled_from("\udc80\udcff\0\r\n\x1b\u2028")
WORDS = st.text(NO_DIGITS, max_size=12)
ARGUMENTS = WORDS.filter(lambda word: not word.startswith("-"))
HUGE = "9" * 5000  # digits; Python reads at most 4300
LONG = "x" * 100_000
NOT_WHOLE = st.sampled_from(["", " ", "1.5", "1e3", "0x10", "1,000", "--1", "1 2", "nan", "inf", "-inf", HUGE, LONG])
NOT_FINITE = st.sampled_from(["", " ", "nan", "inf", "-inf", "1e999", "-1e999", "1,5", "1 2", "0x10", LONG])
REGIONS = ["dispersed", "exact", "uniform", "narrow", "wide"]
Texts = dict[str, st.SearchStrategy[str]]
Case = tuple[list[str], str]


def is_number(text: str) -> bool:
    """Whether Python can read it as a float."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def near_miss(names: Any) -> st.SearchStrategy[str]:
    """A name with one typing error: a letter too many, too few, a wrong one, or two swapped."""
    known = sorted(names)

    def slip(name: str, kind: int, place: int, letter: str) -> str:
        k = place % len(name)
        return [
            name[:k] + letter + name[k:],
            name[:k] + name[k + 1 :],
            name[:k] + letter + name[k + 1 :],
            name[:k] + name[k : k + 2][::-1] + name[k + 2 :],
        ][kind]

    slips = st.builds(slip, st.sampled_from(known), st.integers(0, 3), st.integers(0, 30), st.sampled_from(LETTERS))
    return slips.filter(lambda word: word and word not in known and not is_number(word))


def unknown(names: Any) -> st.SearchStrategy[str]:
    """A text that is none of the names, also with a colon or blanks."""
    known = set(names)
    return near_miss(names) | WORDS.filter(lambda word: word.strip().partition(":")[0] not in known)


POSITIVE = st.sampled_from(["0", "-1", "-0.5", "nan", "inf", "1e999", "", "x"])
SCHEDULES = ["constant", "power", "gelfand-mitter"]
BAD_SCHEDULES = st.one_of(
    unknown([*SCHEDULES, "temperature"]),
    st.builds("power:{}={}".format, st.sampled_from(["p", "t0"]), POSITIVE),
    st.builds("power:{}=1".format, near_miss(["p", "t0"])),
    st.builds("gelfand-mitter:t0={}".format, st.floats(0, 15.99)),
    st.builds("gelfand-mitter:{}={}".format, st.sampled_from(["a", "b"]), POSITIVE),
    st.sampled_from(["constant:p=1", "power:p=1,p=2", "power:p", "power:p=1;t0=2", "power=1"]),
)
BOUNDED = st.sampled_from(["torus", "box", "reflecting"])
BAD_DOMAINS = st.one_of(
    unknown(["own", "space", "torus", "box", "reflecting"]),
    st.builds("{}:{},{}".format, BOUNDED, st.integers(0, 9), st.integers(-9, 0)),
    st.builds("{}:{}".format, BOUNDED, st.sampled_from(["", "1", "1,2,3", "a,b", "nan,1", "0,inf", "-1e308,1e308", "1;2"])),
    st.sampled_from(["torus", "box", "space:0,1", "own:0,1", "reflecting"]),
)
BAD_DIMS = st.one_of(
    WORDS,
    st.builds("{}..{}".format, st.integers(2, 99), st.integers(-9, 1)),
    st.integers(1001).map(str),
    st.integers(max_value=0).map(str),
    st.builds("{0},{0}".format, st.integers(1, 9)),
    st.sampled_from(["1,,2", "1...3", "1;2", "1..", "..3", "1.5", "1-3", HUGE]),
)
BAD_TILTS = ["isotropic:0", "isotropic:-1", "isotropic:nan", "hessian:x", "matrix:", "matrix:1,2;3", "matrix:1,0;0,1", "auto:1"]
BAD_TEXTS: Texts = {
    "potential": unknown(potentials.names()).filter(lambda word: ":" not in word),  # FILE.py:NAME is one's own
    "dims": BAD_DIMS,
    "dynamics": unknown(KINDS) | st.builds("gdl,{}".format, near_miss(KINDS)),
    "schedule": BAD_SCHEDULES | st.just("temperature"),
    "noise_schedule": BAD_SCHEDULES,
    "domain": BAD_DOMAINS,
    "start": unknown(REGIONS) | st.sampled_from(["exact", "nan", "inf", "-1e999", "1,2"]),
    "tilt": unknown(["auto", "isotropic", "hessian", "matrix"]) | st.sampled_from(BAD_TILTS),
}
NOWHERE = st.builds("nowhere-{}".format, st.text(LETTERS, min_size=1, max_size=8)) | st.sampled_from(
    ["", "a\0b", "x" * 300, "a/" * 3000]
)
BAD_TEXTS["data"] = NOWHERE
NETWORK_TEXTS: Texts = {
    "data": unknown(DATASETS),
    "dynamics": unknown(DYNAMICS),
    "model": near_miss(MODELS) | WORDS.filter(lambda word: ":" not in word and word not in MODELS),
    "schedule": BAD_TEXTS["schedule"],
    "noise_schedule": BAD_SCHEDULES,
    "data_dir": NOWHERE,
}
POSITIVES = ["ratio", "width", "separation", "softness"]
TWOWELL = [*POSITIVES, "depth"]
BAD_PAIRS = st.one_of(
    st.builds("{}=1".format, near_miss(TWOWELL)),
    st.builds("{}={}".format, st.sampled_from(POSITIVES), st.sampled_from(["0", "-1", "nan", "inf", "", "x", "1e999", "1,5"])),
    st.sampled_from(
        [
            "width=1e-200",
            "width=1e200",
            "separation=1e200",
            "softness=1e-320",
            "ratio=1e200",
            "depth=-1",
            "depth=9",
            "=1",
            "ratio",
            "ratio:2",
            "ratio==2",
        ]
    ),
    WORDS.filter(lambda word: "=" not in word),
)


def unwrapped(annotation: Any, metadata: tuple[Any, ...] = ()) -> tuple[Any, tuple[Any, ...]]:
    """The type under Annotated and Optional, with its bounds."""
    if get_origin(annotation) is Annotated:
        base, *more = get_args(annotation)
        inside = [bound for part in more if isinstance(part, FieldInfo) for bound in part.metadata]
        return unwrapped(base, (*metadata, *inside))
    if get_origin(annotation) in (Union, UnionType):
        parts = [part for part in get_args(annotation) if part is not NoneType and get_origin(part) is not Literal]
        return unwrapped(parts[0], metadata)
    return annotation, metadata


def out_of_bounds(kind: type, metadata: tuple[Any, ...]) -> list[st.SearchStrategy[Any]]:
    """Numbers below the least and above the largest."""
    found: list[st.SearchStrategy[Any]] = []
    for bound in metadata:
        for name in ("ge", "gt", "le", "lt"):
            limit = getattr(bound, name, None)
            if limit is None:
                continue
            end = "max_value" if name[0] == "g" else "min_value"
            if kind is int:
                found.append(st.integers(**{end: limit + {"ge": -1, "le": 1}.get(name, 0)}))
            else:
                excluded = {f"exclude_{end[:3]}": True} if name[1] == "e" else {}
                found.append(st.floats(**{end: float(limit)}, **excluded, allow_nan=False, allow_infinity=False))
    return found


def bad_text(field: FieldInfo, name: str, texts: Texts) -> st.SearchStrategy[str]:
    """Values that the option of a spec's field must refuse."""
    kind, metadata = unwrapped(field.annotation, tuple(field.metadata))
    if name in texts:
        return texts[name]
    if get_origin(kind) is Literal:
        return unknown(get_args(kind))
    if kind in (int, float):
        words = WORDS.filter(lambda word: word != "auto")
        numbers = [strategy.map(repr) for strategy in out_of_bounds(kind, metadata)]
        return st.one_of(NOT_WHOLE if kind is int else NOT_FINITE, words, *numbers)
    if get_origin(kind) is list:
        inner, bounds = unwrapped(get_args(kind)[0])
        if get_origin(inner) is Literal:
            first, *_ = choices = get_args(inner)
            return unknown(choices).filter(lambda word: "," not in word) | st.builds(f"{first},{{}}".format, near_miss(choices))
        least = st.one_of(out_of_bounds(inner, bounds)).map(str)
        return st.one_of(WORDS, least, st.builds("1,{}".format, least), st.sampled_from(["1.5", "1,,2", "1;2", ""]))
    raise AssertionError(f"no strategy for {name}: {field.annotation}")


def bad_value(field: FieldInfo, name: str, texts: Texts) -> st.SearchStrategy[Any]:
    """Values that a field must refuse in TOML."""
    kind, metadata = unwrapped(field.annotation, tuple(field.metadata))
    date = datetime.date(2018, 1, 1)
    odd = st.sampled_from([{"a": 1}, {}, date, [[1]], [{"a": "b"}], datetime.time(1, 2, 3)])
    if name == "dynamics_settings":  # none of the built-in dynamics has any
        return st.sampled_from([{"friction": 1.0}, {"step_size": 1.0}, {"a": "b"}, 3, "width", [1.0], True, date])
    if name == "parameters":
        numbers = st.sampled_from(["x", math.nan, math.inf, True, [1.0], {"a": 1.0}, 0, -1, 1e-320, 10**400])
        tables = st.tuples(st.sampled_from(POSITIVES), numbers) | st.tuples(near_miss(TWOWELL), st.just(1.0))
        return tables.map(lambda pair: dict([pair])) | st.sampled_from([3, "width", [1.0], True, date])
    if kind is bool:
        return st.sampled_from(["maybe", "", 2, -1, 0.5, math.nan, [], [True]]) | odd
    if name == "scheduler":
        return st.sampled_from(["nonsense://x:1", "udp://127.0.0.1:8786"])
    if name == "data_dir":
        return odd | st.sampled_from([3, 1.5, True, [], ["a"], "a\0b"])
    text = bad_text(field, name, texts).filter(lambda word: not any("\ud800" <= c < "\ue000" for c in word))
    if kind in (int, float):
        more = [math.nan, math.inf, -math.inf, True, False, [1], *([1.5, 10**5000] if kind is int else [10**400])]
        return st.one_of(text, odd, st.sampled_from(more), *out_of_bounds(kind, metadata))
    if name == "dims":
        wrong = [3, 1.5, True, [], [0], [1, 1], [1.5], [True], ["x"], [1001], [-1], [math.nan], [10**30]]
        return text | odd | st.sampled_from(wrong)
    return text | odd | st.sampled_from([3, 1.5, True, math.nan, 10**400, [3], [True], ["\0"]])


def toml(value: Any) -> str:
    """A value as TOML, valid or invalid in its place."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) >= 10**4000:
        return "1" + "0" * 5000
    return repr(value) if isinstance(value, int | float) else value.isoformat()


def table(values: dict[str, Any]) -> bytes:
    """A TOML file."""
    return "".join(f"{key} = {toml(value)}\n" for key, value in values.items()).encode()


NO_TOML = [
    b"\xff\xfe",
    b"seed = 1\rseed = 2",
    b"[" * 5000,
    b"seed = " + b"[" * 5000,
    b"\0",
    b"seed = 1\nseed = 2",
    b"seed = '\x00'",
    b"[seed]\n[seed]",
    b"= 3",
    b"{}",
    b"a" * 100_000,
    b"seed: 1",
    b'{"seed": 1}',
    b"seed = 1e",
    b'seed = "\\ud800"',
    b"[[seed]]",
    b"a.b.c = 1",
    b"seed = 1979-13-01",
    b"a = {" * 3000,
]


def bad_configs(kind: Any, valid: dict[str, Any], texts: Texts) -> st.SearchStrategy[tuple[bytes, str]]:
    """A valid configuration with at most one error: (file, what the message must contain)."""
    fields = kind.model_fields

    def broken(name: str) -> st.SearchStrategy[tuple[bytes, str]]:
        more = {"dynamics": "sgd", "dims": [3]} if name == "tilt" else {}  # tilts are looked at where there is a batch
        return bad_value(fields[name], name, texts).map(lambda value: (table({**valid, **more, name: value}), ""))

    def is_bad(raw: bytes) -> bool:
        try:
            return not set(tomllib.loads(raw.decode())) <= set(fields)
        except (ValueError, RecursionError):
            return True

    names = st.sampled_from(list(fields)).flatmap(broken)
    keys = near_miss(fields).map(lambda key: (table({**valid, key: 1}), "did you mean"))
    tables = near_miss(fields).map(lambda key: (table(valid) + f"[{key}]\nwalkers = 3".encode(), "unknown setting"))
    free = st.text(max_size=40).map(str.encode) | st.binary(max_size=40) | st.sampled_from(NO_TOML)
    cut = st.integers(1, len(table(valid)) - 1).map(lambda length: table(valid)[:length])
    return st.one_of(names, names, names, keys, tables, (free | cut).filter(is_bad).map(lambda raw: (raw, "")))


def bad_options(command: click.Command, kind: Any, texts: Texts) -> st.SearchStrategy[Case]:
    """An option of a command with an invalid value, or an unknown option: (arguments, what the message must contain)."""
    fields = kind.model_fields if kind else {}
    options = [param for param in command.params if isinstance(param, click.Option)]
    flags = [flag for option in options for flag in (*option.opts, *option.secondary_opts)] + ["--help"]

    def case(flag: str, more: list[str], value: str) -> Case:
        return [*more, f"{flag}={value}"], ""

    found: list[st.SearchStrategy[Case]] = []
    for option in options:
        more = ["--dynamics=sgd", "--dims=3"] if option.name == "tilt" else []
        values = _bad_option(option, fields, texts)
        found.append(st.builds(case, st.just(option.opts[0]), st.just(more), values))
    slips = near_miss(flag[2:] for flag in flags).filter(lambda word: not word.startswith("-"))
    found.append(slips.map(lambda word: ([f"--{word}=1"], "o such option")))
    if not any(param.nargs == -1 for param in command.params):
        found.append(ARGUMENTS.map(lambda word: ([word], "extra argument")))
    return st.one_of(found)


def _bad_option(option: click.Option, fields: dict[str, FieldInfo], texts: Texts) -> st.SearchStrategy[str]:
    name = option.name or ""
    if option.is_flag:
        return WORDS
    if name in fields:
        return bad_text(fields[name], name, texts)
    if name == "pairs":
        return BAD_PAIRS
    if name == "of_dynamics":
        return st.sampled_from(["friction=1", "gdl.friction=1", "friction", "friction=x", "=1", ""])
    if name == "every":  # what --record-every was called
        return bad_text(fields["record_every"], "record_every", texts)
    if isinstance(option.type, click.Choice):
        return unknown(option.type.choices)
    if isinstance(option.type, click.Path):
        bad = ["a\0b", "/dev/null/x", "x" * 300, "a/" * 3000]
        return st.sampled_from([*bad, "", ".", "/", "/dev/null", "new/" + "x" * 300] if name == "out" else bad)
    if name == "scheduler":
        return st.sampled_from(["nonsense://x:1", "udp://127.0.0.1:8786"])
    if name == "data_dir":
        return st.just("a\0b")
    if name == "dynamics":
        return unknown(KINDS)
    if name == "domain":
        return BAD_DOMAINS
    if isinstance(option.type, click.types.IntParamType):
        large = st.integers(min_value=2**128).map(str) | st.just("9" * 4000)
        return NOT_WHOLE.filter(lambda text: text != HUGE) | WORDS | st.integers(max_value=-1).map(str) | large
    if isinstance(option.type, click.types.FloatParamType):

        def is_bad(text: str) -> bool:
            return not (name == "checkpoint_seconds" and is_number(text) and float(text) == math.inf)  # inf: never

        return (NOT_FINITE | WORDS | st.floats(-1e300, -1e-300).map(repr)).filter(is_bad)
    raise AssertionError(f"no strategy for {option.opts}")


WHOLE = st.integers(0, 1000).map(float)
GOOD_PARAMETERS: dict[str, dict[str, st.SearchStrategy[float]]] = {
    "boxes": {"narrow": st.floats(0.5, 3), "wide": st.floats(3, 6), "reach": st.floats(0.1, 0.5)},
    "doublewell": {"barrier": st.floats(0.5, 3), "stiffness": st.floats(0.5, 2), "tilt": st.floats(-0.3, 0.3)},
    "gaussians": {"narrow": st.floats(0.5, 1.5), "wide": st.floats(1.5, 2.4)},
    "muellerbrown": {"scale": st.floats(0.01, 0.1)},
    "quadratic": {"stiffness": st.floats(0.2, 5)},
    "rbf": {"seed": WHOLE},
    "regression": {"rows": st.integers(4, 30).map(float), "noise": st.floats(0, 1), "seed": WHOLE},
    "twowell": {
        "ratio": st.floats(1, 3),
        "width": st.floats(0.5, 2),
        "separation": st.floats(3, 5),
        "softness": st.floats(0.1, 0.5),
        "depth": st.floats(0, 0.5),
    },
    "valley": {"stiffness": st.floats(0.5, 3)},
    "wedge": {"difference": st.just(0.0) | st.floats(0.01, 0.5)},
}
GOOD_SCHEDULES = st.one_of(
    st.just("constant"),
    st.builds("power:p={!r},t0={!r}".format, st.floats(0.1, 1), st.floats(1, 1000)),
    st.builds("gelfand-mitter:a={!r},b={!r},t0={!r}".format, st.floats(0.01, 0.3), st.floats(0.01, 0.3), st.floats(16, 1000)),
)
DOMAINS = ["own", "own", "space", "torus:-9,9", "torus:0,18", "box:-1.5,2.5", "reflecting:-4,4"]


@st.composite
def run_specs(draw: Any) -> RunSpec:
    """A tiny run of anything."""
    potential = draw(st.sampled_from(sorted(GOOD_PARAMETERS)))
    low, high = potentials.dimensions(potential)
    possible = [dim for dim in (1, 2, 2, 3) if low <= dim <= (high or 3)]
    dims = draw(st.lists(st.sampled_from(possible), min_size=1, max_size=2, unique=True))
    parameters = GOOD_PARAMETERS[potential]
    regions = [region.name for region in potentials.get(potential, dims[0]).regions]
    return RunSpec(
        potential=potential,
        dims=dims,
        dynamics=draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=2, unique=True)),
        walkers=draw(st.integers(2, 130)),
        steps=draw(st.integers(1, 60)),
        burn_in=draw(st.integers(0, 20)),
        record_every=draw(st.integers(1, 7)),
        step_size=draw(st.floats(1e-5, 0.02)),
        temperature=draw(st.sampled_from([0.0, 0.0, 1.0]) | st.floats(0.05, 2) | st.floats(0.05, 2)),
        schedule=draw(st.just("constant") | GOOD_SCHEDULES),
        noise_schedule=draw(st.just("temperature") | GOOD_SCHEDULES),
        domain=draw(st.sampled_from(DOMAINS)),
        start=draw(st.sampled_from(["dispersed", "dispersed", "uniform", "0.5", "-1e-3", *regions])),
        batch_size=draw(st.integers(1, 12)),
        replacement=draw(st.booleans()),
        terms=draw(st.integers(6, 20)) * 2,
        tilt=draw(st.sampled_from(["auto", "isotropic:0.5", "hessian:2", "isotropic"])),
        extrapolate=draw(st.booleans()),
        chain=draw(st.integers(0, 19)) == 0 and dims == [1],
        seed=draw(st.integers(0, 2**128 - 1)),
        parameters={name: draw(parameters[name]) for name in draw(st.lists(st.sampled_from(sorted(parameters)), unique=True))},
    )


TEXTS = st.text(st.characters(exclude_categories=("Cs",)).filter(lambda c: c != "\0"), max_size=12)


def good(field: FieldInfo, name: str) -> st.SearchStrategy[Any]:
    """A value within a field's bounds."""
    kind, metadata = unwrapped(field.annotation, tuple(field.metadata))
    limits = {key: getattr(bound, key) for bound in metadata for key in ("ge", "gt", "le", "lt") if hasattr(bound, key)}
    low, high = limits.get("ge", limits.get("gt")), limits.get("le", limits.get("lt"))
    chosen: dict[str, st.SearchStrategy[Any]] = {
        "data": st.sampled_from(DATASETS),
        "model": st.sampled_from(MODELS) | st.builds("{}:make".format, TEXTS),
        "dynamics": st.sampled_from(DYNAMICS),
        "schedule": GOOD_SCHEDULES,
        "noise_schedule": GOOD_SCHEDULES | st.just("temperature"),
        "data_dir": TEXTS,
    }
    if name in chosen:
        values = chosen[name]
    elif get_origin(kind) is Literal:
        values = st.sampled_from(get_args(kind))
    elif kind is int:
        values = st.integers(low, high - 1 if "lt" in limits else high)
    elif kind is float:
        open_ends = {"exclude_min": "gt" in limits, "exclude_max": "lt" in limits}
        values = st.floats(low, high, **open_ends, allow_nan=False, allow_infinity=False)
    else:
        raise AssertionError(f"no strategy for {name}: {field.annotation}")
    return values | st.none() if field.default is None else values
