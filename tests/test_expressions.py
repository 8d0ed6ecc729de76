import itertools
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from naive import central_difference

from langevin_sim import potentials
from langevin_sim.errors import InputError, UnknownNameError

pytest.importorskip("sympy", reason="SymPy is not installed")
from langevin_sim.expression import compile_expression, parameter_names, store
from langevin_sim.expression.grammar import parse

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
from expressions import MUELLERBROWN, TWOWELL, WEDGE

# beside every function and every reduction: what SymPy, or the generator, might get wrong
CASES = {
    "sum((x^2-1)^2) + 0.5*x1": {},
    "exp(-x1^2)*a + sum(x^2)/2": {"a": 2.0},
    "log(1+sum(x^2))": {},
    "log(x1^2 + 0.1)*mean(log(9+x))": {},
    "sqrt(1+sum(x^2))": {},
    "sum(1-cos(x))+0.1*sin(3*x1)": {},
    "sin(x1)*cos(2*x1) + sum(sin(x)*cos(x))": {},
    "tan(x1/4)+sum(tan(x/5))": {},
    "sum(tanh(x))*tanh(x1)": {},
    "sum(sinh(x)*cosh(x/2))": {},
    "sinh(x1) - cosh(x1/3)": {},
    "sum(abs(x-a))^1.5": {"a": 0.3},
    "abs(x1-abs(x1-1))": {},
    "min(x1, 1, a*x1^2)+max(x1-1,-x1)": {"a": 0.7},
    "max(x1, sum(x^2), 1)": {},
    "logaddexp(x1, -2*x1)+sum(logaddexp(x,0))": {},
    "-t*logaddexp(-sum((x-1)^2)/t, -2*sum((x+1)^2)/t)": {"t": 0.25},
    "max(x^2+x)": {},
    "min(sin(x)) * mean(x^3)": {},
    "max(abs(x)) + min(x)*max(x^3)": {},
    "max(x) - min(x) + max(x)*x1": {},
    "abs(x1)^a + sum(abs(x)^b)": {"a": 2.5, "b": 1.2},
    "sum(x^n)": {"n": 3.0},
    "2^x1 + a^sum(x^2)": {"a": 1.1},
    "(1+x1^2)^-2 + (1+x1^2)^-0.5": {},
    "(4+x1)^(1/3) + sum((4+x)^2.5)": {},
    "x1^7 - 3*x1^5/(2+x1^2)": {},
    "sum(x)^3/(1+sum(x^2))": {},
    "log(sum(exp(x)))": {},
    "-(x1-1)*(x1+1)/(3+cos(x1))": {},
    "sum(max(x,0)^2) + sum(min(x,a)^2)": {"a": 0.2},
    "mean(x)*mean(x^2)": {},
    "mean(x-mu)^2 + sum(x^2)*sum(x)": {"mu": 0.3},
    "1": {},
    "a*3": {"a": 2.0},
    "x1 - x1 + sum(x-x+1)": {},
    "sum(c*x)*pi": {"c": 2.0},
    "10*sum(x^2 - cos(2*pi*x)) + 10": {},
    "sqrt(mean(x^2)+0.01)-exp(mean(cos(x)))": {},
    "1e-300*x1*1e300": {},
    "-x1^2+x1^2^1": {},
    "x1/2/3*4 - -x1 - (2-3-4)*x1": {},
    "1e6*(x1-0.333)*(x1-0.1)": {},
    "((x1-1)^2)^2/4 + (2*x1)^3": {},
    "x1*x2": {},
    "sum(x+a)*(x2-3)": {"a": 2.0},
    "sum(x)*sum(x^2) + sum(x)*x1": {},
    "x1^2*x2 - exp(x2-x1)*sin(x1*x2)": {},
    "(x3-x1)^2/(1+x2^2) + mean(x^2)": {},
    "x1*x2*x3*x4*x5 + sum(x)*x5": {},
}
COMPILED = [
    "sum((x^2-1)^2) + 0.5*x1",
    "tan(x1/4)+sum(tan(x/5))",
    "sum(tanh(x))*tanh(x1)",
    "sum(sinh(x)*cosh(x/2))",
    "-t*logaddexp(-sum((x-1)^2)/t, -2*sum((x+1)^2)/t)",
    "max(abs(x)) + min(x)*max(x^3)",
    "sum(x^n)",
    "log(x1^2 + 0.1)*mean(log(9+x))",
    "x1*x2*x3*x4*x5 + sum(x)*x5",
]
DIMS = (1, 2, 3, 5)
FUNCTIONS = ("exp", "log", "sqrt", "sin", "cos", "tan", "tanh", "sinh", "cosh", "abs", "logaddexp", "pi")


