"""User-defined dynamics from a notebook, a file or a plugin: what they declare, and what is refused if they do not."""

import json
import math
import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import langevin_sim as ls
from langevin_sim import plugins
from langevin_sim.cli.main import main
from langevin_sim.dynamics import make as make_dynamics
from langevin_sim.dynamics import names
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.ensemble import new_ensemble
from langevin_sim.engine.normals import fill_normals
from langevin_sim.engine.projections import project
from langevin_sim.engine.streams import seed_blocks
from langevin_sim.errors import InputError, PluginError, ReferenceUnavailable
from langevin_sim.settings.grid import axis
from langevin_sim.settings.grid import make as sweep
from langevin_sim.settings.grid import points as sweep_points
from langevin_sim.settings.run import RunSpec
from langevin_sim.settings.spec import flags, parse, read_config, to_toml
from langevin_sim.settings.systems import build
from langevin_sim.simulation.references import reference_laws
from langevin_sim.simulation.simulate import landscape

TINY = ["--walkers", "256", "--steps", "400", "--burn-in", "100", "--record-every", "10", "--seed", "1", "--quiet"]
BAOAB = Path(__file__).parent.parent / "docs" / "examples" / "own_dynamics.py"
FILE = """
from dataclasses import dataclass
import langevin_sim as ls

@dataclass(frozen=True)
class Loud(ls.Dynamics):
    factor: float = 2.0
    colour = "#123456"

@ls.stepper(Loud)
def step(x, gradient, normal, step_size, noise, factor):
    return x - step_size * gradient + factor * noise * normal

class NoStepper(ls.Dynamics):
    pass

class WrongShape(ls.Dynamics):
    pass

@ls.stepper(WrongShape)
def short(x):
    return x[:1]

class Untyped(ls.Dynamics):
    pass

@ls.stepper(Untyped)
def untyped(x):
    return nothing_of_this_name(x)

class Gdl(ls.Dynamics):
    pass

not_a_dynamics = 3
"""


def call(*arguments):
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(FILE)


@dataclass(frozen=True)
class Damped(ls.Dynamics):
    """v <- c v - eta grad U + noise xi, x <- x + eta v."""

    keep: float = 0.5

    def memory_rows(self, dim):
        return dim


@ls.stepper(Damped)
def damped(x, gradient, normal, memory, step_size, noise, keep):
    memory[:] = keep * memory - step_size * gradient + noise * normal
    return x + step_size * memory


class Plain(ls.Dynamics):
    """GDL under another name, declaring nothing."""


@ls.stepper(Plain)
def plain(x, gradient, normal, step_size, noise):
    return x - step_size * gradient + noise * normal


@dataclass(frozen=True)
class Heavy(ls.SGDL):
    """A user's own version of SGDL."""


@ls.stepper(Heavy)
def heavy(x, gradient, normal, step_size, noise):
    return x - step_size * gradient + noise * normal


class Wide(ls.Dynamics):
    """GDL in the form of a block."""


@ls.block_stepper(Wide)
def wide(
    t,
    X,
    memory,
    scratch,
    stream,
    step_size,
    noise,
    settings,
    domain,
    gradient,
    energy,
    parameters,
    batch_gradient,
    data,
    batch,
    shuffled,
):
    dim = X.shape[0]
    G, Z = scratch[:dim], scratch[dim : 2 * dim]
    gradient(X, G, parameters)
    fill_normals(stream, Z)
    for j in range(dim):
        for i in range(BLOCK):
            X[j, i] += noise * Z[j, i] - step_size * G[j, i]
    project(X, domain)


def moved(dynamics, potential, steps=7):
    """Positions [walkers, dim] after some steps of one block."""
    starts = np.random.default_rng(1).normal(size=(BLOCK, potential.dim))
    ensemble = new_ensemble(landscape(potential), dynamics, starts, seed=5, key=(1,), burn_in=0, every=1, bound=1e9, threads=1)
    ensemble.advance(steps)
    return starts, ensemble.positions[0].T


@pytest.mark.parametrize("dim", [1, 3])
def test_memory_and_settings_reach_the_stepper(dim):
    """Equal to the same update in plain NumPy, with the same normals."""
    U, dynamics = ls.potentials.twowell(dim), Damped(0.05, 0.7, keep=0.8)
    x, after = moved(dynamics, U)
    stream, v, z = seed_blocks(5, (1,), 0, 1)[0], np.zeros_like(x), np.empty((dim, BLOCK))
    for _ in range(7):
        fill_normals(stream, z)
        v = 0.8 * v - 0.05 * U.gradient(x) + math.sqrt(2 * 0.05 * 0.7) * z.T
        x = x + 0.05 * v
    assert np.abs(after - x).max() < 1e-12


