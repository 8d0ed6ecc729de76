"""Crossings, ratios, normality and comparisons of trainings where the answer is known."""

import json

import numpy as np
import pytest

from langevin_sim.analysis.normality import normality
from langevin_sim.analysis.radius import crossings
from langevin_sim.analysis.ratio import ratio
from langevin_sim.memo.fig2 import compare
from langevin_sim.memo.table1.ratios import ratios


@pytest.mark.parametrize("start", [1e-6, 0.1, 1e4])
@pytest.mark.parametrize("tolerance", [1e-3, 1e-8])
def test_a_parabola(start, tolerance):
    curvature = np.linspace(0.5, 2.0, 7)
    found = crossings(lambda r, ray: 0.5 * curvature[ray] * r**2, 7, 0.05, start, tolerance=tolerance)
    assert found.first == pytest.approx(np.sqrt(0.1 / curvature), rel=tolerance)
    assert np.array_equal(found.first, found.last)
    assert not found.open.any()


def test_evaluations_are_counted_and_few():
    calls = np.zeros(20, dtype=int)

    def change(r, ray):
        np.add.at(calls, ray, 1)
        return np.exp(0.3 * r * (1 + ray / 20)) - 1 + 0.1 * r**3

    found = crossings(change, 20, 0.05, 0.1)
    assert np.array_equal(found.evaluations, calls)
    assert np.median(calls) <= 12


def test_first_crossing_and_sup_differ_where_the_change_comes_back():
    """|sin r| is within 1/2 again from 5 pi/6 to 7 pi/6; beyond r = 4 a wall stands."""
    found = crossings(lambda r, ray: np.where(r < 4, np.abs(np.sin(r)), 9.0), 1, 0.5, 0.1, reach=20, tolerance=1e-9)
    assert found.first[0] == pytest.approx(np.pi / 6, rel=1e-9)
    assert found.last[0] == pytest.approx(7 * np.pi / 6, rel=1e-9)


def test_a_flat_function_is_open_and_a_nan_is_a_wall():
    found = crossings(lambda r, ray: np.where(ray == 0, 0.0, np.where(r > 1, np.nan, 0.0)), 2, 0.5, 0.3, largest=100)
    assert found.open.tolist() == [True, False]
    assert 25 < found.first[0] <= 100
    assert found.first[1] == pytest.approx(1.0, rel=1e-3)


def test_the_ratios_interval_covers_as_often_as_it_says():
    """2,000 pairs of three log-normal radii; Welch's interval is slightly conservative here.

    The count below 95 % by chance alone (3.5 standard deviations): 5 in 10,000 runs of this test; the control
    asks the interval to cover a ratio that is wrong by a half.
    """
    rng = np.random.default_rng(7)
    covered = wrong = 0
    for _ in range(2000):
        a, b = np.exp(rng.normal(0.5, 0.1, 3)), np.exp(rng.normal(0.0, 0.1, 3))
        found = ratio(a, b)
        covered += found.low < np.exp(0.5) < found.high
        wrong += found.low < 1.5 * np.exp(0.5) < found.high
    assert covered > 2000 * 0.95 - 3.5 * (2000 * 0.95 * 0.05) ** 0.5
    assert wrong < 2000 * 0.8


def test_a_ratio_of_single_numbers_has_no_interval():
    assert ratio(np.array([4.0]), np.array([2.0, 2.0])) == (2.0, None, None)
    assert ratio(np.array([4.0, 4.0]), np.array([2.0, 2.0])) == pytest.approx((2.0, 2.0, 2.0))


def test_normality_rejects_what_is_not_normal_and_not_what_is():
    rng = np.random.default_rng(3)  # a Gaussian sample is rejected at 1 % once in 100 seeds
    assert normality(rng.normal(2.0, 3.0, 1000)).pvalue > 0.01
    skewed = normality(rng.exponential(1.0, 20_000))
    assert skewed.pvalue <= 0.01
    assert skewed.skewness == pytest.approx(2.0, abs=0.2)
    assert skewed.kurtosis == pytest.approx(6.0, abs=2.0)


def test_ratios_pair_natural_with_random_of_one_case():
    runs = [{"spec": {"data": "d", "model": "m", "labels": labels}} for labels in ("natural", "random", "natural")]
    runs[2]["spec"]["data"] = "alone"
    case = {"quantity": "loss", "batch_norm": "fixed", "direction": "raw", "layers": "all"}
    results = [
        {"run": k, **case, "minima": [{"first": {"mean": mean}} for mean in means]}
        for k, means in enumerate([[4.0, 4.0], [2.0, 2.0], [1.0]])
    ]
    (entry,) = ratios(runs, results)
    assert entry["ratio"] == pytest.approx(2.0)
    assert (entry["natural"], entry["random"], entry["minima"]) == (4.0, 2.0, [2, 2])


def history(folder, dynamics, losses):
    """A training's folder with the given training losses [replicas][epochs]."""
    folder.mkdir()
    spec = {"dynamics": dynamics, "step_size": 0.5, "temperature": 1e-4, "replicas": len(losses)}
    (folder / "summary.json").write_text(json.dumps({"runs": [{"spec": spec}]}))
    values = np.concatenate([np.array(row) for row in losses])
    columns = {name: values for name in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")}
    np.savez(
        folder / "arrays.npz",
        replica=np.repeat(np.arange(len(losses)), [len(row) for row in losses]),
        epoch=np.concatenate([np.arange(len(row)) for row in losses]),
        **columns,
    )
    return folder


def test_trainings_are_compared_replica_by_replica(tmp_path):
    """A replica that stopped early, or was not evaluated in an epoch, counts with its last value."""
    first = history(tmp_path / "a", "sgd", [[5.0, np.nan, 3.0], [5.0, 2.0]])
    second = history(tmp_path / "b", "sgdl", [[5.0, 4.0, 4.0], [5.0, 4.0, 2.5]])
    results, differences, arrays = compare([first, second])
    assert arrays["0_train_loss"].tolist() == [[5.0, 5.0, 3.0], [5.0, 2.0, 2.0]]
    assert results[1]["noise"] == pytest.approx(0.01)
    assert results[0]["noise"] == 0.0
    difference = differences[0]
    assert (difference["mean"], difference["stderr"]) == pytest.approx((0.75, 0.25))
