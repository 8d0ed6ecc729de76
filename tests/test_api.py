"""The Python API: records, starts, extension, plots, verdicts, folders, and messages about mistakes."""

import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numba
import numpy as np
import pytest

import langevin_sim as ls
from langevin_sim.errors import InputError

U = ls.potentials.twowell(dim=2)
GDL = ls.GDL(step_size=0.02, temperature=1.0)
SMALL = {"walkers": 300, "steps": 800, "burn_in": 80, "record_every": 40, "seed": 5}
BITS = ("counts", "coordinate_counts", "plane", "mean", "variance", "walker_means", "draws", "positions", "final")


def equal(one, other):
    for name in BITS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert one.samples.keys() == other.samples.keys()
    for name, array in one.samples.items():
        np.testing.assert_array_equal(array, other.samples[name])


def r2(x):
    return (x**2).sum(axis=1)


def everything(x):
    return x


@pytest.fixture(scope="module")
def run():
    return ls.simulate(U, GDL, record={"x": everything, "r2": r2}, **SMALL)


def test_who_records_changes_no_bit(run):
    plain = ls.simulate(U, GDL, **SMALL)
    for name in BITS:
        np.testing.assert_array_equal(getattr(run, name), getattr(plain, name), err_msg=name)
    assert plain.samples == {}


def test_records_are_taken_after_the_burn_in(run):
    assert run.record_steps.tolist() == list(range(120, 881, 40))
    assert run.samples["x"].shape == (20, 300, 2)
    np.testing.assert_array_equal(run.samples["r2"], (run.samples["x"] ** 2).sum(axis=2))
    np.testing.assert_array_equal(run.samples["x"][-1], run.final)
    # every step, without burn-in: the same walkers at the same steps
    dense = ls.simulate(U, GDL, record={"x": everything}, **(SMALL | {"record_every": 1, "burn_in": 0, "steps": 200}))
    np.testing.assert_array_equal(dense.samples["x"][119], run.samples["x"][0])
    np.testing.assert_allclose(dense.samples["x"].mean(axis=(0, 1)), dense.mean)


def test_coordinates_stand_beside_the_draws(run):
    np.testing.assert_array_equal(run.positions[..., 0], run.draws[:128, :, 1])
    np.testing.assert_allclose(U.energy(run.positions), run.draws[:128, :, 2])


def test_a_record_is_read_only_and_keeps_its_type():
    seen = []

    def left(x):
        seen.append(x)
        return x[:, 0] < 0

    run = ls.simulate(U, GDL, record={"left": left}, **SMALL)
    assert run.samples["left"].dtype == bool
    assert not seen[0].flags.writeable


def test_diverged_walkers_are_nan():
    start = np.zeros((300, 2))
    start[7] = [1e153, 0.0]  # nearly too far for its square to be represented
    run = ls.simulate(U, GDL, start=start, record={"x": everything, "one": lambda x: np.ones(len(x))}, **SMALL)
    assert np.isnan(run.samples["x"][:, 7]).all()
    assert np.isnan(run.samples["one"][:, 7]).all()
    assert np.isfinite(np.delete(run.samples["x"], 7, axis=1)).all()
    assert run.diverged == 1
    assert np.flatnonzero(~run.alive).tolist() == [7]


@pytest.mark.parametrize("record", [{}, {"x": everything, "r2": r2}])
def test_an_extended_run_has_the_bits_of_a_longer_one(record):
    long = ls.simulate(U, GDL, record=record, **(SMALL | {"steps": 5600}))
    short = ls.simulate(U, GDL, record=record, **SMALL)
    kept = short.draws.copy()
    equal(short.extend(800).extend(4000), long)
    np.testing.assert_array_equal(short.draws, kept)


def test_a_start_of_ones_own():
    start = np.random.default_rng(1).normal(size=(300, 2))
    still = ls.simulate(U, ls.GD(1e-12), start=start, **(SMALL | {"burn_in": 0}))
    np.testing.assert_allclose(still.final, start, atol=1e-6)
    equal(ls.simulate(U, GDL, start=0.5, **SMALL), ls.simulate(U, GDL, start=np.full((300, 2), 0.5), **SMALL))


