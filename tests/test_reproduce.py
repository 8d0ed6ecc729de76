import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from langevin_sim import potentials
from langevin_sim.cli.main import main
from langevin_sim.formatting import decimals, measured
from langevin_sim.memo import fig3, fig6, wedge
from langevin_sim.memo.measures import pooled_ratio
from langevin_sim.memo.passages import BINS, Looks, walker_shares
from langevin_sim.memo.registry import ensemble_figures
from langevin_sim.memo.reproduce import experiment
from langevin_sim.reference import boltzmann
from langevin_sim.simulation.record import Recorder
from langevin_sim.simulation.simulate import placed, run_ensemble

FILES = {"report.html", "summary.json", "summary.csv", "histograms.npz", "figure.png", "figure.pdf", "figure.md"}
TINY = ["--replicas", "64", "--steps", "400", "--seed", "3"]


def call(*arguments):
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def without_times(summary):
    for entry in (summary, *summary["results"]):
        entry.pop("seconds")
        entry.pop("updates_per_second", None)
    return summary


@pytest.mark.parametrize("mode", ["literal", "converged"])
@pytest.mark.parametrize("name", sorted(ensemble_figures()))
def test_the_folder_is_complete_and_its_text_has_its_numbers(tmp_path, monkeypatch, name, mode):
    monkeypatch.setattr(fig3, "CHAIN_DIMS", (1,))  # in two dimensions it takes half a minute
    monkeypatch.setattr(fig6, "TEMPERATURE", 0.02)  # noise for which the exact law takes a second
    monkeypatch.setattr(fig6, "AMPLITUDE", 0.8)
    monkeypatch.setattr(fig6, "NEAR", (1.0, 0.8))
    options = ["--literal"] if mode == "literal" else []
    result = call("reproduce", name, *options, *TINY, "--out", "here", "--quiet")
    assert result.exit_code == 0, result.output
    assert result.output == ""
    folder = tmp_path / "here"
    assert {path.name for path in folder.iterdir()} == FILES | {"manifest.json", "run.log"}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["status"] == "COMPLETED"
    assert set(manifest["outputs"]) == FILES
    assert (manifest["spec"]["figure"], manifest["spec"]["mode"]) == (name, mode)
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["schema"], summary["seed"], summary["mode"]) == (2, 3, mode)
    assert len(summary["results"]) == len(manifest["spec"]["arms"])
    text = (folder / "figure.md").read_text()
    assert summary["command"].endswith(f"{'--literal ' if options else ''}--seed 3 --replicas 64 --steps 400")
    assert summary["command"] in text
    assert "The memo's claim holds" not in text or any(r["verdict"] in ("agrees", "finite-step") for r in summary["results"])
    for entry in summary["results"]:
        assert entry["walkers"] == 64
        for region in entry["regions"]:
            assert measured(region["mass"], region["stderr"]) in text
            if region["boltzmann"] is not None:
                assert f"{region['boltzmann']:.{decimals(region['stderr'])}f}" in text
    with np.load(folder / "histograms.npz") as arrays:
        for entry in summary["results"]:
            assert arrays[f"{entry['key']}_mass"].sum() == pytest.approx(1.0, abs=1e-6)


