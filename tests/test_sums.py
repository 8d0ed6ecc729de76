"""User-defined finite sums: values, gradients and batches against plain NumPy; what is found out; what is refused."""

import json
import pickle

import numpy as np
import pytest
from click.testing import CliRunner
from naive import central_difference, langevin_step

from langevin_sim import potentials, simulate
from langevin_sim.cli.main import main
from langevin_sim.dynamics import SGD, SGDL, make
from langevin_sim.engine.batches import draw_batches
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.ensemble import new_ensemble
from langevin_sim.errors import InputError, ReferenceUnavailable, UnknownNameError
from langevin_sim.reference import chain_law
from langevin_sim.reference.chain import chain_law as exact
from langevin_sim.reference.least_squares import stationary_covariance
from langevin_sim.reference.temperature import batch_temperature
from langevin_sim.simulation.simulate import landscape

pytest.importorskip("sympy", reason="SymPy is not installed")
from langevin_sim.expression import compile_expression

RNG = np.random.default_rng(5)
DATA = {"a": RNG.normal(size=7), "b": RNG.uniform(0.5, 2.0, 7), "y": RNG.normal(size=7)}

# every place where a column can stand: beside coordinates, inside of reductions, as a factor of one, in ties
TERMS = {
    "(a*x1 + b*x2 - y)^2/2 + w*sum(x^2)": lambda x, r, w: 0.5 * (r["a"] * x[0] + r["b"] * x[1] - r["y"]) ** 2 + w * (x**2).sum(0),
    "b*sum((x - a)^2)": lambda x, r, w: r["b"] * ((x - r["a"]) ** 2).sum(0),
    "sum(exp(-b*(x - y)^2)) + sum(x^2)*a^2": lambda x, r, w: (
        np.exp(-r["b"] * (x - r["y"]) ** 2).sum(0) + (x**2).sum(0) * r["a"] ** 2
    ),
    "y*max(x) + a*min(x*b)": lambda x, r, w: r["y"] * x.max(0) + r["a"] * (x * r["b"]).min(0),
    "log(1 + exp(a*x1*y))*mean(x)": lambda x, r, w: np.log(1 + np.exp(r["a"] * x[0] * r["y"])) * x.mean(0),
    "a + b": lambda x, r, w: r["a"] + r["b"] + 0 * x[0],
    "a": lambda x, r, w: r["a"] + 0 * x[0],
    "a*x1 + x2*x3*y": lambda x, r, w: r["a"] * x[0] + x[1] * x[2] * r["y"],
}


def naive_terms(function, x, w=0.3):
    """V_i at points x[n, dim], from the equation: [n, terms]."""
    rows = [{name: column[i] for name, column in DATA.items()} for i in range(7)]
    return np.stack([function(x.T, row, w) for row in rows], axis=1)


def evaluated(text, x, batch, w=0.3):
    """U and grad U at points x[n, dim], and the mean gradient of batches, as the engine calls for them."""
    compiled = compile_expression(text, 3, {"w": w} if "w*" in text else {}, list(DATA))
    rows = np.column_stack([DATA[name] for name in compiled.columns])
    p = np.concatenate([compiled.constants, [7], rows.ravel(), [99.0]])  # more may follow there
    columns, chosen = np.ascontiguousarray(x.T), np.ascontiguousarray(batch.T)
    energy, gradient, of_batch = np.empty(len(x)), np.empty_like(columns), np.empty_like(columns)
    compiled.block_energy(columns, energy, p)
    compiled.block_gradient(columns, gradient, p)
    compiled.block_batch_gradient(columns, chosen, of_batch, compiled.block_gradient, p, rows)
    return energy, gradient.T, of_batch.T


@pytest.mark.parametrize("text", TERMS)
def test_an_expression_equals_the_twin(text):
    """Energy, gradient and the gradient of batches, at more walkers than the generated code takes at once."""
    x, batch = RNG.normal(size=(300, 3)), RNG.integers(0, 7, (300, 4))
    energy, gradient, of_batch = evaluated(text, x, batch)
    one = lambda points: naive_terms(TERMS[text], points)  # noqa: E731
    np.testing.assert_allclose(energy, one(x).mean(axis=1), rtol=1e-12, atol=1e-12)
    slopes = np.stack([central_difference(lambda p, i=i: one(p)[:, i], x) for i in range(7)], axis=1)
    np.testing.assert_allclose(gradient, slopes.mean(axis=1), rtol=1e-6, atol=1e-7)
    chosen = np.take_along_axis(slopes, batch[:, :, None], axis=1).mean(axis=1)
    np.testing.assert_allclose(of_batch, chosen, rtol=1e-6, atol=1e-7)