def test_verdict_plot_and_what_a_notebook_shows(run):
    verdict = run.verdict()
    assert str(verdict) == verdict.word
    first = next(test for test in verdict.tests if (test.quantity, test.law) == ("mass of wide", "boltzmann"))
    assert first.value == run.occupancy["wide"].mean
    assert first.z == pytest.approx((first.value - first.exact) / first.error, rel=1e-5)
    assert {test.law for test in verdict.tests} == {"boltzmann", "chain", "stationarity", "step"}
    assert "wide" in run._repr_html_()
    assert len(repr(run)) < 120
    from langevin_sim.plots.run import plot

    axes = plot(run)
    assert {text.get_text() for text in axes.get_legend().get_texts()} == {"simulated", "Boltzmann, exact", "chain law"}


def test_progress_is_told():
    steps = []
    ls.simulate(U, GDL, progress=steps.append, **SMALL)
    assert steps[-1] == 880
    ls.simulate(U, GDL, progress=True, **SMALL)  # no terminal here: nothing to see


def test_more_draws_than_chains(run):
    pytest.importorskip("xarray")
    tree = ls.simulate(U, GDL, **(SMALL | {"steps": 4000})).to_xarray()
    sizes = tree["posterior"].sizes
    assert sizes["draw"] > sizes["chain"]
    assert list(tree["posterior"]["coordinate"].values) == ["x1", "x2"]
    assert tree["final_states"]["x"].shape == (300, 2)


def test_folders_from_python(tmp_path):
    settings = {"dims": [1], "walkers": 256, "steps": 400, "burn_in": 40, "chain": False, "seed": 3}
    made = ls.run(tmp_path / "run", **settings)
    assert made.manifest["status"] == "COMPLETED"
    assert made.arrays("positions.npz")["d1_gdl_positions"].shape[2] == 1
    assert ls.open_run(made.path).summary == made.summary
    swept = ls.sweep({"temperature": [0.8, 1.2]}, tmp_path / "sweep", **settings)
    assert swept.summary["points"] == {"COMPLETED": 2}


def test_every_name_is_listed():
    assert {"simulate", "run", "sweep", "open_run", "boltzmann", "chain_law", "potentials", "GDL"} <= set(dir(ls))
    assert all(getattr(ls, name) is not None for name in dir(ls))


def test_nothing_global_changes():
    before, random = numba.get_num_threads(), np.random.get_state()[1].copy()  # noqa: NPY002
    ls.simulate(U, GDL, threads=1, **SMALL)
    assert numba.get_num_threads() == before
    np.testing.assert_array_equal(np.random.get_state()[1], random)  # noqa: NPY002


def test_dynamics_and_domains_are_pickled():
    for thing in (GDL, ls.SGD(0.1, batch_size=3), ls.Domain("torus", 0.0, 1.0)):
        assert pickle.loads(pickle.dumps(thing)) == thing


def simulated(**changes):
    return lambda: ls.simulate(changes.pop("potential", U), changes.pop("dynamics", GDL), **(SMALL | changes))


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (simulated(potential="twowell"), "potential"),
        (simulated(dynamics="gdl"), "dynamics"),
        (simulated(walkers="100"), "walkers"),
        (simulated(walkers=1), "walkers"),
        (simulated(walkers=100.5), "walkers"),
        (simulated(walkers=True), "walkers"),
        (simulated(steps=0), "steps"),
        (simulated(steps=810), "steps"),
        (simulated(burn_in=-40), "burn_in"),
        (simulated(burn_in=50), "burn_in"),
        (simulated(record_every=0), "record_every"),
        (simulated(seed=-1), "seed"),
        (simulated(seed="1"), "seed"),
        (simulated(threads=99_999), "threads"),
        (simulated(threads=-1), "threads"),
        (simulated(progress="yes"), "progress"),
        (simulated(start=np.zeros((3, 2))), "start"),
        (simulated(start=np.full((300, 2), np.nan)), "start"),
        (simulated(start=[[1.0], [1.0, 2.0]]), "start"),
        (simulated(start=None), "start"),
        (simulated(start="nowhere"), "start"),
        (simulated(potential=ls.potentials.boxes(2), dynamics=ls.RWM(1.0), start=19.0), "start"),
        (simulated(record=["x"]), "record"),
        (simulated(record={"r2": 3}), "record"),
        (simulated(record={3: r2}), "record"),
        (simulated(record={"r2": lambda x: x.sum()}), "record"),
        (simulated(record={"r2": lambda x: "text"}), "record"),
        (lambda: ls.potentials.twowell(2.5), "dim"),
        (lambda: ls.potentials.twowell("2"), "dim"),
        (lambda: ls.potentials.twowell(2, ratio="2"), "ratio"),
        (lambda: ls.GD(0.1, temperature=5.0), "temperature"),
        (lambda: ls.GDL("0.1"), "step_size"),
        (lambda: ls.GDL(0.1, temperature=None), "temperature"),
        (lambda: ls.SGD(0.1, batch_size=2.5), "batch size"),
    ],
)
def test_a_wrong_argument_is_named(call, named):
    with pytest.raises(InputError, match=named):
        call()