@pytest.mark.parametrize("kind", [Plain, Wide])
def test_both_forms_equal_the_built_in_one(kind):
    U = ls.potentials.twowell(2).on(ls.Domain("reflecting", -3.0, 3.0))
    assert np.abs(moved(kind(0.05), U)[1] - moved(ls.GDL(0.05), U)[1]).max() < 1e-12


@pytest.mark.parametrize("replacement", [False, True])
def test_batches_reach_the_stepper(replacement):
    U = ls.potentials.tilted(ls.potentials.twowell(2), 0.5, terms=40)
    settings = {"batch_size": 5, "replacement": replacement}
    assert np.abs(moved(Heavy(0.05, **settings), U)[1] - moved(ls.SGDL(0.05, **settings), U)[1]).max() < 1e-12


def test_nothing_is_inherited_that_must_be_declared():
    class Faster(ls.GDL):
        pass

    assert (Faster.kernel, Faster.weak_order, Faster.exact, Faster.stepper) == (None, None, False, None)
    assert (Heavy.kernel, Heavy.weak_order) == (None, None)
    U = ls.potentials.quadratic(1)
    with pytest.raises(ReferenceUnavailable, match="kernel"):
        ls.chain_law(U, Plain(0.1))
    found = reference_laws(U, Plain(0.1))
    assert found.boltzmann is None
    assert found.chain is None
    assert "declares neither" in found.boltzmann_reason


def test_a_declared_gaussian_kernel_has_its_own_noise():
    """x' = x - eta k x + 2 sqrt(2 eta T) xi: variance 4 T / (k (1 - eta k / 2))."""

    class Loud(ls.Dynamics):
        kernel = "gaussian"

        @property
        def noise(self):
            return 2.0 * super().noise

    law = ls.chain_law(ls.potentials.quadratic(1), Loud(0.2, 1.0))
    assert abs(2.0 * law.mean_energy - 4.0 / 0.9) < 1e-6
    assert reference_laws(ls.potentials.quadratic(1), Loud(0.2, 1.0)).boltzmann is None


def test_it_is_pickled_and_short():
    dynamics = Damped(0.05, keep=0.8)
    assert pickle.loads(pickle.dumps(dynamics)) == dynamics


def test_the_command_line_mixes_it_with_built_in_ones():
    options = ["--dims", "2", "--dynamics", "gdl,mine.py:Loud,mala", "--set-dynamics", "loud.factor=1.5", *TINY]
    result = call("run", *options, "--out", "run")
    assert result.exit_code == 0, result.output
    summary = json.loads(Path("run/summary.json").read_text())
    assert [entry["dynamics"] for entry in summary["results"]] == ["gdl", "loud", "mala"]
    assert summary["results"][1]["declares"]["colour"] == "#123456"
    assert [region["chain"] for region in summary["results"][1]["regions"]] == [None, None]
    assert "the same bits" in call("rerun", "run").output
    page = Path("run/report.html").read_text()
    assert "loud" in page


def test_settings_go_to_whoever_has_them():
    def systems(**settings):
        names = ["mine.py:Loud", "sgd"]
        return build(parse(RunSpec, {"dims": [1], "dynamics": names, "terms": 20, "dynamics_settings": settings}))

    loud, sgd = systems(factor=3.0, batch_size=4)
    assert loud.dynamics.factor == 3.0
    assert sgd.dynamics.batch_size == 4
    with pytest.raises(InputError, match="did you mean 'factor'"):
        systems(facto=3.0)
    with pytest.raises(InputError, match=r"did you mean 'loud\.factor'"):
        systems(**{"loud.facto": 3.0})
    with pytest.raises(InputError, match="expected an integer"):
        systems(batch_size=4.5)
    spec = parse(RunSpec, {"dims": [1], "dynamics_settings": {"loud.factor": 3.0}})
    assert "--set-dynamics loud.factor=3.0" in flags(spec)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mine.py:NoStepper", "nostepper has no stepper"),
        ("mine.py:WrongShape", "returned shape (1,)"),
        ("mine.py:Untyped", "nothing_of_this_name"),
        ("mine.py:Gdl", "has the name of a built-in one, 'gdl'"),
        ("mine.py:not_a_dynamics", "expected a subclass of langevin_sim.Dynamics"),
        ("mine.py:gone", "does not define 'gone'"),
        ("gone.py:Loud", "there is no file gone.py"),
        ("gdll", "did you mean 'gdl'"),
        ("mine.py:Loud,./mine.py:Loud", "two of the dynamics are called loud"),
    ],
)
def test_what_is_wrong_is_one_line(name, words):
    result = call("run", "--dims", "2", "--dynamics", name, *TINY, "--out", "run")
    assert result.exit_code == 2, result.output
    assert words in result.output
    assert result.output.count("\n") == 1
    assert not Path("run").exists()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ls.stepper(Plain)(lambda x, gradientt: x), "did you mean 'gradient'"),
        (lambda: ls.stepper(dict)(lambda x: x), "a subclass of Dynamics"),
        (lambda: type("Bad name", (ls.Dynamics,), {}), "a name has letters"),
    ],
)
def test_what_is_wrong_in_a_notebook(make, words):
    with pytest.raises(InputError, match=words):
        make()


