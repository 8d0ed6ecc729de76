"""Generated input: bad input is refused in one line without harm; good input runs, and gives the same bits again."""

import json
import os
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from strategies import (
    ARGUMENTS,
    BAD_TEXTS,
    NETWORK_TEXTS,
    NOWHERE,
    WORDS,
    bad_configs,
    bad_options,
    good,
    near_miss,
    run_specs,
    unknown,
)

from langevin_sim import potentials
from langevin_sim.cli.main import main
from langevin_sim.errors import DivergenceError, InputError
from langevin_sim.memo import registry
from langevin_sim.plots import concentration
from langevin_sim.runs.run import run_spec
from langevin_sim.settings.network import DataSpec, FlatnessSpec, NoiseSpec, PlaneSpec, TrainSpec
from langevin_sim.settings.run import RunSpec
from langevin_sim.settings.spec import parse, read_config, to_toml
from langevin_sim.storage import manifest

CASES = settings(
    derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink]
)
NO_TORCH = "needs torch, which is not installed"
RUN = ["--walkers=4", "--steps=40", "--burn-in=0", "--dims=1"]
RUN_FILE = {"walkers": 4, "steps": 40, "burn_in": 0, "dims": [1], "seed": 1, "potential": "twowell"}
TRAIN = ["--epochs=1", "--train-size=20"]
TRAIN_FILE = {"epochs": 1, "train_size": 20, "seed": 1, "model": "linear"}


@pytest.fixture(scope="module", autouse=True)
def _empty_folder(tmp_path_factory):
    before = os.getcwd()
    os.chdir(tmp_path_factory.mktemp("empty"))
    yield
    os.chdir(before)


@pytest.fixture
def config(tmp_path):
    """Outside of the current folder, in which nothing may be left."""
    return tmp_path / "c.toml"


def command(*names):
    """The click command of that name."""
    found = main
    for name in names:
        found = found.get_command(click.Context(found), name)
    return found