def least(text):
    return next((k for k in (5, 3, 2) if f"x{k}" in text), 1)


def truth(text, parameters, x):
    """The energy at x[n, dim] by NumPy, from the text of a test as Python."""

    def either(reduced, elementwise):
        def function(*arguments):
            if len(arguments) > 1:
                return elementwise(arguments)
            return reduced(arguments[0])

        return function

    def pairwise(ufunc):
        return lambda arguments: ufunc.reduce(np.broadcast_arrays(*arguments))

    names = {name: getattr(np, name) for name in FUNCTIONS}
    names |= {f"x{j + 1}": x[:, j] for j in range(x.shape[1])} | {"x": x} | parameters
    names |= {"sum": lambda f: f.sum(-1), "mean": lambda f: f.mean(-1)}
    names |= {"max": either(lambda f: f.max(-1), pairwise(np.maximum)), "min": either(lambda f: f.min(-1), pairwise(np.minimum))}
    return np.broadcast_to(eval(text.replace("^", "**"), {"__builtins__": {}}, names), len(x))


def energy(made, x):
    out = np.full(len(x), 7.0)
    made.block_energy(np.ascontiguousarray(x.T), out, made.constants)
    return out


def gradient(made, x):
    out = np.full((made.dim, len(x)), 7.0)
    made.block_gradient(np.ascontiguousarray(x.T), out, made.constants)
    return out.T


def check(text, dim, n=200):
    """The energy is NumPy's, and the gradient is that of the energy."""
    x = np.random.default_rng(dim).normal(size=(n, dim))
    made = compile_expression(text, dim, CASES[text])
    exact = truth(text, CASES[text], x)
    np.testing.assert_allclose(energy(made, x), exact, rtol=1e-12, atol=1e-12 * abs(exact).max())
    expected = central_difference(lambda at: truth(text, CASES[text], at), x)
    scale = 1.0 + abs(expected).max()
    kink = abs(gradient(made, x) - central_difference(lambda at: energy(made, at), x, 1e-7)).max(-1) > 1e-3 * scale
    assert kink.mean() < 0.01
    np.testing.assert_allclose(gradient(made, x)[~kink], expected[~kink], atol=2e-8 * scale, rtol=1e-7)


@pytest.fixture(autouse=True, scope="module")
def _folder(tmp_path_factory):
    before = os.environ.get(store.SETTING)
    os.environ[store.SETTING] = str(tmp_path_factory.mktemp("expressions"))
    yield
    os.environ.pop(store.SETTING)
    if before is not None:
        os.environ[store.SETTING] = before


def another_process(code, **settings):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), **settings}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("text", COMPILED)
def test_compiled(text):
    for dim in DIMS:
        if dim >= least(text):
            check(text, dim)


def test_every_case_as_plain_python():
    """The same generated code without compilation: seconds instead of a minute."""
    another_process(
        "import warnings, test_expressions as t\n"
        "for text in t.CASES:\n"
        "    for dim in t.DIMS:\n"
        "        if dim >= t.least(text):\n"
        "            t.check(text, dim, n=25)\n",
        NUMBA_DISABLE_JIT="1",
    )


