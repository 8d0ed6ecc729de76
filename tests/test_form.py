"""A potential whose parts do not fit together is reported in one line, by commands before they run anything, and by functions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import langevin_sim as ls
from langevin_sim.cli.main import main
from langevin_sim.errors import InputError
from langevin_sim.potentials import form
from langevin_sim.vectormath import compiled

U = ls.potentials.twowell(2)
WIDE, NARROW = U.regions


@compiled
def beyond(X, L, p):
    for i in range(X.shape[1]):
        L[i] = 5 if X[0, i] > 2.5 else 0


@compiled
def negative(X, L, p):
    for i in range(X.shape[1]):
        L[i] = -1


def box(low, high):
    return lambda temperature: np.tile([low, high], (2, 1))


WRONG = [
    ({"block_label": beyond}, r"the label at \(.*\) is 5: expected the index of one of its 2 regions, 0 to 1"),
    ({"block_label": negative}, "the label .* is -1"),
    ({"block_label": None}, "block_label is a NoneType: expected a compiled function"),
    ({"block_label": lambda X, L: None}, "block_label failed: TypeError"),
    ({"extent": box(4.0, -4.0)}, r"extent\(1\) is reversed in x1: 4 to -4"),
    ({"extent": box(1.0, 1.0)}, "is empty in x1: 1 to 1"),
    ({"extent": box(-np.inf, np.inf)}, "not all finite"),
    ({"extent": lambda T: None}, "a NoneType: expected finite numbers"),
    ({"extent": lambda T: np.zeros(2)}, r"shape \(2,\): expected finite numbers of shape \(2, 2\)"),
    ({"extent": lambda T: 1 / 0}, r"extent\(1\) failed: ZeroDivisionError"),
    ({"regions": ()}, "no regions"),
    ({"regions": (WIDE, WIDE)}, "different names"),
    ({"regions": (WIDE, replace(NARROW, start=np.zeros(3)))}, "start of the region narrow"),
    ({"minima": np.zeros((0, 2))}, "minima"),
    ({"minima": np.zeros((1, 3))}, r"shape \(1, 3\): expected finite numbers of shape \(n, 2\)"),
    ({"constants": np.arange(5)}, "int64"),
    ({"exact_masses": lambda T: np.full(3, 1 / 3)}, "expected one mass for each of 2 regions"),
    ({"cold_masses": np.ones(3)}, "cold_masses"),
    ({"stability_bound": -1.0}, "stability_bound = -1.0"),
]


@pytest.mark.parametrize(("parts", "said"), WRONG)
def test_the_functions_refuse_parts_that_do_not_fit(parts, said):
    wrong = replace(U, **parts)
    for function in (
        lambda: form.check(wrong),
        lambda: ls.boltzmann(wrong, 1.0),
        lambda: ls.simulate(wrong, ls.GDL(0.02, 1.0), walkers=64, steps=40, burn_in=0, seed=1),
    ):
        with pytest.raises(InputError, match=said) as told:
            function()
        assert "\n" not in str(told.value)


FILE = """
from dataclasses import replace
import numpy as np
import langevin_sim as ls

def turned(dim, width=1.0):
    return replace(ls.potentials.twowell(dim, width=width), extent=lambda T: np.tile([4.0, -4.0], (dim, 1)))

def unlikely(dim):
    return replace(ls.potentials.twowell(dim), exact_masses=lambda T: np.array([0.2, 0.3]))

def larger(dim):
    return ls.potentials.twowell(dim + 1)

def any_key(dim, **more):
    return ls.potentials.twowell(dim, **more)
"""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["wrong.py:turned"], "is reversed in x1"),
        (["wrong.py:unlikely"], "expected masses that sum to 1"),
        (["wrong.py:larger"], "dimension 2: expected 1"),
        (
            ["wrong.py:turned", "--set", "wdith=1"],
            "unknown parameter of wrong.py:turned 'wdith': did you mean 'width'? known: width",
        ),
        (["wrong.py:larger", "--set", "a=1"], "known: none"),
        (["wrong.py:any_key", "--set", "widht=1"], "widht"),
    ],
)
def test_the_commands_refuse_them_before_the_run(arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("wrong.py").write_text(FILE)
    run = ["run", "--dims", "1", "--walkers", "64", "--steps", "40", "--out", "run", "--potential", *arguments]
    for command in (run, ["potentials", "check", "--dim", "1", *arguments]):
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 2, result.output
        assert said in result.stderr
        assert result.stderr.count("\n") == 1
        assert not Path("run").exists()
