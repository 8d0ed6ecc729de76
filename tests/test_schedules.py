"""Schedules: formulas, parsing, and independence of chunks and threads."""

import math

import naive
import numpy as np
import pytest
from test_engine import bits

from langevin_sim import potentials
from langevin_sim.dynamics import GDL, SGD, Schedule, make, parse_schedule
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.ensemble import new_ensemble
from langevin_sim.engine.normals import fill_normals
from langevin_sim.errors import InputError, UnknownNameError
from langevin_sim.simulation.simulate import available_threads, landscape

POWER = Schedule("power", p=0.6, t0=50.0)
GELFAND_MITTER = Schedule("gelfand-mitter", a=2.0, b=3.0, t0=100.0)
T = np.array([0, 1, 2, 17, 1000, 10**6])


def ensemble(dynamics, walkers=300, threads=1):
    U = potentials.tilted(potentials.twowell(2), 1.0, terms=60)
    starts = np.stack([U.regions[i % 2].start for i in range(walkers)])
    return new_ensemble(landscape(U), dynamics, starts, seed=11, key=(2,), burn_in=10, every=2, bound=1e3, threads=threads)


def test_step_sizes_against_the_formulas():
    for t in T:
        assert GDL(0.3).step_sizes(t, 1) == 0.3
        assert GDL(0.3, step_schedule=POWER).step_sizes(t, 1)[0] == pytest.approx(0.3 / (1 + t / 50) ** 0.6, rel=1e-14)
        assert GDL(0.3, step_schedule=GELFAND_MITTER).step_sizes(t, 1)[0] == pytest.approx(2 / (t + 100), rel=1e-14)
    assert Schedule("power", p=1.0, t0=10.0).step_sizes(0.5, np.array([10.0])) == 0.25


def test_noises_against_the_formulas():
    """Without a schedule of its own the noise keeps the temperature; with one it follows that."""
    gamma = math.sqrt(2 * 0.3 * 0.7)
    for t in T:
        kept = GDL(0.3, 0.7, step_schedule=POWER)
        assert GDL(0.3, 0.7).noises(t, 1)[0] == pytest.approx(gamma, rel=1e-15)
        assert kept.noises(t, 1)[0] == pytest.approx(math.sqrt(2 * 0.7 * 0.3 / (1 + t / 50) ** 0.6), rel=1e-14)
        assert (kept.noises(t, 1) ** 2 / (2 * kept.step_sizes(t, 1)))[0] == pytest.approx(0.7, rel=1e-14)
        power = GDL(0.3, 0.7, noise_schedule=POWER)
        assert power.step_sizes(t, 1)[0] == 0.3
        assert power.noises(t, 1)[0] == pytest.approx(gamma / (1 + t / 50) ** 0.6, rel=1e-14)
        expected = math.sqrt(3 / ((t + 100) * math.log(math.log(t + 100))))
        assert GDL(0.3, 0.7, noise_schedule=GELFAND_MITTER).noises(t, 1)[0] == pytest.approx(expected, rel=1e-14)
        constant = GDL(0.3, 0.7, step_schedule=POWER, noise_schedule=Schedule())
        assert constant.noises(t, 1)[0] == pytest.approx(gamma, rel=1e-15)


def test_no_noise_where_there_is_none():
    cold = GDL(0.1, 0.0, step_schedule=POWER), GDL(0.1, 0.0, noise_schedule=POWER)
    for dynamics in (make("gd", 0.1, 0.0), SGD(0.1, noise_schedule=POWER), SGD(0.1, noise_schedule=GELFAND_MITTER), *cold):
        assert (dynamics.noises(5, 10) == 0).all()


def test_gelfand_and_mitters_noise_does_not_depend_on_the_temperature():
    cold, warm = (GDL(0.1, temperature, noise_schedule=GELFAND_MITTER).noises(5, 10) for temperature in (0.0, 0.7))
    np.testing.assert_array_equal(cold, warm)
    assert (cold > 0).all()


@pytest.mark.parametrize("schedule", [Schedule(), POWER, GELFAND_MITTER], ids=str)
def test_a_part_of_a_schedule_equals_the_whole(schedule):
    dynamics = GDL(0.3, 0.7, step_schedule=schedule, noise_schedule=schedule)
    for values in (dynamics.step_sizes, dynamics.noises, GDL(0.3, 0.7, step_schedule=schedule).noises):
        whole = values(0, 1000)
        assert (np.diff(whole) <= 0).all()
        for size in (1, 7, 64):
            parts = np.concatenate([values(first, min(size, 1000 - first)) for first in range(0, 1000, size)])
            np.testing.assert_array_equal(parts, whole)