def rows_of_regression(n=12, dim=2):
    rng = np.random.default_rng(7)
    return rng.normal(size=(n, dim)), rng.normal(size=n)


def both_forms():
    a, y = rows_of_regression()

    def term(x, row):
        return 0.5 * (row[0] * x[0] + row[1] * x[1] - row[2]) ** 2

    def gradient(x, row):
        return row[:2] * (row[0] * x[0] + row[1] * x[1] - row[2])

    table = {"a": a[:, 0], "b": a[:, 1], "y": y}
    written = potentials.finite_sum(term, 2, np.column_stack([a, y]), gradient=gradient)
    return potentials.finite_sum("(a*x1 + b*x2 - y)^2/2", 2, table), written, potentials.regression_from(a, y)


def test_least_squares_in_three_forms():
    """An expression, a Python function and the built-in regression: the same energy, gradients, minimum and walkers."""
    typed, written, built_in = both_forms()
    x, batch = RNG.normal(size=(50, 2)), RNG.integers(0, 12, (50, 5))
    for U in (typed, written):
        np.testing.assert_allclose(U.energy(x), built_in.energy(x), rtol=1e-12)
        np.testing.assert_allclose(U.gradient(x), built_in.gradient(x), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(U.batch_gradient(x, batch), built_in.batch_gradient(x, batch), rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(U.minima, built_in.minima, atol=1e-7)
        assert U.terms.covariance is None
        assert U.stability_bound == pytest.approx(built_in.stability_bound, rel=1e-6)
        run, other = (
            simulate(V, SGD(0.1, batch_size=3), walkers=256, steps=80, burn_in=40, start=1.0, seed=3) for V in (U, built_in)
        )
        np.testing.assert_allclose(run.final, other.final, rtol=1e-10, atol=1e-12)
    assert typed.quadratic is not None


def test_steps_equal_the_twin():
    """Ten steps of SGD on a sum, in plain NumPy with the same batches."""
    table = {"a": np.array([0.5, 1.0, 2.0, 3.0]), "c": np.array([-1.0, 0.0, 0.5, 1.0])}
    U = potentials.finite_sum("a*(x1 - c)^2/2 + x1^2*x2^2/4 + x2^2/2", 2, table)
    dynamics = SGD(0.05, batch_size=2)
    starts = np.random.default_rng(2).normal(size=(BLOCK, 2))
    e = new_ensemble(landscape(U), dynamics, starts, seed=4, key=(2,), burn_in=0, every=10, bound=1e3, threads=1)
    x, stream = starts.copy(), e.streams[0].copy()
    for _ in range(10):
        batch = np.empty((2, BLOCK), np.int64)
        draw_batches(stream, np.empty((2, BLOCK)), np.arange(4), batch, False)
        a, c = table["a"][batch.T], table["c"][batch.T]  # [walkers, 2]
        first = (a * (x[:, :1] - c)).mean(axis=1) + x[:, 0] * x[:, 1] ** 2 / 2
        x = langevin_step(x, np.column_stack([first, x[:, 0] ** 2 * x[:, 1] / 2 + x[:, 1]]), 0.05, 0.0, 0.0)
    e.advance(10)
    np.testing.assert_allclose(e.positions[0].T, x, rtol=1e-12, atol=1e-13)


def test_noise_that_is_the_same_everywhere():
    """U + z.x: the covariance, the effective temperature of SGD, and tilts with a mean of 0; it is not there otherwise."""
    z = np.array([-1.0, -1.0, 2.0, 0.5, 0.0])
    U = potentials.finite_sum("(x1^2 - 1)^2 + z*x1", 1, {"z": z})
    assert U.terms.covariance == pytest.approx(np.array([[z.var()]]), rel=1e-12)
    np.testing.assert_allclose(U.terms.tilts[:, 0], z - z.mean(), atol=1e-12)
    dynamics = SGDL(0.05, 0.3, batch_size=2)
    assert batch_temperature(U, dynamics) == pytest.approx(0.5 * 0.05 * z.var() * (5 - 2) / (2 * 4), rel=1e-12)
    assert not U.terms.tilted
    varying = potentials.finite_sum("(x1^2 - 1)^2 + (1 + 0.001*x1)*z*x1", 1, {"z": z})
    assert varying.terms.covariance is None
    with pytest.raises(ReferenceUnavailable, match="depends on x"):
        batch_temperature(varying, dynamics)


def test_skewed_noise_is_not_taken_as_gaussian():
    """One in ten terms pulls nine times as strongly: the law of the batches, or none, and never a Gaussian's."""
    z = np.array([-1.0] * 9 + [9.0])
    U = potentials.finite_sum("x1^2/2 + z*x1", 1, {"z": z})
    assert "batches" in exact(U, SGDL(0.1, 0.5, batch_size=2)).method
    with pytest.raises(ReferenceUnavailable, match="skewed"):
        chain_law(U, SGD(0.1, batch_size=2))


def test_chain_law_beside_walkers():
    """SGDL with noise that depends on x, d = 1: the law's moments are exact on least squares, in a window that was found."""
    table = {"a": np.array([0.3, 0.8, 1.0, 1.9]), "c": np.array([1.0, -1.0, 0.2, 0.0])}
    U = potentials.finite_sum("(a*x1 - c)^2/2", 1, table)
    dynamics = SGDL(0.3, 0.2, batch_size=2)
    law = chain_law(U, dynamics)
    R = potentials.regression_from(table["a"][:, None], table["c"])
    second = law.moments.second[0] - law.moments.mean[0] ** 2
    assert second == pytest.approx(stationary_covariance(R, dynamics)[0, 0], abs=10 * law.moments.second_error[0] + 1e-7)


def test_chain_law_in_two_dimensions_beside_walkers():
    """Masses of both wells; 4.9 standard errors of the walkers, false-alarm rate 1e-6."""
    table = {"a": np.array([0.5, 1.5, 1.0, 1.0]), "c": np.array([0.4, -0.4, 0.1, -0.1])}
    U = potentials.finite_sum("a*(x1^2 - 1)^2/2 + (x2 - c)^2 + c*x1*x2", 2, table)
    dynamics = SGDL(0.06, 0.3, batch_size=1)
    law = chain_law(U, dynamics)
    run = simulate(U, dynamics, walkers=2048, steps=4000, burn_in=1000, seed=11)
    for name, (mass, error) in run.occupancy.items():
        assert abs(mass - law.mass(name)) < 4.9 * error + law.errors[name]
    other = chain_law(U, make("gdl", 0.06, 0.3))
    assert abs(run.energy.mean - law.mean_energy) < 4.9 * run.energy.stderr < abs(run.energy.mean - other.mean_energy)


def test_pickles_and_repeats():
    U = both_forms()[0]
    again = pickle.loads(pickle.dumps(U))
    x = RNG.normal(size=(5, 2))
    np.testing.assert_array_equal(again.energy(x), U.energy(x))


@pytest.mark.parametrize(
    ("term", "data", "options", "said"),
    [
        ("(a*x1 - c)^2", {"a": [1.0, 2.0]}, {}, "parameter 'c' has no value; the columns of the data are a"),
        ("x1^2", {"a": [1.0, 2.0]}, {}, "the term contains no column of the data; expected one of a"),
        ("a*x1^2", {"a": [1.0, 2.0], "x2": [0.0, 0.0]}, {}, "a column is called 'x2'"),
        ("a*x1^2", {"a": [1.0, 2.0]}, {"parameters": {"a": 1.0}}, "both a column of the data and a parameter"),
        ("a*x1^2", {"a": [1.0, np.nan]}, {}, "data, row 2, a: nan: expected a finite number"),
        ("a*x1^2", {"a": [1.0, 2.0], "b": [1.0]}, {}, "of the same length"),
        ("a*x1^2", {"a": ["one"]}, {}, "expected columns of numbers"),
        ("a*x1^2", {}, {}, "expected columns of numbers"),
        ("log(a)*x1^2", {"a": [2.0, -1.0, 3.0]}, {}, r"row 2 \(a = -1\) is finite at none"),
        ("a*x1^2", {"a": [1.0, -3.0]}, {}, "falls without bound"),
        ("a*x2^2", {"a": [1.0, 2.0]}, {}, "expected a dimension of at least 2"),
        (lambda x, row: row[5].nothing, np.ones((3, 2)), {}, "energy of a term cannot be compiled"),
        (3, np.ones((3, 2)), {}, "expected a function of one point or an expression, got int"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_refusals_are_one_line(term, data, options, said):
    with pytest.raises((InputError, UnknownNameError), match=said) as caught:
        potentials.finite_sum(term, 1, data, **options)
    assert "\n" not in str(caught.value)


def test_a_gradient_that_is_right_on_average_alone_is_refused():
    """The errors of the rows cancel in the sum, so only single terms show them."""

    def term(x, row):
        return 0.5 * x[0] ** 2 + row[0] * x[0]

    def gradient(x, row):
        return x - row  # the wrong sign; the rows sum to 0

    with pytest.raises(InputError, match=r"of the term of row 1 .* finite differences of its energy give"):
        potentials.finite_sum(term, 1, np.array([1.0, -1.0]), gradient=gradient)


def call(*arguments):
    return CliRunner().invoke(main, list(arguments))


SMALL = ["--walkers", "256", "--steps", "400", "--burn-in", "80", "--batch-size", "2", "--step-size", "0.1", "--seed", "1"]
FILE = """
import langevin_sim as ls


def term(x, row):
    return 0.5 * (row[0] * x[0] - row[1]) ** 2


def gradient(x, row):
    return row[:1] * (row[0] * x[0] - row[1])


def make(dim, data, stiffness=1.0):
    return ls.potentials.finite_sum(term, dim, data, gradient=gradient, parameters={"stiffness": stiffness})
"""


def test_on_the_command_line(tmp_path, monkeypatch):
    """An expression and a file with the same data: the same numbers; the data's hash is kept, and a rerun has the same bits."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "terms.csv").write_text("a,y\n1,0.5\n2,-1\n0.5,1\n1.5,0\n")
    (tmp_path / "own.py").write_text(FILE)
    results = []
    for name, out in (("sum: (a*x1 - y)^2/2", "typed"), ("own.py:make", "written")):
        shared = ["--potential", name, "--data", "terms.csv", "--dims", "1", "--dynamics", "sgdl,gdl"]
        told = call("run", *shared, *SMALL, "--json", "--out", out)
        assert told.exit_code == 0, told.stderr
        results.append(json.loads(told.stdout)["results"])
        assert len(json.loads((tmp_path / out / "manifest.json").read_text())["data"]["sha256"]) == 64
    for typed, written in zip(*results, strict=True):
        assert typed["energy"]["mean"] == pytest.approx(written["energy"]["mean"], rel=1e-9)
        assert typed["energy"]["chain"] == pytest.approx(written["energy"]["chain"], rel=1e-6)
    again = call("rerun", "typed")
    assert again.exit_code == 0, again.stderr
    assert "same bits" in again.stdout
    checked = call("potentials", "check", "sum: (a*x1 - y)^2/2", "--data", "terms.csv")
    assert checked.exit_code == 0, checked.output
    assert "the mean over all 4 is the gradient" in checked.stdout
    shown = call("potentials", "show", "sum: (a*x1 - y)^2/2", "--data", "terms.csv")
    assert shown.exit_code == 0, shown.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--potential", "sum: a*x1^2"], "expected --data FILE.csv"),
        (["--potential", "sum: (a*x1 - z)^2", "--data", "terms.csv"], "z has no value: expected --set z=NUMBER, or a column"),
        (["--potential", "sum: a*x1^2", "--data", "terms.csv", "--set", "a=1"], "both a column of the data and a parameter"),
        (["--potential", "twowell", "--data", "terms.csv"], "twowell takes no data"),
        (["--potential", "expr: x1^2", "--data", "terms.csv"], "takes no data"),
        (["--potential", "sum: a*x1^2", "--data", "none.csv"], "none.csv cannot be read"),
        (["--potential", "sum: a*x1^", "--data", "terms.csv"], "expr: "),
    ],
)
def test_what_the_command_line_refuses(tmp_path, monkeypatch, arguments, said):
    """One clear line and exit code 2."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "terms.csv").write_text("a,y\n1,0.5\n2,-1\n")
    told = call("run", *arguments, *SMALL)
    assert told.exit_code == 2, told.stderr
    assert said in told.stderr
    assert "Traceback" not in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1