def test_fields_without_a_dataclass_are_noticed():
    class Forgotten(ls.Dynamics):
        friction: float = 1.0

    with pytest.raises(InputError, match="@dataclass"):
        ls.stepper(Forgotten)(lambda x: x)


class Entry:
    def __init__(self, found):
        self.found = found

    def load(self):
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


def test_plugins_good_and_broken(monkeypatch):
    points = {"damped": Entry(Damped), "broken": Entry(ImportError("no module for this"))}
    monkeypatch.setattr(plugins, "installed", lambda group: points if group == plugins.DYNAMICS else {})
    assert {"broken", "damped", "gdl"} <= set(names())
    assert make_dynamics("damped", 0.1, 1.0, keep=0.25) == Damped(0.1, 1.0, keep=0.25)
    with pytest.raises(PluginError, match="dynamics plugin 'broken' is broken: ImportError: no module for this"):
        make_dynamics("broken", 0.1, 1.0)
    assert call("run", "--dims", "1", "--dynamics", "gdl,damped", *TINY, "--out", "run").exit_code == 0
    refused = call("run", "--dims", "1", "--dynamics", "broken", *TINY)
    assert refused.exit_code == 2
    assert "is broken" in refused.output


def test_an_edited_file_gives_the_new_dynamics():
    run = ["run", "--dims", "1", "--dynamics", "mine.py:Loud", "--no-chain", *TINY, "--json"]
    first = json.loads(call(*run).stdout)
    Path("mine.py").write_text(FILE.replace("factor * noise", "0.5 * factor * noise"))
    second = json.loads(call(*run).stdout)
    assert first["results"][0]["energy"]["mean"] > 1.5 * second["results"][0]["energy"]["mean"]


def test_the_example_samples_boltzmann():
    """BAOAB is exact on a quadratic: a z of 6 has a false-alarm rate below 1e-8. Without its noise it is far off."""
    kind = plugins.load(f"{BAOAB}:BAOAB", "dynamics")
    U = ls.potentials.quadratic(2)

    def energy(temperature):
        run = ls.simulate(U, kind(0.3, temperature, friction=1.0), walkers=2048, steps=2000, burn_in=400, record_every=20, seed=3)
        return run.energy

    mean, error = energy(1.0)
    assert abs(mean - 1.0) < 6 * error
    colder, _ = energy(0.8)
    assert abs(colder - 1.0) > 6 * error


def test_a_sweep_has_axes_of_a_dynamics_settings(tmp_path, monkeypatch):
    """Each point equals the run with that --set-dynamics; a parameter of the potential with the same name has priority."""
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(FILE)
    axes = [axis("factor=0.5,2"), axis("temperature=0.5,1")]
    settings = {"dynamics": "gdl,mine.py:Loud", "dims": "1", "walkers": 64, "steps": 40}
    found = [point.spec for point in sweep_points(sweep("run", settings, axes, 1))]
    assert [spec.dynamics_settings for spec in found] == [{"factor": 0.5}] * 2 + [{"factor": 2.0}] * 2
    assert [spec.temperature for spec in found] == [0.5, 1.0] * 2
    assert all(spec.parameters == {} for spec in found)
    both = settings | {"potential": "expr: factor*x1^2"}
    one = sweep_points(sweep("run", both, [axis("factor=1,3"), axis("loud.factor=0.5,2")], 1))[1].spec
    assert (one.parameters, one.dynamics_settings) == ({"factor": 1.0}, {"loud.factor": 2.0})
    assert [system.dynamics.own_settings() for system in build(one)] == [[], ["factor"]]
    for text, said in (("fcator=1,2", "did you mean 'factor'"), ("gdl.factor=1,2", "unknown key of --grid")):
        with pytest.raises(InputError, match=said):
            sweep("run", settings, [axis(text)], 1)


@pytest.mark.parametrize("text", ["a\x7fb.csv", "tab\there", "line\nbreak", 'quote"s\\', "\x1b[31m", "ü\u2028", "'''", '"""'])
def test_any_text_and_nested_tables_survive_toml(text, tmp_path):
    """TOML forbids literal control characters except tabs, including DEL; nested tables are written and read."""
    spec = RunSpec(data=text, parameters={text: 1.5, "b c": -0.0}, dynamics_settings={"loud.factor": 2.0, text: 1e300}, dims=[1])
    path = tmp_path / "spec.toml"
    path.write_bytes(to_toml(spec).encode())
    assert not any((ord(c) < 32 and c not in "\t\n") or c == "\x7f" for c in path.read_text())
    assert parse(RunSpec, read_config(path)) == spec