def test_homogeneous_and_stationary():
    assert GDL(0.1).stationary
    assert GDL(0.1, noise_schedule=Schedule()).stationary
    assert SGD(0.1).stationary
    assert not GDL(0.1, step_schedule=POWER).stationary
    assert not GDL(0.1, noise_schedule=POWER).homogeneous
    assert not make("gd", 0.1, 0.0).stationary


@pytest.mark.parametrize(
    "schedule",
    [Schedule(), POWER, GELFAND_MITTER, Schedule("power", p=1 / 3, t0=1e-7), Schedule("gelfand-mitter", a=0.1, b=1e6, t0=16.0)],
    ids=str,
)
def test_text_of_a_schedule_gives_it_back(schedule):
    assert parse_schedule(str(schedule)) == schedule


def test_parse_schedule():
    assert parse_schedule("constant") == Schedule()
    assert parse_schedule(" power:p=0.5, t0=1000 ") == Schedule("power", p=0.5, t0=1000.0)
    assert parse_schedule("power") == Schedule("power")
    assert parse_schedule("gelfand-mitter:a=1,b=2,t0=100") == Schedule("gelfand-mitter", a=1.0, b=2.0, t0=100.0)
    assert parse_schedule("gelfand-mitter").t0 == 16.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "unknown schedule"),
        ("powr:p=1", "did you mean 'power'"),
        ("power:q=1", "unknown setting of schedule power 'q'"),
        ("power:p", "expected p=NUMBER"),
        ("power:p=x", "expected p=NUMBER"),
        ("power:p=0", "p = 0.0: expected a positive"),
        ("power:p=-1", "expected a positive"),
        ("power:t0=nan", "expected a positive"),
        ("power:t0=inf", "expected a positive"),
        ("power:=1", "unknown setting"),
        ("gelfand-mitter:t0=15.9", "at least 16"),
        ("gelfand-mitter:a=0", "expected a positive"),
        ("constant:p=1", "constant has no settings"),
        ("power:a=1", "unknown setting of schedule power 'a'"),
        ("gelfand-mitter:p=1", "unknown setting of schedule gelfand-mitter 'p'"),
        ("power:p=1,t0=5,p=1", "p is given twice"),
    ],
)
def test_parse_schedule_refuses(text, message):
    with pytest.raises(InputError, match=message):
        parse_schedule(text)


@pytest.mark.parametrize(
    ("name", "settings"), [("constant", {"t0": 2.0}), ("power", {"a": 2.0}), ("gelfand-mitter", {"p": 2.0, "t0": 16.0})]
)
def test_schedule_refuses_settings_that_it_does_not_use(name, settings):
    with pytest.raises(InputError, match="not a setting of this schedule"):
        Schedule(name, **settings)


def test_schedule_refuses_an_unknown_name():
    with pytest.raises(UnknownNameError, match="known: constant, gelfand-mitter, power"):
        Schedule("cosine")


def test_the_engine_follows_the_schedules():
    """GDL in plain NumPy with the same normals; eta_t and gamma'_t written out."""
    dynamics = GDL(0.3, 0.7, step_schedule=POWER, noise_schedule=GELFAND_MITTER)
    e = ensemble(dynamics, walkers=BLOCK)
    U, x, stream, z = potentials.twowell(2), e.positions[0].T.copy(), e.streams[0].copy(), np.empty((2, BLOCK))
    for t in range(20):
        fill_normals(stream, z)
        noise = math.sqrt(3 / ((t + 100) * math.log(math.log(t + 100))))
        x = naive.langevin_step(x, U.gradient(x), 0.3 / (1 + t / 50) ** 0.6, noise, z.T)
    e.advance(13)
    e.advance(7)
    np.testing.assert_allclose(e.positions[0].T, x, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(
    "settings",
    [{}, {"step_schedule": POWER}, {"step_schedule": POWER, "noise_schedule": GELFAND_MITTER}],
    ids=["constant", "steps", "steps and noise"],
)
@pytest.mark.parametrize("name", ["gdl", "lm", "mala", "rwm", "sgd", "sgdl"])
def test_chunks_and_threads_leave_no_trace(name, settings):
    sizes = (7, 40) if name == "sgdl" else (7,)
    for size in sizes:
        results = set()
        for threads, chunk in [(1, 1000), (1, 7), (1, 1), (available_threads(), 1000), (available_threads(), 7)]:
            e = ensemble(make(name, 0.02, 1.0, batch_size=size, **settings), threads=threads)
            e.run(410, chunk)
            results.add(bits(e))
        assert len(results) == 1
        assert e.alive.sum() == 300
