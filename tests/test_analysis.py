import numpy as np
import pytest
from scipy import stats
from scipy.stats import ks_1samp, norm, wasserstein_distance

from langevin_sim.analysis import significance, verdict
from langevin_sim.analysis.convergence import nested_rhat, stationarity_pvalue
from langevin_sim.analysis.distances import distances, expected_distances
from langevin_sim.analysis.occupancy import over_walkers
from langevin_sim.storage.summary import translated


def test_mean_and_error():
    values = np.arange(10.0)
    estimate = over_walkers(values)
    assert estimate.mean == 4.5
    assert estimate.stderr == pytest.approx(values.std(ddof=1) / np.sqrt(10))


def test_distances_against_scipy():
    generator = np.random.default_rng(0)
    edges = np.linspace(-5, 5, 2001)
    sample = generator.normal(size=4000)
    mass = np.histogram(sample, edges)[0] / sample.size
    law = np.diff(norm.cdf(edges))
    law /= law.sum()  # SciPy normalises its weights
    found = distances(mass - law, edges[1] - edges[0])
    assert found.ks == pytest.approx(ks_1samp(sample, norm.cdf).statistic, abs=3e-3)
    middle = 0.5 * (edges[1:] + edges[:-1])
    exact = wasserstein_distance(middle, middle, mass, law)
    assert found.w1 == pytest.approx(exact, rel=1e-6)


def test_expected_distances_match_what_noise_does():
    """Mean TV over 300 multinomial histograms, within 5 % (its standard error is below 1 %)."""
    generator = np.random.default_rng(1)
    p = np.full(20, 0.05)
    counts = generator.multinomial(500, p, size=(300, 40))
    tv = distances(counts.sum(1) / 20_000 - p, 1.0).tv.mean()
    assert expected_distances(counts[0], 1.0).tv == pytest.approx(tv, rel=0.15)
    assert np.mean([expected_distances(c, 1.0, draws=50).tv for c in counts[:100]]) == pytest.approx(tv, rel=0.05)


def test_stationarity_alarms_at_its_rate_and_sees_a_drift():
    """At most 10 of 400 stationary samples below 0.01 (probability 0.003 if the rate is 0.01)."""
    generator = np.random.default_rng(2)
    start = np.arange(1000) % 2
    alarms = sum(stationarity_pvalue(*generator.normal(size=(2, 1000)), start) < 0.01 for _ in range(400))
    assert alarms <= 10
    first, second = generator.normal(size=(2, 1000))
    assert stationarity_pvalue(first + 0.5 * start, second, start) < 1e-6
    assert stationarity_pvalue(first, second + 0.3, start) < 1e-6


def test_nested_rhat():
    generator = np.random.default_rng(3)
    start = np.arange(400) % 2
    draws = generator.normal(size=(400, 20))
    assert nested_rhat(draws, start) < 1.01
    assert nested_rhat(draws + start[:, None], start) > 1.05
    assert np.isnan(nested_rhat(draws, np.zeros(400)))


def outcome(law, p, quantity="mass"):
    return verdict.Test(quantity, law, 0.5, 0.5, 0.1, 0.0, 0.0, p)


FAR, NEAR = 1e-9, 0.5


@pytest.mark.parametrize(
    ("tests", "settled", "exact", "word"),
    [
        ([outcome("boltzmann", NEAR)], True, False, "agrees"),
        ([outcome("boltzmann", FAR), outcome("chain", NEAR)], True, False, "finite-step"),
        ([outcome("boltzmann", FAR)], True, False, "differs"),
        ([outcome("boltzmann", FAR)], True, True, "disagrees"),  # exact at any step: there is no step to blame
        ([outcome("boltzmann", FAR), outcome("chain", FAR)], True, False, "disagrees"),
        ([outcome("boltzmann", NEAR), outcome("stationarity", FAR)], True, False, "disagrees"),
        ([outcome("boltzmann", FAR), outcome("stationarity", FAR)], False, False, "unconverged"),
        ([outcome("step", FAR)], False, False, "disagrees"),  # holds whether or not the ensemble is stationary
        ([outcome("chain", NEAR)], True, False, "finite-step"),
        ([outcome("step", NEAR)], True, False, "no-reference"),
        ([], True, False, "no-reference"),
    ],
)
def test_verdicts(tests, settled, exact, word):
    assert verdict.decide(tests, settled=settled, exact=exact).word == word


def test_one_rate_for_all_tests_of_a_family():
    """Bonferroni: p = 0.005 is significant alone, but not among 3 tests."""
    one, others = outcome("boltzmann", 0.005, "energy"), [outcome("boltzmann", 0.9)] * 2
    found = verdict.decide([one], settled=True, exact=True)
    assert (found.word, found.decided_by) == ("disagrees", one.quantity)
    assert verdict.decide([one, *others], settled=True, exact=True).word == "agrees"
    assert verdict.decide([one], settled=True, exact=True, false_alarm_rate=0.001).word == "agrees"


def test_words_of_schema_1():
    old = {"schema": 1, "results": [{"verdict": "biased"}, {"verdict": "agrees"}, {"radius": 1.0}]}
    assert translated(old)["results"] == [{"verdict": "finite-step"}, {"verdict": "agrees"}, {"radius": 1.0}]
    assert translated({**old, "schema": 2})["results"] == old["results"]


def test_counts_and_means_are_scored_as_scipy_scores_them():
    values = np.random.default_rng(3).normal(0.1, 1.0, 400)
    symmetric = np.concatenate([values, 2 * values.mean() - values])
    assert significance.mean_score(symmetric, 0.0).p == pytest.approx(stats.ttest_1samp(symmetric, 0.0).pvalue, rel=1e-2)
    assert significance.mean_score(symmetric, 0.0, exact_error=1.0) == (0.0, 1.0)
    for count in (0, 3, 12):
        expected = 2 * min(stats.binom.cdf(count, 1000, 0.004), stats.binom.sf(count - 1, 1000, 0.004))
        assert significance.count_score(count, 1000, 0.004).p == pytest.approx(min(expected, 1.0))
    assert significance.count_score(0, 100_000, 7.7e-6).p > 0.5  # nothing where 0.77 is expected
    assert significance.count_score(9, 100_000, 7.7e-6).p < 1e-5
    assert significance.counted_error(0, 500) > 0
    assert significance.counted_error(500, 500) > 0


def test_a_mean_of_rare_values_raises_no_alarm():
    """The share of p below 1e-3 for a mean to which 20 of 4,000 values contribute; a wrong mean is the negative control."""
    rng = np.random.default_rng(20261125)
    samples = (rng.random((2000, 4000)) < 0.005).astype(float)
    p = np.array([significance.mean_score(row, 0.005).p for row in samples])
    assert (p < 1e-3).sum() <= stats.binom.ppf(1 - 1e-4, 2000, 1e-3)
    assert np.mean([significance.mean_score(row, 0.02).p < 1e-3 for row in samples]) > 0.9
    assert max(significance.mean_score(row, 0.5).p for row in samples) < 1e-4  # nor is what is far off missed


def test_a_histogram_beside_its_law():
    """Chi-squared: p is uniform where the law holds, to a false-alarm rate of 1e-4."""
    rng, law = np.random.default_rng(4), np.array([0.1, 0.2, 0.3, 0.4])
    p = [significance.histogram_score(rng.multinomial(1000, law), law, np.zeros(4))[2] for _ in range(2000)]
    assert stats.kstest(p, "uniform").pvalue > 1e-4
    assert significance.histogram_score(rng.multinomial(1000, law[::-1]), law, np.zeros(4))[2] < 1e-9
