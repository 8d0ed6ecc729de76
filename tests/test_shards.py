"""An ensemble in shards has the bits of a single one, for any shards, and continues where its workers were lost."""

import json

import numpy as np
import pytest
from inline import Inline

from langevin_sim.errors import ClusterError
from langevin_sim.runs import run as module
from langevin_sim.runs.run import resume_run, run_spec
from langevin_sim.settings.run import make_spec
from langevin_sim.simulation import summary
from langevin_sim.simulation.shards import ranges

DATA = ("histograms.npz", "positions.npz", "summary.csv")
TINY = {"dims": [1, 3], "walkers": 2000, "steps": 400, "burn_in": 40, "seed": 7, "chain": False}  # 8 blocks, the last not full


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module.concentration, "draw", lambda folder: None)
    monkeypatch.setattr(module, "write_report", lambda folder: None)
    monkeypatch.setattr(module, "_filmed", lambda *arguments: {})
    monkeypatch.setattr(summary, "fitted_temperature", lambda *arguments: None)


def made(folder, workers=None, **more):
    run_spec(make_spec({**TINY, **more}), folder, 1, lambda *told: None, workers=workers)
    return [(folder / name).read_bytes() for name in DATA]


@pytest.mark.parametrize(
    "more",
    [{"dynamics": ["gdl", "mala"]}, {"dynamics": ["sgd"], "dims": [2]}, {"extrapolate": True, "dims": [2]}, {"walkers": 2}],
    ids=["gdl,mala", "sgd", "extrapolate", "two walkers"],
)
def test_the_bits_of_one_process(tmp_path, more):
    whole = made(tmp_path / "whole", **more)
    for workers in (1, 5):  # shards of two blocks, and of one
        assert made(tmp_path / f"shards-{workers}", Inline(workers), **more) == whole


@pytest.mark.parametrize("start", ["uniform", "exact"])
def test_the_bits_of_one_process_from_points_that_are_drawn(tmp_path, start):
    more = {"potential": "gaussians", "dims": [2], "start": start, "steps": 80, "burn_in": 0}
    assert made(tmp_path / "shards", Inline(3), **more) == made(tmp_path / "whole", **more)


def test_goes_on_where_its_workers_were_lost(tmp_path):
    whole, there = made(tmp_path / "whole"), tmp_path / "shards"
    first, second = Inline(1, lost=6), Inline(2)
    with pytest.raises(ClusterError):
        made(there, first)
    assert json.loads((there / "manifest.json").read_text())["status"] == "FAILED"
    assert len(list(there.glob("checkpoint/blocks-*-d3_gdl.npz"))) == 2  # 4 shards an ensemble, 6 were done
    resume_run(there, 1, lambda *told: None, workers=second)
    assert second.ran == 4  # the 4 blocks that were missing, in shards of one: half of the ensemble is not done again
    assert [(there / name).read_bytes() for name in DATA] == whole
    assert not (there / "checkpoint").exists()


def test_a_state_that_shards_kept_is_that_of_one_process(tmp_path):
    for name, workers in (("whole", None), ("shards", Inline(2))):
        spec = make_spec({**TINY, "dims": [2]})
        run_spec(spec, tmp_path / name, 1, lambda *told: None, keep_states=True, workers=workers)
        resume_run(tmp_path / name, 1, lambda *told: None, steps=800)
    whole, shards = ([(tmp_path / where / name).read_bytes() for name in DATA] for where in ("whole", "shards"))
    assert shards == whole


def test_goes_on_in_one_process(tmp_path):
    with pytest.raises(ClusterError):
        made(tmp_path / "shards", Inline(1, lost=6))
    resume_run(tmp_path / "shards", 1, lambda *told: None)
    assert [(tmp_path / "shards" / name).read_bytes() for name in DATA] == made(tmp_path / "whole")


def test_ranges_cover_what_is_missing_once():
    rng = np.random.default_rng(3)
    for _ in range(200):
        missing, parts = rng.random(rng.integers(1, 60)) < 0.5, int(rng.integers(1, 20))
        found = np.zeros(len(missing), int)
        sizes = []
        for first, count in ranges(missing, parts):
            found[first : first + count] += 1
            sizes.append(count)
        assert (found == missing).all()
        assert max(sizes, default=1) <= max(1, -(-missing.sum() // parts))