def refused(arguments, said=""):
    """Exit code 2, one line on standard error, nothing else anywhere."""
    result = CliRunner().invoke(main, arguments)
    shown = [argument[:200] for argument in arguments]
    try:
        assert isinstance(result.exception, SystemExit), (shown, result.exception)
        assert result.exit_code == 2, (shown, result.output)
        assert result.stdout == "", shown
        assert result.stderr.startswith("langevin-sim: "), (shown, result.stderr)
        assert result.stderr.endswith("\n"), shown
        assert len(result.stderr.splitlines()) == 1, (shown, result.stderr)
        assert len(result.stderr) < 1100, shown
        assert said in result.stderr or NO_TORCH in result.stderr, (shown, result.stderr)
        assert os.listdir() == [], shown
    finally:
        for path in sorted(Path().rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


def check_many(strategy, count, check, tries=1.25):
    """Apply ``check`` to at least so many different cases."""
    seen = set()

    @settings(CASES, max_examples=int(tries * count))
    @given(strategy)
    def each(case):
        seen.add(repr(case))
        check(case)

    each()
    assert len(seen) >= count


def check_arguments(before, strategy, count, **more):
    check_many(strategy, count, lambda case: refused([*before, *case[0]], case[1]), **more)


def words(strategy, said=""):
    """Cases of a single argument."""
    return st.builds(lambda word: ([word], said), strategy)


def test_run_refuses_bad_options():
    check_arguments(["run", *RUN], bad_options(command("run"), RunSpec, BAD_TEXTS), 500)


def test_run_refuses_bad_files(config):
    def check(case):
        config.write_bytes(case[0])
        refused(["run", f"--config={config}"], case[1])

    check_many(bad_configs(RunSpec, RUN_FILE, BAD_TEXTS), 500, check)


def test_run_refuses_what_does_not_go_together():
    numbers, small = st.integers(), st.integers(1, 50)
    pairs = st.one_of(
        st.builds("--potential=rbf --dims={}".format, st.integers(3, 1000)),
        st.builds("--potential={} --dims=1".format, st.sampled_from(["muellerbrown", "valley", "wedge", "rbf"])),
        st.builds("--dynamics=sgd --terms={}".format, small.map(lambda n: 2 * n + 1)),
        st.builds("--dynamics=sgdl --dims={0} --terms={0}".format, small.map(lambda n: 2 * n)),
        st.builds("--dynamics=sgd --batch-size={}".format, st.integers(1001)),
        st.builds("--dynamics={} --temperature=0".format, st.sampled_from(["mala", "rwm", "gdl,mala"])),
        st.builds("--noise=1 --temperature={}".format, small),
        st.builds("--dynamics=gd --steps=auto --start={}".format, numbers),
        st.builds("--potential=boxes --set narrow={}".format, st.integers(11, 99)),
        st.builds("--potential=gaussians --set wide={}".format, st.integers(4, 99)),
        st.builds("--potential=doublewell --set tilt={}".format, st.integers(4, 99)),
        st.builds("--potential=regression --set rows={}".format, st.sampled_from(["0", "1.5", "1e300", "1e12", "nan"])),
        st.builds("--potential=rbf --set seed={}".format, st.sampled_from(["-1", "0.5", "nan"])),
        st.builds("--potential=valley --start={}".format, near_miss(["positive", "negative"])),
    )
    check_arguments(["run", *RUN], pairs.map(lambda text: (text.split(), "")), 150)


@pytest.mark.parametrize(
    ("names", "before", "kind", "count"),
    [
        (("deep", "train"), TRAIN, TrainSpec, 300),
        (("deep", "data"), [], DataSpec, 80),
        (("deep", "noise"), ["nowhere"], NoiseSpec, 80),
        (("deep", "plane"), ["nowhere"], PlaneSpec, 80),
        (("deep", "flatness"), ["nowhere"], FlatnessSpec, 80),
        (("deep", "table1"), ["nowhere", "either"], FlatnessSpec, 60),
        (("deep", "compare"), ["nowhere", "either"], None, 40),
        (("deep", "draw"), ["nowhere"], None, 30),
        (("reproduce",), ["fig3"], None, 80),
        (("reproduce",), ["table1"], None, 60),
        (("resume",), ["nowhere"], None, 60),
        (("rerun",), ["nowhere"], None, 60),
        (("export",), ["nowhere", "--netcdf=run.nc"], None, 40),
        (("potentials", "show"), ["twowell"], None, 80),
        (("potentials", "check"), ["twowell"], None, 60),
        (("potentials", "list"), [], None, 20),
        (("bench",), [], None, 20),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple | list) else None,
)
def test_bad_options_are_refused(names, before, kind, count):
    check_arguments([*names, *before], bad_options(command(*names), kind, NETWORK_TEXTS), count)


def test_train_refuses_bad_files(config):
    def check(case):
        config.write_bytes(case[0])
        refused(["deep", "train", f"--config={config}"], case[1])

    check_many(bad_configs(TrainSpec, TRAIN_FILE, NETWORK_TEXTS), 250, check)


@pytest.mark.parametrize("group", [(), ("deep",), ("potentials",)])
def test_unknown_commands_are_refused(group):
    names = command(*group).list_commands(None)
    check_arguments(
        group,
        words(near_miss(names), "id you mean") | words(unknown(names).filter(lambda word: word and not word.startswith("-"))),
        50,
    )
    check_arguments(group, words(near_miss(["traceback", "version", "help"]).map("--{}".format), "o such option"), 30)


@pytest.mark.parametrize(
    "before",
    [("resume",), ("rerun",), ("export",), ("deep", "draw"), ("deep", "noise"), ("deep", "plane"), ("deep", "compare", "x")],
)
def test_what_is_no_folder_is_refused(before):
    check_arguments(before, words(ARGUMENTS | NOWHERE), 25)


@pytest.mark.parametrize(
    ("before", "names"),
    [
        (("reproduce",), ["fig1", "fig2", "fig3", "fig4", "fig5", "fig6", "fig7", "fig8", "table1", "all"]),
        (("potentials", "show"), potentials.names()),
        (("potentials", "check"), potentials.names()),
    ],
)
def test_unknown_names_are_refused(before, names):
    others = words(ARGUMENTS.filter(lambda word: word not in names))
    check_arguments(before, words(near_miss(names), "did you mean") | others, 40)


def test_reproduce_refuses_the_other_figures_options():
    ensembles, networks = (
        ["--literal", "--seed=1", "--replicas=3", "--steps=9"],
        ["--scale=quick", "--data-dir=x", "--device=cpu"],
    )
    pairs = (
        st.tuples(st.sampled_from(list(registry.ensemble_figures())), st.sampled_from(networks))
        | st.tuples(st.sampled_from(list(registry.network_figures())), st.sampled_from([*ensembles, "--gallery=x"]))
        | st.just(("all", "--literal"))
    )
    check_arguments(["reproduce"], pairs.map(lambda pair: (list(pair), "does not apply to")), 30, tries=10)


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=2), max_leaves=3)
MANIFEST = {
    "schema": 1,
    "status": "COMPLETED",
    "spec": {**RUN_FILE},
    "seed": 1,
    "threads": 1,
    "versions": {},
    "host": {},
    "outputs": {},
}


def broken_manifests():
    """A manifest with a value that cannot be there, without one that must be, or no manifest."""

    def without(key):
        return json.dumps({name: value for name, value in MANIFEST.items() if name != key})

    def with_another(key, value):
        return json.dumps(MANIFEST | {key: value})

    # numbers and texts are right in some places, lists in none
    keys = ["schema", "status", "spec", "versions", "host", "outputs"]
    return st.one_of(
        st.builds(without, st.sampled_from(keys)),
        st.builds(with_another, st.sampled_from(keys), st.lists(VALUES, max_size=2)),
        st.builds(lambda key, value: with_another("spec", RUN_FILE | {key: value}), near_miss(RunSpec.model_fields), VALUES),
        st.builds(with_another, st.just("kind"), near_miss(["run", "figure", "train"])),
        VALUES.map(json.dumps),
        st.text(max_size=20).filter(lambda text: not text.strip().startswith("{")),
        st.builds(lambda length: json.dumps(MANIFEST)[:length], st.integers(0, len(json.dumps(MANIFEST)) - 1)),
    )


