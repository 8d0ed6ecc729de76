"""Sums over single steps, and the tests that they allow without a law: what is right passes, and each fault is found.

Seeds were fixed before looking. The joint false-alarm rate is the command's, 1 % a run; a fault must be found at every seed.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from langevin_sim import potentials
from langevin_sim.dynamics import GDL, LM, MALA, RWM
from langevin_sim.engine import balance
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.projections import BOX, REFLECTING, SPACE, TORUS
from langevin_sim.simulation.judge import judge
from langevin_sim.simulation.references import reference_laws
from langevin_sim.simulation.simulate import simulate

SIZE = {"walkers": 2560, "steps": 8000, "burn_in": 8000, "record_every": 16}  # ten relaxation times and ten more


def study():
    """The script that introduces the faults."""
    path = Path(__file__).parent / "calibration" / "verdicts.py"
    spec = importlib.util.spec_from_file_location("calibration_of_verdicts", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("dim", "kind"), [(1, SPACE), (3, SPACE), (10, SPACE), (2, TORUS), (2, BOX), (10, REFLECTING)])
def test_sums_are_those_of_a_plain_twin(dim, kind):
    rng = np.random.default_rng(dim)
    low, width, noise = -2.0, 4.0, 0.2
    before, slope, after = rng.uniform(low, low + width, size=(3, dim, BLOCK))
    after[:, 5] = before[:, 5]
    sums, scratch = np.zeros((balance.rows(dim), BLOCK)), np.empty((dim, BLOCK))
    domain = np.array([kind, low, low + width], dtype=float)
    balance.accumulate(before, slope, after, scratch, 0.1, noise, domain, sums)
    moved = before - 0.1 * slope
    r = after - moved
    free, phases = np.ones_like(r), np.zeros((4, dim, BLOCK))
    if kind == TORUS:
        r -= width * np.round(r / width)
    if kind in (BOX, REFLECTING):
        free = (np.minimum(moved - low, low + width - moved) >= 6 * noise).astype(float)
        assert 0 < free.sum() < free.size
        r *= free
    if kind in (TORUS, REFLECTING):
        k = 2 * np.pi / width
        phases = np.array([f(k * (y - low)) for y in (before, moved) for f in (np.cos, np.sin)])
    x, g, nx, ng, nr = before, slope, *(np.roll(a, -1, axis=0) for a in (before, slope, r))
    rows = [x, g, x * g, g * g, r, r**2, r**4, r * g, x * ng + nx * g, g * ng, r * nr, r * ng - nr * g, free, *phases]
    expected = [sum(row[j] for j in group) for group in balance.members(dim) for row in rows]
    np.testing.assert_allclose(sums[:-1], expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(sums[-1], np.arange(BLOCK) == 5)
    assert sorted(np.concatenate(balance.members(dim))) == list(range(dim))


def test_single_steps_are_seen_seldom_enough():
    assert balance.spacing(40, 1, 0) == 40
    assert balance.spacing(1, 1, 0) == 16
    assert balance.spacing(40, 1000, 10) == 2000  # a gradient over all terms costs 100 steps


@pytest.mark.parametrize("dynamics", [GDL(0.02), LM(0.02), MALA(0.05), RWM(0.05)])
def test_what_is_right_passes(dynamics):
    potential = potentials.twowell(2)
    references = reference_laws(potential, dynamics, chain=False)
    run = simulate(potential, dynamics, seed=1, **SIZE)
    judged = judge(run, references)
    assert judged.word in ("agrees", "differs"), judged
    assert {test.law for test in judged.tests} >= {"stationarity", "boltzmann"}


@pytest.mark.parametrize("fault", ["correlated", "frozen", "two_points", "rotated"])
def test_a_fault_is_found(fault):
    module, potential = study(), potentials.twowell(2)
    references = reference_laws(potential, GDL(0.02), chain=False)
    run = simulate(potential, module.faulty(getattr(module, fault)), seed=1, **SIZE)
    assert judge(run, references).word == "disagrees"


def test_nothing_seen_of_a_rare_region_is_no_disagreement():
    potential, dynamics = potentials.boxes(1), RWM(506.2, 0.08)
    references = reference_laws(potential, dynamics)
    for seed in (1, 3):
        run = simulate(potential, dynamics, walkers=512, steps=4000, burn_in=2000, record_every=20, seed=seed)
        assert run.occupancy["plateau"].stderr > 0
        assert judge(run, references).word == "agrees"


def test_the_kept_page_is_of_the_cases_of_today():
    """Names, sizes and wanted seeds of every row; counts within the ranges; every fault caught at every seed, and no control."""
    module = study()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in module.PAGE.read_text().splitlines() if "|" in line]
    right = {row[0]: row for row in rows if len(row) == 8}
    wrong = [row for row in rows if len(row) == 5][2:]
    assert list(right) == ["case", "---", *(case.name for case in module.NOTHING_WRONG), "all"]
    total = 0
    for case in module.NOTHING_WRONG:
        _, size, runs, _, alarms, limits, words, _ = right[case.name]
        assert size == f"{case.burn_in:,} + {case.steps:,}"
        done, wanted = map(int, runs.split(" of "))
        assert 0 < done <= wanted == case.seeds
        low, high = map(int, limits.split(" to "))
        assert low <= int(alarms) <= high
        assert sum(int(part.split()[-1]) for part in words.split(", ")) == done
        total += done
    low, high = map(int, right["all"][5].split(" to "))
    assert int(right["all"][2].replace(",", "")) == total
    assert low <= int(right["all"][4]) <= high
    for row, case in zip(wrong, module.SOMETHING_WRONG, strict=True):
        name, dim, size, caught, _ = row
        assert (name, int(dim), size) == (case.name, case.make()[0].dim, f"{case.burn_in:,} + {case.steps:,}")
        assert caught == (f"0 of {case.seeds}" if case.fault is module.sound else f"{case.seeds} of {case.seeds}")