BUILT_IN = [
    (potentials.twowell(1), *TWOWELL),
    (potentials.twowell(5), *TWOWELL),
    (potentials.wedge(2), *WEDGE),
    (potentials.wedge(3), *WEDGE),
    (potentials.muellerbrown(), *MUELLERBROWN),
]


@pytest.mark.parametrize(("U", "text", "values"), BUILT_IN, ids=lambda part: part.name if hasattr(part, "name") else "")
def test_equal_to_the_built_in(U, text, values):
    low, high = U.extent(1.0).T
    x = np.random.default_rng(5).uniform(low, high, (3000, U.dim))
    if U.name == "wedge":  # the torus is the domain's work, and kinks are not compared
        x = np.concatenate([x, np.random.default_rng(6).uniform(2.0, 4.0, (1000, U.dim))])
        corners = np.abs(np.abs(x[:, 1] - 9) - 1), np.abs(x[:, 1] - 9), np.abs(np.abs(x - 3).max(-1) - 1)
        x = x[np.min(corners, axis=0) > 1e-6]
    made = compile_expression(text, U.dim, values)
    for ours, theirs in ((energy(made, x), U.energy(x)), (gradient(made, x), U.gradient(x))):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12 * abs(theirs).max())


def test_ties_take_the_slopes_that_the_built_in_wedge_takes():
    made = compile_expression(*WEDGE[:1], 3, {})
    x = np.array([[3.5, 3.5, 2.5], [3.0, 3.0, 3.0], [4.0, 3.0, 3.0], [6.0, 9.0, 6.0], [6.0, 8.0, 6.0]])
    np.testing.assert_array_equal(gradient(made, x), potentials.wedge(3).gradient(x))