@pytest.mark.parametrize("again", ["resume", "rerun"])
def test_broken_manifests_are_refused(again, tmp_path):
    def check(text):
        (tmp_path / "manifest.json").write_text(text)
        refused([again, str(tmp_path)])
        assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]

    check_many(broken_manifests(), 60, check)


def test_broken_summaries_are_refused(tmp_path):
    whole = {"schema": 1, "kind": "train", "command": "c", "seed": 1, "runs": [], "settings": {}, "results": []}

    def check(text):
        (tmp_path / "summary.json").write_text(text)
        refused(["deep", "draw", str(tmp_path)])
        assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]

    broken = st.one_of(
        st.sampled_from(list(whole)).map(lambda key: json.dumps({name: value for name, value in whole.items() if name != key})),
        st.builds(lambda key, value: json.dumps(whole | {key: value}), st.sampled_from(["schema", "kind"]), st.lists(VALUES)),
        VALUES.map(json.dumps),
    )
    check_many(broken, 40, check)


def test_good_specs_run_and_run_again_to_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.setattr(concentration, "draw", lambda folder: None)
    monkeypatch.setattr(manifest, "git_commit", lambda: None)  # a process for every run
    ran, refusals = [], []

    def silent(*progress):
        pass

    @settings(CASES, max_examples=300)  # those that are refused do not count
    @given(run_specs())
    def each(spec):
        number = len(ran) + len(refusals)
        first, second = tmp_path / f"{number}-a", tmp_path / f"{number}-b"
        (tmp_path / "c.toml").write_text(to_toml(spec), encoding="utf-8")
        assert parse(RunSpec, read_config(tmp_path / "c.toml")) == spec
        try:
            run_spec(spec, first, 1, silent)
        except (InputError, DivergenceError) as error:
            refusals.append(str(error))
            assume(False)
        again = parse(RunSpec, json.loads((first / "manifest.json").read_text())["spec"])
        assert again == spec.resolved()
        run_spec(again, second, 0, silent)
        for name in ("histograms.npz", "summary.csv"):
            assert (first / name).read_bytes() == (second / name).read_bytes()
        ran.append(spec)

    each()
    assert len(ran) >= 300
    assert len(refusals) < 0.25 * len(ran), refusals
    assert all(len(text.splitlines()) == 1 for text in refusals)


@pytest.mark.parametrize("kind", [DataSpec, TrainSpec])
def test_network_specs_are_taken_back(kind, config):
    values = st.fixed_dictionaries({}, optional={name: good(field, name) for name, field in kind.model_fields.items()})

    def check(given):
        spec = parse(kind, given)
        config.write_text(to_toml(spec), encoding="utf-8")
        assert parse(kind, read_config(config)) == spec

    check_many(values, 200, check)


@pytest.mark.parametrize(
    ("names", "kind", "otherwise"),
    [(("run",), RunSpec, {"parameters": "pairs", "dynamics_settings": "of_dynamics"}), (("deep", "train"), TrainSpec, {})],
)
def test_the_schema_is_the_options(names, kind, otherwise):
    result = CliRunner().invoke(main, [*names, "--print-schema"])
    assert result.exit_code == 0
    schema = json.loads(result.stdout)
    options = {option.name: option for option in command(*names).params}
    not_given = command(*names).make_context(names[-1], []).params
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == set(kind.model_fields)
    for name, entry in schema["properties"].items():
        option = options[otherwise.get(name, name)]
        if name not in otherwise:
            assert option.help.startswith(entry["description"])  # said once, in the spec
            assert not_given[name] is None  # likewise
    of_the_command = {
        "noise",
        "pairs",
        "of_dynamics",
        "every",
        "config",
        "print_config",
        "print_schema",
        "out",
        "checkpoint_seconds",
        "keep_state",
        "threads",
        "scheduler",
        "check",
        "as_json",
        "quiet",
        "device",
    }
    assert set(options) - set(schema["properties"]) <= of_the_command
    printed = CliRunner().invoke(main, [*names, "--print-config", "--seed=1"])
    assert set(tomllib.loads(printed.stdout)) <= set(schema["properties"])
    assert parse(kind, tomllib.loads(printed.stdout)) == kind(seed=1)


def test_long_and_odd_input_is_quoted_in_one_short_line():
    check_many(
        st.builds("{}{}".format, WORDS, st.text(min_size=2000, max_size=3000)),
        20,
        lambda word: refused(["run", f"--potential={word}"], "known: "),
    )