ROUND_TRIPS = [
    ls.potentials.twowell(3, ratio=3.0),
    ls.potentials.twowell(2).on(ls.Domain("box", -9.0, 9.0)),
    ls.potentials.get("boxes", 2),
    ls.potentials.tilted(ls.potentials.twowell(2), 1.0, terms=50),
    ls.potentials.regression(3),
]


@pytest.mark.parametrize("potential", ROUND_TRIPS, ids=repr)
def test_a_potential_is_pickled_by_what_made_it(potential):
    text = pickle.dumps(potential)
    back = pickle.loads(text)
    points = np.random.default_rng(3).uniform(0.1, 0.9, (50, potential.dim))
    np.testing.assert_array_equal(back.energy(points), potential.energy(points))
    assert (back.domain, back.dim, back.name) == (potential.domain, potential.dim, potential.name)
    assert len(text) < 1000
    assert back != potential  # by identity
    assert potential == potential


def test_an_expression_is_pickled_by_its_text():
    pytest.importorskip("sympy")
    made = ls.potentials.make("x1^4 - x1^2 + k*x2^2", 2, parameters={"k": 3.0})
    back = pickle.loads(pickle.dumps(made))
    points = np.random.default_rng(3).normal(size=(50, 2))
    np.testing.assert_array_equal(back.energy(points), made.energy(points))


def test_a_replaced_potential_is_not_pickled_as_what_it_was():
    with pytest.raises(InputError, match="cannot be pickled"):
        pickle.dumps(replace(U, name="other"))


def test_a_pickled_run_can_be_extended(run):
    run.references  # noqa: B018  laws stay behind
    back = pickle.loads(pickle.dumps(run))
    equal(back, run)
    with pytest.raises(InputError, match=r"record: .* r2, x"):
        back.extend(800)
    equal(back.extend(800, record={"x": everything, "r2": r2}), run.extend(800))


def test_a_grid_in_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "dims = [1]\nwalkers = 64\nsteps = 80\nburn_in = 40\nevery = 40\nchain = false\nseed = 1\n\n[grid]\n"
    Path("sweep.toml").write_text(text + 'temperature = [0.8, 1.2]\nstep_size = "0.01:0.02:2"\n')
    from langevin_sim.settings.grid import axes_of, make, points
    from langevin_sim.settings.spec import read_config

    values = read_config(Path("sweep.toml"))
    sweep = make("run", values, axes_of(values.pop("grid")), 1)
    assert [(point.where["temperature"], point.where["step_size"]) for point in points(sweep)] == [
        (0.8, 0.01),
        (0.8, 0.02),
        (1.2, 0.01),
        (1.2, 0.02),
    ]
    assert points(sweep)[0].spec.record_every == 40
    for wrong in ({"temperature": 1.0}, {"temperature": [1.0, 1.0]}, [1.0]):
        with pytest.raises(InputError, match="grid"):
            axes_of(wrong)


def test_every_is_still_read():
    from langevin_sim.settings.run import make_spec

    assert make_spec({"every": 8}).record_every == 8
    with pytest.raises(InputError, match="same setting"):
        make_spec({"every": 8, "record_every": 8})


def test_what_is_slow_to_import_waits():
    code = "import sys, langevin_sim.simulation.simulate; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "numba" in loaded
    assert not {"arviz_stats", "scipy.stats", "scipy.optimize", "matplotlib", "pydantic", "rich"} & set(loaded)