def test_same_seed_same_bits(tmp_path):
    summaries = []
    for out, threads in (("a", "1"), ("b", "0")):
        result = call("reproduce", "fig4", "--literal", *TINY, "--out", out, "--threads", threads, "--json")
        summaries.append(without_times(json.loads(result.stdout)))
    assert summaries[0] == summaries[1]
    with np.load(tmp_path / "a" / "histograms.npz") as one, np.load(tmp_path / "b" / "histograms.npz") as other:
        assert set(one) == set(other)
        assert all(np.array_equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fig33"], "did you mean 'fig3'"),
        (["table9"], "did you mean 'table1'"),
        (["fig3", "--replicas", "1"], "--replicas 1: expected at least 2"),
        (["fig3", "--steps", "0"], "--steps 0: expected at least 1"),
        (["fig3", "--threads", "-2"], "threads"),
        (["fig3", "--seed", "-1"], "seed"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(tmp_path, arguments, said):
    result = call("reproduce", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_literal_settings_are_the_authors():
    boxes = experiment("fig3", True).arms
    assert [arm.potential.dim for arm in boxes] == [1, 2, 3, 4, 5]
    for arm in boxes:
        assert (arm.dynamics.step_size, arm.steps, arm.burn_in, arm.every, arm.start) == (1.0, 2_700_000, 0, 1, "7")
        assert arm.dynamics.noise == pytest.approx(0.2, rel=1e-15)
    (flat,) = experiment("fig4", True).arms
    assert (flat.potential.parameters["difference"], flat.start) == (0.25, "3")
    assert flat.dynamics.noise == pytest.approx(0.2, rel=1e-15)
    last = experiment("fig5", True).arms[-1]
    assert (last.potential.dim, last.potential.parameters["difference"], last.steps) == (5, 0.2, 2_700_000)
    assert last.dynamics.noise == pytest.approx(0.131, rel=1e-15)
    sgd, sgdl = experiment("fig6", True).arms
    assert (sgd.dynamics.step_size, sgd.dynamics.batch_size, sgd.dynamics.noise) == (126.0, 10, 0.0)
    assert (sgdl.dynamics.step_size, sgdl.dynamics.batch_size) == (136.0, 15)
    assert sgdl.dynamics.noise == pytest.approx(0.25, rel=1e-15)
    assert {(arm.steps, arm.start, arm.sets) for arm in (sgd, sgdl)} == {(270_000, "uniform", 30)}


def test_passages_and_shares_are_those_of_the_simulated_walkers():
    arm = replace(experiment("fig4", True, 200, 300).arms[0], look=7)
    ensemble, where = placed(
        arm.potential, arm.dynamics, walkers=200, burn_in=0, every=1, start=arm.start, seed=5, walker_histograms=True
    )
    looks, paths = Looks(arm, where), Recorder({"x1": lambda x: x[:, 0]}, 200, 0, 1, 300)
    run = run_ensemble(ensemble, arm.potential, where, 300, seed=5, observers=[looks, paths])
    seen, shares = looks.seen(), walker_shares(ensemble)
    for walker in (0, 127, 128, 199):  # of every step, though the passages are looked for every 7 steps
        counts, _ = np.histogram(paths.samples["x1"][:, walker], np.linspace(*ensemble.landscape.extent[0], BINS + 1))
        np.testing.assert_array_equal(shares[walker], counts / 300)
    pooled = run.counts[:, 1:-1].sum(axis=0).reshape(BINS, -1).sum(axis=1) / run.counts.sum()
    np.testing.assert_allclose(shares.mean(axis=0), pooled, atol=1e-12)
    # all start in the pyramid: a walker that was never in the valley has not passed, and it has passed if a look found it there
    assert (seen.counts[run.walker_means[:, 0] == 0] == 0).all()
    assert (seen.counts > 0).any()


def test_pooled_ratio_and_its_error():
    # 2000 ensembles of 50 walkers: the error that is said is the spread that is seen, to about 5 % (3 sigma)
    draws = np.random.default_rng(72).gamma(4.0, [[[2.0, 1.0]]], (2000, 50, 2))
    found = [pooled_ratio(wells) for wells in draws]
    means, errors = np.array([f.mean for f in found]), np.array([f.stderr for f in found])
    assert means.mean() == pytest.approx(2.0, abs=0.02)
    assert errors.mean() == pytest.approx(means.std(), rel=0.06)
    assert np.isnan(pooled_ratio(np.array([[1.0, 0.0], [0.5, 0.0]])).mean)


def test_the_valley_keeps_less_than_all_as_dimensions_are_added():
    limit = wedge.valley_limit(0.2)
    assert limit == pytest.approx(0.855, abs=5e-4)
    for dim, within in ((5, 1e-2), (20, 1e-12)):
        law = boltzmann(potentials.wedge(dim), 0.2)
        assert law.mass("valley") == pytest.approx(limit, abs=within)
        assert law.mass("plateau") == pytest.approx(1.0 - limit, abs=within)