@pytest.mark.parametrize("n", [1, 127, 128, 129, 1000])
def test_any_number_of_walkers(n):
    text = "sum((x^2-1)^2) + 0.5*x1"
    x = np.random.default_rng(n).normal(size=(n, 3))
    made = compile_expression(text, 3, {})
    np.testing.assert_allclose(energy(made, x), truth(text, {}, x), rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(gradient(made, x), 4 * x * (x**2 - 1) + [0.5, 0, 0], rtol=1e-13, atol=1e-14)


def test_infinities_and_what_is_not_a_number():
    made = compile_expression("1/x1 + sum(log(x)) + max(x1, x2) + max(0, sqrt(x2)) + max(x)", 2, {})
    at = energy(made, np.array([[0.5, 1.0], [1.0, -1.0], [0.0, 1.0], [math.nan, 1.0], [1.0, math.nan]]))
    np.testing.assert_array_equal(np.isnan(at), [False, True, True, True, True])
    made = compile_expression("1/x1 + max(0, log(x2)) - logaddexp(-1/x1, -2/x1)", 2, {})
    np.testing.assert_array_equal(energy(made, np.array([[0.0, 0.0]])), [math.inf])
    assert gradient(made, np.array([[1.0, 0.0]]))[0, 1] == 0.0  # the branch that is not taken has an infinite slope


def test_no_reassociation_that_cancels():
    """Near 0.333 the factor keeps its digits, which 1000000*x1 - 333000 would not."""
    made = compile_expression("1000000*(x1-0.333)", 1, {})
    x = 0.333 + np.array([[1e-12], [-3e-13], [1e-15]])
    np.testing.assert_allclose(energy(made, x), 1e6 * (x[:, 0] - 0.333), rtol=1e-15)


def test_the_record():
    made = compile_expression("b*x3^2 + a*sum(x) + b", 4, {"a": 1, "b": 2.5})
    assert made.parameters == {"b": 2.5, "a": 1.0}
    assert made.constants.tolist() == [2.5, 1.0]
    assert made.constants.dtype == np.float64
    assert (made.least_dim, made.names, made.dim, made.text) == (3, ("b", "a"), 4, "b*x3^2 + a*sum(x) + b")
    assert parameter_names("b*x3^2 + a*sum(x) + pi") == ["b", "a"]
    more = np.append(made.constants, [9.0, 9.0])  # constants of labels may follow
    out = np.empty(1)
    made.block_energy(np.ones((4, 1)), out, more)
    assert out[0] == 2.5 + 4.0 + 2.5


def test_other_values_and_dimensions_are_the_same_code():
    one = compile_expression("a*sum(x^2)", 1, {"a": 1.0})
    two = compile_expression("a*sum(x^2)", 7, {"a": 2.0})
    assert one.block_energy is two.block_energy
    assert one.block_gradient is two.block_gradient
    assert energy(two, np.ones((1, 7)))[0] == 14.0


CACHED = """
import json, sys, numpy as np
from numba.core import event
from langevin_sim.expression import compile_expression
compiled = []
class Seen(event.Listener):
    def on_start(self, event): compiled.append(event.data["dispatcher"].py_func.__name__)
    def on_end(self, event): pass
with event.install_listener("numba:compile", Seen()):
    made = compile_expression("x1^2 + a*sum(x)", 2, {"a": 3.0})
    E, G = np.empty(2), np.empty((2, 2))
    made.block_energy(np.ones((2, 2)), E, made.constants)
    made.block_gradient(np.ones((2, 2)), G, made.constants)
own = [name for name in compiled if name in ("energy", "gradient")]
print(json.dumps([own, E.tolist(), G.tolist()]))
"""


def test_another_process_finds_the_machine_code_and_a_changed_file_is_not_run(tmp_path):
    settings = {store.SETTING: str(tmp_path / "kept")}
    marker = tmp_path / "marker"
    first = json.loads(another_process(CACHED, **settings))
    assert first[0] == ["energy", "gradient"]
    assert first[1] == pytest.approx([7.0] * 2)
    second = json.loads(another_process(CACHED, **settings, PYTHONHASHSEED="17"))
    assert second == [[], *first[1:]]
    (file,) = (tmp_path / "kept").glob("*.py")
    own = file.read_text()
    file.write_text(f"open({str(marker)!r}, 'w')\n" + own)
    third = json.loads(another_process(CACHED, **settings))
    assert third[1:] == first[1:]
    assert file.read_text() == own
    assert not marker.exists()


def test_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.delenv(store.SETTING)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert store.folder() == tmp_path / "xdg" / "langevin-sim" / "expressions"
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert store.folder() == tmp_path / "home" / ".cache" / "langevin-sim" / "expressions"
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(store.SETTING, str(tmp_path / "file" / "below"))
    passing = store.folder()
    assert passing.is_dir()
    assert passing.stat().st_mode & 0o077 == 0
    assert energy(compile_expression("x1", 1, {}), np.array([[2.0]]))[0] == 2.0


def test_the_tree_is_that_of_the_text():
    """Precedence and associativity are Python's; brackets are not opened, so that the bits stay the same."""
    for text, same in [
        ("a-b-c", "(a)-b-(c)"),
        ("-a^2", "-(a^2)"),
        ("a^b^c", "a**(b^c)"),
        ("2^-a", "2^(-a)"),
        ("a/b*c", "((a/b))*c"),
        ("--+-a", "-a"),
        ("007.5*a", "7.5*a"),
    ]:
        assert parse(text) == parse(same)
    for text, other in [("a+b+c", "(a+b)+c"), ("a-b-c", "a-(b-c)"), ("a*b*c", "(a*b)*c"), ("-(-a)", "--a"), ("(-a)^2", "-a^2")]:
        assert parse(text) != parse(other)
    assert [child.name for child in parse("lambda + is*x1 - in").walk() if child.name] == [
        "lambda",
        "is",
        "in",
    ]  # Python's keywords


MARKER = "/tmp/langevin-sim-was-executed"
HOSTILE = [
    ("", "empty"),
    ("   ", "empty"),
    (f"__import__('os').system('touch {MARKER}')", "double underscore"),
    (f"open('{MARKER}', 'w')", "strings are not allowed"),
    ("import os", "expected an operator"),
    ("import os; x1", "expected an operator between import and os"),
    ("exec(x1)", "not a function"),
    ("eval(x1)", "not a function"),
    ("getattr(x1, x2)", "not a function"),
    ("x1.__class__", r"'\.': attributes are not allowed \(character 3\)"),
    ("x1 . real", "attributes are not allowed"),
    ("(x1).real", "attributes are not allowed"),
    ("1..real", "attributes are not allowed"),
    ("().__class__.__bases__", "expected|attributes"),
    ("__builtins__", "double underscore"),
    ("_x", "begin with a letter"),
    ("a__b*x1", "double underscore"),
    ("print(x1)", "'print': not a function"),
    ("x1(2)", "not a function"),
    ("pi(2)", "not a function"),
    ("lambda x: x", "not allowed|outside|expected"),
    ("sum(x for x in x1)", "expected an operator between x and for"),
    ("[x for x in x1]", "lists are not allowed"),
    ("{x1}", "braces are not allowed"),
    ("'x1'", "strings are not allowed"),
    ('"x1"', "strings are not allowed"),
    ("f'{x1}'", "strings are not allowed"),
    ("b'x1'", "strings are not allowed"),
    ("x1 \\ x2", "backslashes"),
    ("2^10^10", "exponents are limited to 64"),
    ("x1^1000000", "exponents are limited to 64"),
    ("x1^-65", "exponents are limited to 64"),
    ("((x1^64)^64)^64", "degree 4096"),
    ("(x1^8*x2^8)^5", "degree 80"),
    ("10^10^10^10", "exponents are limited"),
    ("9^64^9", "exponents are limited"),
    ("(" * 10_000 + "x1" + ")" * 10_000, "the limit is 2000"),
    ("(" * 900 + "x1" + ")" * 900, "brackets are nested more than 50 deep"),
    ("exp(" * 51 + "x1" + ")" * 51, "brackets are nested more than 50 deep"),
    ("x1^" * 60 + "x1", "powers are nested more than 50 deep"),
    ("x1+" * 5000 + "x1", "the limit is 2000"),
    ("x1+" * 600 + "x1", "more than 1000 numbers"),
    ("*".join(["x1"] * 300) + "*a" * 210, "more than 1000|the limit is 500"),
    ("*".join(f"x{k}" for k in range(1, 250)), "the gradient has more than 20000 operations"),
    ("\u0445" + "1^2", "only ASCII"),  # a Cyrillic x
    ("x\uff11", "only ASCII"),  # a full-width 1
    ("x1\u00b2", "only ASCII"),  # a superscript
    ("x1 \u2212 1", "only ASCII"),
    ("x1\u200b", "only ASCII"),
    ("x1 < 2", "comparisons"),
    ("x1 == x2", "comparisons"),
    ("x1 and x2", "expected an operator"),
    ("not x1", "expected an operator"),
    ("x1 if x2 else x3", "expected an operator"),
    ("x1 & x2", "logical"),
    ("~x1", "logical"),
    ("(a := x1)", "assignments"),
    ("a = x1", "assignments"),
    ("exp(x=1)", "keyword arguments"),
    ("x1[0]", "subscripts"),
    ("1j*x1", "expected an operator between 1 and j"),
    ("x1\x00", "not a character"),
    ("x1\n+x2", "one line only"),
    ("x1\r", "one line only"),
    ("x1\t+1", "not a character"),
    ("exp(*x1)", "expected a number, a name or a bracket"),
    ("**x1", "expected a number, a name or a bracket"),
    ("1_000*x1", "expected an operator between 1 and _000"),
    ("0x10", "expected an operator"),
    ("2x1", "expected an operator between 2 and x1"),
    ("2(x1)", "expected an operator"),
    ("x1 @ x2", "operators are"),
    ("x1 % 2", "operators are"),
    ("x1 // 2", r"'/': expected a number.*character 5"),
    ("x1,x2", "expected an operator"),
    ("x^2", "only allowed inside sum"),
    ("x0", "coordinates are x1"),
    ("x01", "coordinates are x1"),
    ("x99999999999999999999999", "coordinates are x1"),
    ("sum(x1)", "not allowed inside sum"),
    ("sum(a)", "one argument, which contains x"),
    ("sum(x, 1)", "one argument"),
    ("sum(x*sum(x))", "a reduction inside sum"),
    ("max(sum(x))", "a reduction inside max"),
    ("max(a)", "one argument, which contains x"),
    ("max(x, 1)", "only allowed inside sum"),
    ("exp()", "expected a number"),
    ("exp(1, 2)", "expected 1 argument, got 2"),
    ("logaddexp(x1)", "expected 2 arguments, got 1"),
    ("exp + 1", "this is a function; write exp"),
    ("1/0", "division by zero"),
    ("x1/(2-2)", "division by zero"),
    ("1/(x1-x1)", "by zero everywhere"),
    ("0^-1", "division by zero"),
    ("log(0)*x1", "not a number"),
    ("sqrt(-1)", "not a number"),
    ("(-8)^(1/3)", "fractional power of a negative"),
    ("1e999", "the largest float64"),
    ("exp(1000)*x1", "the largest float64"),
    ("1e300*1e300*x1", "the largest float64"),
    ("(100000*x1)^64 * (100000*x1)^2", "outside the range of float64"),
    ("((x1)", "ends where"),
    ("x1)", "expected an operator"),
    ("x1 +", "ends where"),
    ("1.2.3", r"expected an operator between 1\.2 and \.3"),
    ("x1.5", r"expected an operator between x1 and \.5"),
    ("x1; x2", "one expression only"),
    ("(x1, x2)", "commas are only allowed between"),
    ("exp(x1,)", r"'\)': expected a number"),
    ("x1**", "ends where a number"),
    ("(x1)(x2)", r"expected an operator between \) and \("),
    ("x1*)2(", r"'\)': expected a number"),
    (None, "got NoneType"),
]


@pytest.mark.parametrize(("text", "said"), HOSTILE, ids=itertools.count())
def test_refused_in_one_line_and_soon(text, said):
    Path(MARKER).unlink(missing_ok=True)
    began = time.perf_counter()
    with pytest.raises(InputError, match=said) as caught:
        compile_expression(text, 300, {"a": 1.0} if text and "a" in text.replace("max", "") else {})
    assert time.perf_counter() - began < 1.0
    message = str(caught.value)
    assert message.startswith("expr: ")
    assert message.isprintable()
    assert len(message) < 300
    assert not Path(MARKER).exists()


def test_values_and_dimensions_that_do_not_fit():
    for arguments, said in [
        (("x3", 2, {}), "x3: expected a dimension of at least 3, got 2"),
        (("sum(x)", 0, {}), "dimension 0"),
        (("a*x1", 1, {}), "parameter 'a' has no value"),
        (("a*x1", 1, {"a": math.nan}), "a = nan: expected a finite number"),
    ]:
        with pytest.raises(InputError, match=said):
            compile_expression(*arguments)
    with pytest.raises(UnknownNameError, match="did you mean 'alpha'"):
        compile_expression("alpha*x1", 1, {"alpha": 1.0, "alhpa": 2.0})


def test_without_sympy():
    said = another_process(
        "import sys; sys.modules['sympy'] = None\n"
        "from langevin_sim.expression import compile_expression, parameter_names\n"
        "print(parameter_names('a*x1'))\n"
        "try: compile_expression('a*x1', 1, {'a': 1.0})\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    assert said.splitlines() == ["['a']", "InputError expr: expressions need SymPy: pip install 'langevin-sim[expr]'"]
